"""The image a page is about: how it is chosen, called in an address and drawn."""
