import numpy as np
import tensorflow as tf

from pix2pix.evaluation.segmentation import Segmentation


def test_a_segmentation_is_the_most_likely_class_of_every_pixel():
    """A model that answers 0.1 everywhere for class 0, and a channel's value for the others."""

    def model(photo, training):
        assert training is False
        return tf.concat([tf.fill((*photo.shape[:3], 1), 0.1), photo[..., 1:]], axis=-1)

    photo = np.zeros((2, 3, 3), np.uint8)  # -1 to the networks
    photo[0, 1, 1] = photo[1, 2, 2] = 255
    photo[0, 0, 1] = 127  # just below 0
    classes = Segmentation(model)(photo)
    assert classes.dtype == np.uint8
    assert classes.tolist() == [[0, 1, 0], [0, 0, 2]]
