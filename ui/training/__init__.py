"""Training on a page: the form, the run, its chart, and the models that come of it."""
