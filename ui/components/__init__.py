"""What every component in the browser shares: how it is put together, mounted and styled."""
