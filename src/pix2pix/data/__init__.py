"""Pairs of pictures: where they come from, how they are stored, and how they reach a network."""
