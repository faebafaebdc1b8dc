"""Keras' layers, computed faster."""
