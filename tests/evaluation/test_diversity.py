"""The diversity of answers, with painters in place of generators."""

from types import SimpleNamespace

import made_examples
import numpy as np
import pytest
from skimage.metrics import mean_squared_error

from pix2pix.base.pictures import GAP, load_rgb
from pix2pix.evaluation import diversity, measures
from pix2pix.evaluation.evenly import evenly
from pix2pix.evaluation.measure import ANSWERS

PIXELS = diversity.distances(None)


def noisy(image, seed):
    """A stand-in for a generator: other noise for each seed."""
    return np.random.default_rng(seed).integers(0, 256, image.shape, np.uint8)


def examples(number):
    return made_examples.noise(number, made_examples.task("picture", "picture", 32))


def test_each_measure_of_answers_has_a_distance():
    network = SimpleNamespace(apart=None)
    assert [row.key for row in measures.of(ANSWERS)] == list(diversity.distances(network))
    assert not {*measures.of(ANSWERS)} & {*measures.deciding()}  # more is not better by itself


def test_it_is_the_mean_over_all_pairs_of_answers():
    """Three grey pictures of levels 0, 30 and 90: pairs are 30, 60 and 90 apart."""
    answers = np.stack([np.full((4, 6, 3), level, np.uint8) for level in (0, 30, 90)])
    assert diversity.mean_distances(answers, PIXELS) == {"diversity": pytest.approx((30 + 60 + 90) / 3 / 255)}
    deep = answers.astype(np.uint16) * 257
    assert diversity.mean_distances(deep, PIXELS) == {"diversity": pytest.approx(60 / 255)}


def test_a_generator_without_noise_has_none():
    measured = diversity.of_answers(examples(6), lambda image, **_: image, range(3), PIXELS)
    assert measured.images["diversity"].tolist() == [0] * 6
    assert measured.scores() == {"diversity": 0, "diversity_low": 0, "diversity_high": 0}


def test_independent_noise_is_a_third_apart():
    """The mean difference of two uniform numbers from [0, 1] is 1/3, and that of their squares 1/6."""
    measured = diversity.of_answers(examples(2), noisy, range(4), PIXELS)
    assert measured.images["diversity"].to_numpy() == pytest.approx([1 / 3] * 2, rel=0.02)
    first, second = (noisy(np.zeros((32, 32, 3)), seed) / 255 for seed in range(2))
    assert mean_squared_error(first, second) == pytest.approx(1 / 6, rel=0.05)


def test_many_inputs_are_answered_in_part_and_a_few_are_saved(tmp_path):
    number = diversity.MOST + 10
    asked = []

    def model(image, seed):
        asked.append(seed)
        return noisy(image, seed)

    split = examples(number)
    measured = diversity.of_answers(split, model, range(7, 9), PIXELS, tmp_path)
    assert len(measured.images) == diversity.MOST and asked == [7, 8] * diversity.MOST
    saved = sorted(tmp_path.iterdir())
    assert len(saved) == diversity.SHOWN and all(path.name.endswith("-answers.png") for path in saved)
    sheet = load_rgb(saved[0])
    assert sheet.shape == (32 + 2 * GAP, 2 * 32 + 3 * GAP, 3)
    np.testing.assert_array_equal(sheet[GAP:-GAP, GAP : GAP + 32], noisy(np.zeros((32, 32, 3)), 7))


def test_one_real_picture_has_no_distance():
    assert diversity.of_real(examples(1), PIXELS) == {}
    one, other = (example["target"] / 255 for example in examples(2))
    assert diversity.of_real(examples(2), PIXELS) == {"diversity": pytest.approx(np.abs(one - other).mean(), rel=1e-5)}


@pytest.mark.parametrize(
    ("number", "most", "kept"), [(3, 5, [0, 1, 2]), (6, 3, [0, 2, 4]), (7, 3, [0, 2, 4]), (0, 3, [])]
)
def test_a_part_at_equal_distances(number, most, kept):
    assert evenly(number, most) == kept
