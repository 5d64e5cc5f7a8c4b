"""Home's own."""
