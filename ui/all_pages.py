"""The pages of the app, in the order of the menu: the one place where all are known."""

from ui.home.page import HOME
from ui.iwae.page import IWAE
from ui.vae.page import VAE

PAGES = (HOME, VAE, IWAE)
