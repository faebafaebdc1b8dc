import numpy as np
from toy import LABELS_RIGHT, NO_LABELS, PHOTO_LEFT, READER, TWO, pairs

from pix2pix.evaluation.omissions import left_out
from pix2pix.evaluation.scoring import Split


def test_what_no_evaluation_has():
    """Of 32x32 pictures with all classes, labels -> photo, several seeds."""
    absent = left_out(Split(pairs(*TWO), PHOTO_LEFT), READER, 5)
    assert set(absent) == {"fid", "kid", "ms_ssim"}
    assert "Inception" in absent["fid"] and "176" in absent["ms_ssim"] and "32" in absent["ms_ssim"]


def test_large_pictures_have_ms_ssim():
    large = pairs()
    large.append((np.zeros((256, 256, 3), np.uint8),) * 2)
    large.ids = ["val/1"]
    assert set(left_out(Split(large, NO_LABELS), None, 5)) == {"fid", "kid", "fcn_scores", "class_means"}


def test_classes_that_are_not_there_are_named():
    absent = left_out(Split(pairs((32, 0, 0), (31, 0, 1)), PHOTO_LEFT), READER, 5)
    assert set(absent) == {"fid", "kid", "ms_ssim", "grey"}
    assert "class IoU" in absent["grey"]


def test_photo_to_labels_has_no_colours_and_no_floor():
    absent = left_out(Split(pairs(*TWO), LABELS_RIGHT), READER, 5)
    assert set(absent) == {"fid", "kid", "ms_ssim", "lab", "class_means"}


def test_a_data_set_without_classes():
    absent = left_out(Split(pairs(*TWO), NO_LABELS), None, 1)
    assert set(absent) == {"fid", "kid", "ms_ssim", "seeds", "fcn_scores", "class_means"}
    assert all(isinstance(reason, str) and reason for reason in absent.values())
