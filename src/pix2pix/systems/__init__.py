"""The systems that can be trained: each is one file."""
