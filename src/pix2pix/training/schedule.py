"""The step size of each epoch."""


def learning_rate(base: float, epoch: int, epochs: int, decay_epochs: int) -> float:
    """Adam's step size in an epoch: constant, then falling to 0 by equal parts.

    As in the paper's code, the epoch after the last one would have 0.

    Args:
        base: the constant step size.
        epoch: from 0, below `epochs + decay_epochs`.
        epochs: how many epochs it stays at `base`.
        decay_epochs: in how many epochs after these it falls.
    """
    if epoch < epochs:
        return base
    return base * (1 - (epoch - epochs + 1) / (decay_epochs + 1))
