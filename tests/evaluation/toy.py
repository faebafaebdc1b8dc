"""Photos that are darkened label maps, and a segmenter that reads them but for one class."""

import numpy as np

from pix2pix.data.labels import palette
from pix2pix.data.tasks import Task
from pix2pix.evaluation.segmentation import Reader

CLASSES = palette({"black": (0, 0, 0), "grey": (128, 128, 128), "white": (255, 255, 255)})
PHOTO_LEFT = Task(input_is_left=False, input_is_label=True, target_is_label=False)  # labels -> photo
LABELS_RIGHT = Task(input_is_left=True, input_is_label=False, target_is_label=True)  # photo -> labels
NO_LABELS = Task(input_is_left=True, input_is_label=False, target_is_label=False)
SIZE = 32


class Pairs(list):
    """What `data.records` gives: pairs and their ids."""

    def __init__(self, *pairs, ids=None):
        super().__init__(pairs)
        self.ids = ids or [f"val/{number}" for number in range(1, len(pairs) + 1)]


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


def pairs(*shares, ids=None):
    """Darker photos and the label maps of these shares."""
    return Pairs(*((darker(label(*each)), label(*each)) for each in shares), ids=ids)


READER = Reader(CLASSES, segment)
# Rows: black 32, grey 20, white 12.
TWO = ((8, 16, 8), (24, 4, 4))
