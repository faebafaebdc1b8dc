import numpy as np
from toy import CLASSES, label, split

from pix2pix.data.tasks import Field
from pix2pix.evaluation.class_means import class_means


def test_means_by_hand():
    """Rows of black 1 + 2, white 1 + 0, grey 0: what is not there gets the mean of all."""
    first, second = np.zeros((2, 1, 3), np.uint8), np.zeros((2, 1, 3), np.uint8)
    first[0], first[1], second[0], second[1] = (10, 0, 0), (0, 200, 0), (20, 0, 1), (60, 0, 1)
    labels = np.array([[[0, 0, 0]], [[255, 255, 255]]], np.uint8), np.zeros((2, 1, 3), np.uint8)
    means = class_means(zip((first, second), labels, strict=True), CLASSES, Field("target", "picture", 2, 1, 3))
    assert means.dtype == np.uint8
    assert means[: len(CLASSES)].tolist() == [
        [30, 0, 1],
        [22, 50, 0],
        [0, 200, 0],
    ]  # 90/3, 0, 2/3; 90/4, 200/4, 2/4 to even


def test_of_darker_labels_it_is_their_darker_colours():
    training = split((8, 16, 8), (32, 0, 0))
    means = class_means(map(training.task.photo_and_label, training), CLASSES, training.task.photo)
    assert means[: len(CLASSES)].tolist() == [[0] * 3, [64] * 3, [127] * 3]
    assert means[CLASSES.classes(label(1, 30, 1))][1, 0].tolist() == [64] * 3
