import math

import pytest

from pix2pix.losses.neutral import CROSS_ENTROPY, Neutral


@pytest.mark.parametrize(
    ("once", "value", "name"),
    [(CROSS_ENTROPY, 2 * math.log(2), "2 ln 2"), (Neutral(0.25, "1/4"), 0.5, "2 × 1/4"), (Neutral(0.25, ""), 0.5, "")],
)
def test_the_double_of_a_neutral_value_can_be_read(once, value, name):
    assert once.twice() == (value, name)
