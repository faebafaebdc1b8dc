"""The verdict on the curves of a training: does a network dominate, has it diverged, overfitted, or more to learn?"""
