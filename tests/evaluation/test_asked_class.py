"""How often the asked class is read, against scikit-learn and by hand."""

import math

import numpy as np
import pytest
from scipy import stats
from sklearn.metrics import accuracy_score, balanced_accuracy_score, confusion_matrix

from pix2pix.evaluation import asked_class
from pix2pix.evaluation.asked_class import Classes, counted, of_constant, of_each_class, of_other_classes, scores

NAMES = ("no shop", "shop", "a/b & c")
ASKED = [0, 0, 0, 0, 1, 1, 1, 2, 2, 2, 2, 2]
READ = [0, 0, 1, 0, 1, 1, 0, 2, 2, 1, 0, 2]


def classes(read=None) -> Classes:
    return Classes(NAMES, read or (lambda picture: int(picture[0, 0, 0])))


def test_the_scores_are_those_of_scikit_learn():
    found = scores(counted(ASKED, READ, 3))
    assert found["accuracy"] == pytest.approx(accuracy_score(ASKED, READ))
    assert found["balanced_accuracy"] == pytest.approx(balanced_accuracy_score(ASKED, READ))
    assert np.array_equal(counted(ASKED, READ, 3).sum(axis=0), confusion_matrix(ASKED, READ))


def wilson(hits: int, number: int) -> tuple[float, float]:
    """The interval by the formula of Wilson 1927."""
    z, share = stats.norm.ppf(0.975), hits / number
    middle = (share + z * z / (2 * number)) / (1 + z * z / number)
    reach = z / (1 + z * z / number) * math.sqrt(share * (1 - share) / number + z * z / (4 * number * number))
    return middle - reach, middle + reach


def test_the_intervals_are_made_of_those_of_the_classes():
    """3 of 4, 2 of 3 and 3 of 5 are right; by hand, for both scores."""
    found, shares = scores(counted(ASKED, READ, 3)), [(3, 4), (2, 3), (3, 5)]
    for name, weights in (("accuracy", [4 / 12, 3 / 12, 5 / 12]), ("balanced_accuracy", [1 / 3] * 3)):
        for bound, side in (("_low", 0), ("_high", 1)):
            apart = [wilson(*share)[side] - share[0] / share[1] for share in shares]
            reach = math.sqrt(sum((weight * each) ** 2 for weight, each in zip(weights, apart, strict=True)))
            assert abs(found[f"{name}{bound}"] - found[name]) == pytest.approx(reach)


def test_even_if_all_are_right_there_is_doubt():
    """Of 12 pictures of one class: 0.757 to 1, as tables of Wilson's interval have it."""
    found = scores(counted([0] * 12, [0] * 12, 2))
    assert (found["accuracy"], found["accuracy_high"]) == (1, 1)
    assert found["accuracy_low"] == pytest.approx(0.7575, abs=1e-4)


@pytest.mark.parametrize("truth", [(0.9, 0.5), (1.0, 0.95)])
def test_19_of_20_intervals_hold_the_true_score(truth):
    """Simulated: two classes of 25 and 35 pictures with these true shares."""
    random, held = np.random.default_rng(0), 0
    asked = [0] * 25 + [1] * 35
    for _ in range(400):
        right = random.random(60) < np.repeat(truth, [25, 35])
        found = scores(counted(asked, np.where(right, asked, 1 - np.array(asked)), 2))
        held += found["balanced_accuracy_low"] - 1e-9 <= np.mean(truth) <= found["balanced_accuracy_high"] + 1e-9
    assert held / 400 >= 0.92


def test_few_pictures_have_no_interval():
    assert scores(counted([0, 1, 0, 1], [0, 1, 1, 1], 2)) == {"accuracy": 0.75, "balanced_accuracy": 0.75}


def test_the_floor_asks_each_picture_for_every_other_class():
    """By hand: of two classes it is what is missing to 1; of three, each picture counts for two classes."""
    two = scores(of_other_classes(counted([0, 0, 1], [0, 1, 1], 2)))
    assert two["accuracy"] == pytest.approx(1 / 3)
    pairs = [(asked, read) for own, read in zip(ASKED, READ, strict=True) for asked in range(3) if asked != own]
    asked, read = zip(*pairs, strict=True)
    found = scores(of_other_classes(counted(ASKED, READ, 3)))
    assert found["accuracy"] == pytest.approx(accuracy_score(asked, read))
    assert found["balanced_accuracy"] == pytest.approx(balanced_accuracy_score(asked, read))


def test_chance_is_the_commonest_class_of_the_training():
    found = scores(of_constant(ASKED, [1, 1, 0, 2], 3))
    assert found["accuracy"] == pytest.approx(3 / 12) and found["balanced_accuracy"] == pytest.approx(1 / 3)


def test_each_class_has_its_share_and_few_pictures_have_no_interval():
    found = of_each_class(counted(ASKED, READ, 3), classes(), "real_")
    assert found["real_accuracy_0_no_shop"] == 0.75 and found["real_accuracy_1_shop"] == pytest.approx(2 / 3)
    assert found["real_accuracy_2_a_b_c"] == 0.6
    assert [name for name in found if name.endswith("_low")] == ["real_accuracy_2_a_b_c_low"]
    assert list(of_each_class(counted([1] * 5, [1] * 5, 3), classes())) == [
        "accuracy_1_shop", "accuracy_1_shop_low", "accuracy_1_shop_high",
    ]  # fmt: skip


def test_pictures_are_read_one_by_one():
    pictures = [np.full((2, 2, 3), value, np.uint8) for value in READ]
    counts = classes().counts(ASKED, pictures)
    assert np.array_equal(counts, counted(ASKED, READ, 3))


def test_a_classifier_that_guesses_is_warned_of():
    few = {"balanced_accuracy": 0.9}
    assert "not to be told: too few pictures (4)" in asked_class.warning(few, 4, 2)
    sees = {"held_out_balanced_accuracy": 0.9, "held_out_balanced_accuracy_low": 0.8}
    assert asked_class.warning(sees | {"held_out_balanced_accuracy_high": 1.0}, 20, 2, "held_out_") == ""
    guesses = {"balanced_accuracy": 0.6, "balanced_accuracy_low": 0.5, "balanced_accuracy_high": 0.7}
    said = asked_class.warning(guesses, 20, 2)
    assert "0.600, 95% interval 0.500 to 0.700, and guessing has 0.500" in said and "segmenter.epochs" in said
