"""What all else stands on: errors, files, seeds, hardware, pictures, and the import of TensorFlow."""
