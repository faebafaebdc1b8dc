"""Pairs of pictures: how they are fetched, stored, and brought to a network."""
