"""Draw façades from a seed, so that demos and tests need no download."""
