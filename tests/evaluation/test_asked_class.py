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


def test_the_interval_of_the_accuracy_is_that_of_the_textbooks():
    """The mean of hits with Student's t."""
    hits = np.equal(ASKED, READ)
    reach = stats.t.ppf(0.975, len(hits) - 1) * hits.std(ddof=1) / math.sqrt(len(hits))
    found = scores(counted(ASKED, READ, 3))
    assert found["accuracy_low"] == pytest.approx(hits.mean() - reach)
    assert found["accuracy_high"] == pytest.approx(min(hits.mean() + reach, 1))


def test_the_interval_of_the_balanced_accuracy_leaves_each_picture_out():
    found, count = scores(counted(ASKED, READ, 3)), len(ASKED)
    left = [balanced_accuracy_score(np.delete(ASKED, n), np.delete(READ, n)) for n in range(count)]
    reach = stats.t.ppf(0.975, count - 1) * math.sqrt((count - 1) / count * np.sum((left - np.mean(left)) ** 2))
    assert found["balanced_accuracy_low"] == pytest.approx(found["balanced_accuracy"] - reach)


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
    table = classes().table(counts)
    assert list(table.index) == list(table.columns) == list(NAMES) and table.loc["a/b & c", "no shop"] == 1


def test_a_classifier_that_guesses_is_warned_of():
    few = {"balanced_accuracy": 0.9}
    assert "not to be told: too few pictures (4)" in asked_class.warning(few, 4, 2)
    sees = {"held_out_balanced_accuracy": 0.9, "held_out_balanced_accuracy_low": 0.8}
    assert asked_class.warning(sees | {"held_out_balanced_accuracy_high": 1.0}, 20, 2, "held_out_") == ""
    guesses = {"balanced_accuracy": 0.6, "balanced_accuracy_low": 0.5, "balanced_accuracy_high": 0.7}
    said = asked_class.warning(guesses, 20, 2)
    assert "0.600, 95% interval 0.500 to 0.700, and guessing has 0.500" in said and "segmenter.epochs" in said
