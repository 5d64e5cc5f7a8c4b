"""The VAE page's own."""
