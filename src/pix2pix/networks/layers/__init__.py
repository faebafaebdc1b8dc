"""Layers that compute the same as layers of Keras, but faster."""
