"""What Home is."""

from ui.explorer_panel import PARAMETERS
from ui.page import Page

START = [1.0, -0.7]  # somewhere legible

HOME = Page(
    file="pages/home.py",
    title="Home",
    heading="VAE Lab",
    kinds=("vae",),
    opens_with=("vae-2d", "vae-2d-digits"),
    image_shape=(1, 28, 28),
    parameters=PARAMETERS,
)
