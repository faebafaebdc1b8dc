"""The pages about runs, and their charts and tables."""
