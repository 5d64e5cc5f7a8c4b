"""The page of the bound's own."""
