import numpy as np
import pytest
import tensorflow as tf

from pix2pix.evaluation.segmentation import Segmentation


def channels(photo, training):
    """A model that answers a channel's value for each class."""
    assert training is False
    return photo


def test_a_segmentation_is_the_most_likely_class_of_every_pixel():
    """Patches wide enough to be themselves at every size."""
    classes = np.kron([[0, 1, 2], [2, 0, 1]], np.ones((32, 32), np.uint8)).astype(np.uint8)
    said = Segmentation(channels)(np.eye(3, dtype=np.uint8)[classes] * 255)
    assert said.dtype == np.uint8 and said.shape == (64, 96)
    inside = np.zeros((2, 32, 3, 32), bool)
    inside[:, 4:-4, :, 4:-4] = True
    np.testing.assert_array_equal(said[inside.reshape(64, 96)], classes[inside.reshape(64, 96)])


def test_a_photo_and_its_mirror_image_are_read_at_three_sizes():
    shown = []

    def model(photos, training):
        assert training is False
        shown.extend(photos.numpy())
        return photos

    photo = np.random.default_rng(0).integers(0, 256, (64, 128, 3), dtype=np.uint8)
    tf.config.run_functions_eagerly(True)
    try:
        Segmentation(model)(photo)
    finally:
        tf.config.run_functions_eagerly(False)
    assert [picture.shape[:2] for picture in shown] == [(48, 96)] * 2 + [(64, 128)] * 2 + [(80, 160)] * 2
    for straight, mirrored in zip(shown[::2], shown[1::2], strict=True):
        np.testing.assert_array_equal(mirrored, straight[:, ::-1])
    np.testing.assert_allclose(shown[2], photo / 127.5 - 1, atol=1e-6)


def test_all_looks_count_alike():
    """A model that says of each size what a table says: the mean likelihood decides, not the strongest voice."""
    table = {48: [2.0, 0.0], 64: [0.0, 1.0], 80: [0.0, 1.5]}

    def model(photos, training):
        assert training is False
        return tf.broadcast_to(tf.constant(table[photos.shape[1]]), (*photos.shape[:3], 2))

    likelihoods = sum(np.exp(logits) / np.exp(logits).sum() for logits in map(np.array, table.values()))
    assert likelihoods.argmax() == 1
    assert (Segmentation(model)(np.zeros((64, 64, 3), np.uint8)) == 1).all()


def test_a_mirrored_photo_is_read_the_same_mirrored():
    """Also by a model that leans to one side."""

    def model(photos, training):
        assert training is False
        return photos + tf.linspace(-1.0, 1.0, photos.shape[2])[:, None] * [0.0, 0.0, 1.0]

    photo = np.random.default_rng(0).integers(0, 256, (32, 64, 3), dtype=np.uint8)
    straight, mirrored = Segmentation(model)(photo), Segmentation(model)(photo[:, ::-1])
    assert (straight == mirrored[:, ::-1]).mean() > 0.999  # but for ties
    assert straight.max() == 2


@pytest.mark.parametrize("size", [(16, 16), (32, 32), (48, 16)])
def test_small_photos_are_read_at_sizes_the_network_takes(size):
    said = Segmentation(channels)(np.full((*size, 3), (0, 255, 0), np.uint8))
    assert said.shape == size and (said == 1).all()
