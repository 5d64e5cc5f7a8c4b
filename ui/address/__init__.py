"""A page's state in its address: read, written, shared."""
