"""The three networks and the folder a trained one is kept in."""
