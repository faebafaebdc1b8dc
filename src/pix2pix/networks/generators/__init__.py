"""The networks that make pictures."""
