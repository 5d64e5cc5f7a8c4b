"""The IWAE page's own."""
