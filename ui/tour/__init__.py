"""A tour of the pages: steps that set their controls, and the bar at the top of a page that tells them."""

from ui.tour.bar import KEY, bar, begin, progress, step_of
from ui.tour.steps import STEPS

__all__ = ["KEY", "STEPS", "bar", "begin", "progress", "step_of"]
