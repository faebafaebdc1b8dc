"""Measures, and the evaluation of a trained model by them."""
