"""The pages of the app, in the order of the menu: the one place where all are known."""

from ui.bound.page import BOUND
from ui.compare.page import COMPARE
from ui.fsvae.page import FSVAE
from ui.gmvae.page import GMVAE
from ui.home.page import HOME
from ui.iwae.page import IWAE
from ui.vae.page import VAE

PAGES = (HOME, BOUND, VAE, GMVAE, IWAE, FSVAE, COMPARE)
