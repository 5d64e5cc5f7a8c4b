"""What is the hierarchical VAE page's alone."""
