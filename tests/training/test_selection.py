import keras
import numpy as np
import pytest

from pix2pix.evaluation.likeness import WATCHED
from pix2pix.params import Train
from pix2pix.training.plan import Plan
from pix2pix.training.selection import Selected, selected_epoch
from pix2pix.training.watched import column

ROWS = [
    {"epoch": 1, "validation_l1": 0.4, "validation_ssim": 0.1},
    {"epoch": 2, "validation_l1": 0.2, "validation_ssim": 0.3},
    {"epoch": 3, "validation_l1": 0.2, "validation_ssim": 0.5},
    {"epoch": 4, "validation_l1": 0.3, "validation_ssim": 0.5},
]


def plan(select=None, lower_is_better=False):
    return Plan(1, 1, 4, 0, 1, 1, 1, 1.0, select, lower_is_better)


CHOICES = [((None, False), 4), (("validation_l1", True), 2), (("validation_ssim", False), 3)]


@pytest.mark.parametrize(("choice", "epoch"), CHOICES)
def test_the_best_value_and_of_equal_ones_the_first(choice, epoch):
    assert selected_epoch(ROWS, plan(*choice), 4) == epoch


def test_the_last_needs_no_measure():
    assert selected_epoch([], plan(), 7) == 7


def test_every_watched_measure_can_select():
    for measure in WATCHED:
        assert Train(select=column(measure)).select == column(measure)


@pytest.mark.parametrize(("choice", "epoch"), CHOICES)
def test_the_products_are_copied_after_the_best_epoch(choice, epoch):
    """The weight is the number of the epoch; another network than the one that learns on."""
    picture = keras.Input((1,))
    model = keras.Model(picture, keras.layers.Dense(1, use_bias=False)(picture))
    selected = Selected({"generator": model}, plan(*choice))
    for done in range(1, 5):
        model.set_weights([np.full((1, 1), done)])
        selected.update(ROWS[:done], done)
    copies = {name: float(copy.get_weights()[0][0, 0]) for name, copy in selected.models.items()}
    assert copies == ({} if choice[0] is None else {"generator": epoch})
    assert {name: part is not model for name, part in selected.parts().items()} == {
        f"selected_{name}": True for name in copies
    }
