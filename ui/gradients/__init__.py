"""The page Gradients: estimators of the gradient of an expectation, and how much they scatter."""
