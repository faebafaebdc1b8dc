"""The running of stages in a checkout or a copy, their stopping, comparison of runs, and removal of checkpoints."""
