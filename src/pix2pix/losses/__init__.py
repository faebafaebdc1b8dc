"""Losses: the functions that the players of a system minimise."""
