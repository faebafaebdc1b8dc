import numpy as np

from pix2pix.evaluation import baselines

# Three class maps of 2x3 pixels.
TRAINING = np.array(
    [
        [[0, 0, 3], [3, 3, 3]],
        [[0, 2, 2], [3, 1, 3]],
        [[0, 2, 3], [0, 1, 3]],
    ],
    np.uint8,
)
PHOTO = np.zeros((2, 3, 3), np.uint8)


def test_the_constant_answer_is_the_commonest_class():
    """Eight pixels of class 3, five of class 0, three of class 2, two of class 1."""
    answer = baselines.constant(TRAINING)(PHOTO)
    assert answer.dtype == np.uint8 and answer.tolist() == [[3, 3, 3], [3, 3, 3]]


def test_the_prior_is_the_commonest_class_of_each_place():
    answer = baselines.prior(TRAINING)(PHOTO)
    assert answer.dtype == np.uint8 and answer.tolist() == [[0, 2, 3], [3, 1, 3]]


def test_of_equally_common_classes_the_first_is_taken():
    tied = np.array([[[2, 1]], [[1, 2]]], np.uint8)
    assert baselines.constant(tied)(PHOTO).tolist() == [[1, 1]]
    assert baselines.prior(tied)(PHOTO).tolist() == [[1, 1]]


def test_no_photo_changes_an_answer():
    photo = np.random.default_rng(0).integers(0, 256, (2, 3, 3), dtype=np.uint8)
    for learned in (baselines.constant(TRAINING), baselines.prior(TRAINING)):
        assert np.array_equal(learned(photo), learned(PHOTO))
