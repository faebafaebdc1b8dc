"""What `model` may say, a file a system."""
