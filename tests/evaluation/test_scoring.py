import numpy as np
import pytest
import tensorflow as tf

from pix2pix.data.labels import palette
from pix2pix.data.tasks import Task
from pix2pix.evaluation.likeness import EQUAL_PSNR
from pix2pix.evaluation.scoring import Reader, score, segmentation_floor
from pix2pix.evaluation.segmentation import Segmentation
from pix2pix.pictures import load_rgb

CLASSES = palette({"black": (0, 0, 0), "grey": (128, 128, 128), "white": (255, 255, 255)})
PHOTO_LEFT = Task(input_is_left=False, input_is_label=True, target_is_label=False)  # labels -> photo
LABELS_RIGHT = Task(input_is_left=True, input_is_label=False, target_is_label=True)  # photo -> labels
NO_LABELS = Task(input_is_left=True, input_is_label=False, target_is_label=False)
SIZE = 16


class Pairs(list):
    """What `data.records` gives: pairs and their ids."""

    def __init__(self, *pairs):
        super().__init__(pairs)
        self.ids = [f"val/{number}" for number in range(1, len(pairs) + 1)]


def label(*shares):
    """A label map whose rows are of class 0, 1, 2 in these numbers."""
    return CLASSES.paint(np.repeat(np.repeat([0, 1, 2], shares)[:, None], SIZE, axis=1).astype(np.uint8))


def darker(label):
    """A stand-in for a photo: the label map at half its brightness."""
    return label // 2


def segment(photo):
    """A stand-in for the segmenter that knows darker photos, but takes grey for white."""
    classes = CLASSES.classes(photo * np.uint8(2))
    return np.where(classes == 1, 2, classes).astype(np.uint8)


@pytest.fixture
def pairs():
    return Pairs(*((darker(half), half) for half in (label(4, 8, 4), label(12, 2, 2))))


READER = Reader(CLASSES, segment)


def test_a_row_a_pair(pairs, tmp_path):
    table = score(pairs, PHOTO_LEFT, darker, READER, tmp_path).images
    assert list(table.columns) == [
        "id", "l1", "psnr", "ssim", "generated_pixel_accuracy", "real_pixel_accuracy",
    ]  # fmt: skip
    assert table["id"].tolist() == ["val/1", "val/2"]
    assert table["l1"].tolist() == [0, 0] and (table["psnr"] == EQUAL_PSNR).all()
    np.testing.assert_allclose(table["generated_pixel_accuracy"], [8 / 16, 14 / 16])
    np.testing.assert_allclose(table["real_pixel_accuracy"], [8 / 16, 14 / 16])


def test_the_input_is_translated_and_compared_with_the_target(pairs, tmp_path):
    given = []

    def black(input_):
        given.append(input_)
        return np.zeros_like(input_)

    table = score(pairs, PHOTO_LEFT, black, READER, tmp_path).images
    for input_, (_, right) in zip(given, pairs, strict=True):
        np.testing.assert_array_equal(input_, right)
    # Rows of 0, 64 and 127 against black.
    np.testing.assert_allclose(table["l1"], [(8 * 64 + 4 * 127) / 16 / 255, (2 * 64 + 2 * 127) / 16 / 255])
    np.testing.assert_allclose(table["generated_pixel_accuracy"], [4 / 16, 12 / 16])  # all black
    np.testing.assert_allclose(table["real_pixel_accuracy"], [8 / 16, 14 / 16])  # does not depend on the generator


def test_a_split_is_scored_from_one_confusion_matrix(pairs, tmp_path):
    """Not as the mean of the pictures' scores: a picture with few pixels of a class would count like one with many."""
    scores = score(pairs, PHOTO_LEFT, lambda half: np.zeros_like(half), READER, tmp_path)
    flat = scores.flat()
    # Real photos: rows of black 16 right; grey 10, all taken for white; white 6 right.
    assert scores.confusions["real"].tolist() == [[16 * 16, 0, 0], [0, 0, 10 * 16], [0, 0, 6 * 16]]
    assert flat["real_pixel_accuracy"] == pytest.approx(22 / 32)
    assert flat["real_class_accuracy"] == pytest.approx((1 + 0 + 1) / 3)
    assert flat["real_class_iou"] == pytest.approx((1 + 0 + 6 / 16) / 3)
    means = [(1 + 0 + 4 / 12) / 3, (1 + 0 + 2 / 4) / 3]
    assert flat["real_class_iou"] != pytest.approx(np.mean(means))
    assert flat["generated_class_iou"] == pytest.approx((16 / 32 + 0 + 0) / 3)
    assert flat["pairs"] == 2
    assert flat["l1"] == pytest.approx(scores.images["l1"].mean())
    assert all(type(value) in (int, float) for value in flat.values())  # they go into JSON


def test_a_generated_label_map_is_read_by_its_colours(pairs, tmp_path):
    """The segmenter reads photos; its mistake with grey must not count against a label map."""

    def painted(photo):
        return photo * np.uint8(2)

    flat = score(pairs, LABELS_RIGHT, painted, READER, tmp_path).flat()
    assert flat["generated_pixel_accuracy"] == 1
    assert flat["real_pixel_accuracy"] == pytest.approx(22 / 32)


def test_the_pictures_of_every_pair_are_written(pairs, tmp_path):
    score(pairs, PHOTO_LEFT, darker, READER, tmp_path)
    kinds = ("input", "generated", "real", "segmentation")
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(f"val-{n}-{k}.png" for n in (1, 2) for k in kinds)
    left, right = pairs[1]
    for kind, picture in (
        ("input", right),
        ("real", left),
        ("generated", left),
        ("segmentation", np.where(right == 128, 255, right)),  # grey taken for white
    ):
        np.testing.assert_array_equal(load_rgb(tmp_path / f"val-2-{kind}.png"), picture)


def test_without_classes_there_are_no_fcn_scores(pairs, tmp_path):
    scores = score(pairs, NO_LABELS, darker, None, tmp_path)
    assert set(scores.flat()) == {"pairs", "l1", "psnr", "ssim"}
    assert list(scores.images.columns) == ["id", "l1", "psnr", "ssim"]
    assert scores.confusions == {}
    assert not list(tmp_path.glob("*-segmentation.png"))


def test_the_floor_is_always_the_commonest_class(pairs):
    """32 rows: black 16, grey 10, white 6."""
    scores = segmentation_floor(pairs, PHOTO_LEFT, READER)
    assert scores == pytest.approx(
        {
            "pairs": 2,
            "classes": 3,
            "pixel_accuracy": 22 / 32,
            "class_accuracy": 2 / 3,
            "class_iou": (1 + 0 + 6 / 16) / 3,
            "constant_pixel_accuracy": 16 / 32,
            "constant_class_accuracy": 1 / 3,
            "constant_class_iou": (16 / 32) / 3,
        }
    )


def test_the_floor_does_not_depend_on_the_direction(pairs):
    assert segmentation_floor(pairs, LABELS_RIGHT, READER) == segmentation_floor(pairs, PHOTO_LEFT, READER)


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
