"""What is computed about a trained model, beyond its bounds."""
