"""The learning rate of each epoch."""


def learning_rate(base: float, epoch: int, epochs: int, decay_epochs: int) -> float:
    """Return the learning rate of an epoch: constant at first, then falling to 0 in equal steps.

    As in the paper's code, the epoch after the last one would have 0.

    Args:
        base: the constant learning rate.
        epoch: the number of the epoch, from 0 and below `epochs + decay_epochs`.
        epochs: the number of epochs with the learning rate `base`.
        decay_epochs: the number of epochs after them, in which it falls.
    """
    if epoch < epochs:
        return base
    return base * (1 - (epoch - epochs + 1) / (decay_epochs + 1))
