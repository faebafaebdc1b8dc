"""Photos that are darkened label maps, and a segmenter that reads them but for one class."""

import made_examples
import numpy as np

from pix2pix.data.labels import palette
from pix2pix.evaluation.segmentation import Reader

CLASSES = palette({"black": (0, 0, 0), "grey": (128, 128, 128), "white": (255, 255, 255)})
SIZE = 32
LABELS_TO_PHOTO = made_examples.task("label map", "picture", SIZE)
PHOTO_TO_LABELS = made_examples.task("picture", "label map", SIZE)
NO_LABELS = made_examples.task("picture", "picture", SIZE)


def label(*shares):
    """A label map whose rows are of class 0, 1, 2 in these numbers; 32 in all."""
    return CLASSES.paint(np.repeat(np.repeat([0, 1, 2], shares)[:, None], SIZE, axis=1).astype(np.uint8))


def darker(label):
    """A stand-in for a photo: the label map at half its brightness, 0, 64 and 127."""
    return label // 2


def segment(photo):
    """A stand-in for the segmenter that knows darker photos, but takes grey for white."""
    classes = CLASSES.classes(photo * np.uint8(2))
    return np.where(classes == 1, 2, classes).astype(np.uint8)


def split(*shares, task=LABELS_TO_PHOTO, ids=None):
    """Darker photos and the label maps of these shares, by id; of a task without classes the photos are the input."""
    pairs = [(darker(label(*each)), label(*each)) for each in shares]
    pairs = [pair[::-1] for pair in pairs] if task.input.is_label else pairs
    return made_examples.of(pairs, task, ids or [f"val/{number}" for number in range(1, len(pairs) + 1)]).by_id()


READER = Reader(CLASSES, segment)
# Rows: black 32, grey 20, white 12.
TWO = ((8, 16, 8), (24, 4, 4))
