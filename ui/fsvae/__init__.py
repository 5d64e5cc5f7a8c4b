"""The FSVAE page's own."""
