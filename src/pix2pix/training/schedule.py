"""The learning rate over the epochs."""


def rate_factor(epoch: int, constant_epochs: int, decay_epochs: int) -> float:
    """What the learning rate is multiplied by in an epoch (from 0).

    It is 1 for `constant_epochs`, then it falls by equal parts over `decay_epochs`, so that the epoch after the last
    would have 0 (the pix2pix authors' code).
    """
    if epoch < constant_epochs:
        return 1.0
    return 1 - (epoch - constant_epochs + 1) / (decay_epochs + 1)
