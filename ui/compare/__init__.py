"""The Compare page's own parts."""
