"""The training of any system: its step, the loop around the step, checkpoints, and the verdict on the curves."""
