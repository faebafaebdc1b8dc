import made_examples
import numpy as np
import pytest

from pix2pix.data.examples import Examples

IDS = ["val/10", "val/2", "train/3", "val/1"]


@pytest.fixture
def examples():
    """Each example's input is its number in `IDS`."""
    return Examples(IDS, made_examples.task(), lambda number: {"input": np.full((2, 2, 3), number, np.uint8)})


def numbers(examples):
    return [int(example["input"][0, 0, 0]) for example in examples]


def test_they_are_a_sequence(examples):
    assert len(examples) == len(examples.ids) == 4
    assert numbers(examples) == [0, 1, 2, 3]
    assert numbers([examples[-1], examples[np.int64(2)]]) == [3, 2]
    for outside in (4, -5):
        with pytest.raises(IndexError):
            examples[outside]


def test_by_id_they_are_in_the_order_of_people(examples):
    ordered = examples.by_id()
    assert ordered.ids == ["val/1", "val/2", "val/10", "train/3"]
    assert numbers(ordered) == [3, 1, 0, 2]
    assert ordered.task is examples.task
    assert examples.ids == IDS and numbers(ordered.by_id()) == numbers(ordered)


def test_an_example_is_read_when_it_is_asked_for():
    asked = []
    examples = Examples(IDS, made_examples.task(), lambda number: asked.append(number) or {})
    examples.by_id()
    assert asked == []
    examples.by_id()[0]
    assert asked == [3]
