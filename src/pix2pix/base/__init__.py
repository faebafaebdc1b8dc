"""The ground of all other folders: errors, files, seeds, hardware, pictures, and the import of TensorFlow."""
