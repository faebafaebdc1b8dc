"""What the players of a system minimise."""
