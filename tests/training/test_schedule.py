import numpy as np
import pytest

from pix2pix.training.schedule import learning_rate


@pytest.mark.parametrize(
    ("epoch", "epochs", "decay_epochs", "share"),
    [
        (0, 10, 0, 1),
        (9, 10, 0, 1),
        # The paper's 200 epochs: 1 - max(0, epoch + 1 - 100) / 101, as pytorch-CycleGAN-and-pix2pix has it.
        (0, 100, 100, 1),
        (99, 100, 100, 1),
        (100, 100, 100, 100 / 101),
        (150, 100, 100, 50 / 101),
        (199, 100, 100, 1 / 101),
        # Short ones.
        (2, 3, 2, 1),
        (3, 3, 2, 2 / 3),
        (4, 3, 2, 1 / 3),
        (0, 1, 0, 1),
        (0, 1, 1, 1),
        (1, 1, 1, 1 / 2),
    ],
)
def test_the_learning_rate_of_an_epoch(epoch, epochs, decay_epochs, share):
    assert learning_rate(2e-4, epoch, epochs, decay_epochs) == pytest.approx(2e-4 * share)


def test_falling_rates_fall_by_equal_parts_and_never_to_zero():
    rates = [learning_rate(1.0, epoch, 75, 75) for epoch in range(150)]
    np.testing.assert_allclose(np.diff(rates[74:]), -1 / 76)
    assert min(rates) > 0 and rates[:75] == [1.0] * 75


def test_a_longer_decay_begins_like_a_shorter_run():
    """So that a run can resume from an epoch before the decay."""
    assert [learning_rate(0.3, epoch, 20, 50) for epoch in range(20)] == [0.3] * 20
