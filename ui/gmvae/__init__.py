"""The GMVAE page's own."""
