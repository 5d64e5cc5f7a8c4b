"""The SSVAE page's own."""
