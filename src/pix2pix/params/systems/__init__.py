"""The section `model`, one file for each system."""
