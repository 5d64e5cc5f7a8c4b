"""The pages of the app, in the order of the menu: the one place where all are known."""

from ui.bound.page import BOUND
from ui.compare.page import COMPARE
from ui.fsvae.page import FSVAE
from ui.gmvae.page import GMVAE
from ui.gradients.page import GRADIENTS
from ui.home.page import HOME
from ui.hvae.page import HVAE
from ui.iwae.page import IWAE
from ui.ssvae.page import SSVAE
from ui.studio.page import STUDIO
from ui.vae.page import VAE

PAGES = (HOME, BOUND, GRADIENTS, VAE, GMVAE, IWAE, SSVAE, FSVAE, HVAE, COMPARE, STUDIO)
