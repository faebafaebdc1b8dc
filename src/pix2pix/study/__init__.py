"""The study with people: they look at a real and a generated picture, and say which one was generated."""
