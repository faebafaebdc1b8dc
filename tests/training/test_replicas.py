"""Steps of several batches: what they compute, and that the bytes do not depend on who computes them."""
