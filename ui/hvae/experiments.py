"""The experiments of the page; tests/ui/test_try_hvae.py holds each observation to what the models compute."""

from ui.try_this import Experiment

EXPERIMENTS: list[Experiment] = []
