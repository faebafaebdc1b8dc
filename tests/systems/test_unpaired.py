"""Training batches of two sides: independent orders, which are functions of seed and epoch alone."""

import made_examples
import numpy as np
import pytest
from conftest import settings

from pix2pix.data.examples import Examples
from pix2pix.data.order import windows
from pix2pix.systems import unpaired

SIZE = 32
TASK = made_examples.task("picture", "picture", SIZE)


def numbered(count, sides=None):
    """Examples whose input and target have their number as their colour, the smaller side beginning again."""
    inputs, targets = (sides or {"input": count, "target": count}).values()

    def read(number):
        return {
            "input": np.full((SIZE, SIZE, 3), number % inputs, np.uint8),
            "target": np.full((SIZE, SIZE, 3), 100 + number % targets, np.uint8),
        }

    return Examples([f"train/{number}" for number in range(count)], TASK, read, sides)


def orders(examples, epoch=0, longest=3, seed=1, **train):
    """The numbers of the inputs and of the targets in an epoch."""
    params = settings({"seed": seed, **{f"train.{key}": value for key, value in train.items()}})
    source = unpaired.Batches(params, examples)
    size = params.train.batch_size
    found = list(source(epoch, windows(len(examples), size, longest, 100)))
    joined = [
        np.concatenate([np.asarray(each[name])[..., 0, 0, 0].ravel() for each in found]) for name in ("input", "target")
    ]
    return joined[0].tolist(), [number - 100 for number in joined[1].tolist()]


@pytest.mark.parametrize("sides", [None, {"input": 20, "target": 8}, {"input": 8, "target": 20}])
def test_the_larger_side_comes_once_and_the_other_is_drawn(sides):
    inputs, targets = orders(numbered(20, sides))
    larger, drawn = (targets, inputs) if sides and sides["target"] == 20 else (inputs, targets)
    assert sorted(larger) == list(range(20)) and larger != list(range(20))
    assert len(drawn) == 20 and set(drawn) <= set(range(min((sides or {"": 20}).values())))
    assert len(set(drawn)) < 20  # with repetition, as the authors draw


def test_pairs_are_torn_apart():
    inputs, targets = orders(numbered(40))
    assert 0 <= np.mean(np.equal(inputs, targets)) < 0.2


def test_orders_follow_from_seed_and_epoch_alone():
    first = orders(numbered(20))
    assert first == orders(numbered(20), longest=7) == orders(numbered(20))
    others = [orders(numbered(20), epoch=1), orders(numbered(20), seed=2)]
    for other in others:
        assert other[0] != first[0] and other[1] != first[1]
    assert first == tuple(orders(numbered(20), batch_size=4))


def test_the_order_of_one_side_says_nothing_about_the_other():
    """Over many epochs each input meets all targets equally often: by chi-squared, at four standard deviations."""
    counts = np.zeros((6, 6))
    for epoch in range(150):
        for one, other in zip(*orders(numbered(6), epoch=epoch), strict=True):
            counts[one, other] += 1
    chi_squared = ((counts - 25) ** 2 / 25).sum()
    assert chi_squared < 30 + 4 * np.sqrt(2 * 30)


def test_each_side_is_jittered_by_itself():
    """A picture with a mark shows where the crop lies; the two crops of a step differ."""
    ramp = np.broadcast_to(np.arange(SIZE, dtype=np.uint8)[None, :, None] * 8, (SIZE, SIZE, 3))
    examples = Examples(["train/1"] * 12, TASK, lambda _: {"input": ramp, "target": ramp})
    (window,) = unpaired.Batches(settings({"train.mirror": True}), examples)(0, [range(12)])
    same = [np.array_equal(one, other) for one, other in zip(window["input"], window["target"], strict=True)]
    assert not all(same)
    turned = np.array([[row[0, 0, 0, 0] > row[0, 0, -1, 0] for row in np.asarray(window[name])] for name in window])
    assert (turned[0] != turned[1]).any()
