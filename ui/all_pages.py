"""The pages of the app, in the order of the menu: the one place where all are known."""

from ui.bound.page import BOUND
from ui.home.page import HOME
from ui.vae.page import VAE

PAGES = (HOME, BOUND, VAE)
