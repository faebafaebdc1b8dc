import made_examples
from toy import NO_LABELS, PHOTO_TO_LABELS, READER, TWO, split

from pix2pix.evaluation.omissions import left_out

FIVE = [*TWO, *TWO, TWO[0]]


def test_what_no_evaluation_has():
    """Of enough 32x32 pictures with all classes, labels -> photo, several seeds."""
    absent = left_out(split(*FIVE), READER, 5)
    assert set(absent) == {"fid", "kid", "ms_ssim"}
    assert "Inception" in absent["fid"] and "176" in absent["ms_ssim"] and "32" in absent["ms_ssim"]


def test_two_pictures_have_no_intervals():
    absent = left_out(split(*TWO), READER, 5)
    assert absent["intervals"] == "too few pictures (2): no interval; it takes 5 pictures or more"


def test_large_pictures_have_ms_ssim():
    large = made_examples.noise(5, made_examples.task("picture", "picture", 256))
    assert set(left_out(large, None, 5)) == {"fid", "kid", "fcn_scores", "class_means"}


def test_classes_that_are_not_there_are_named():
    absent = left_out(split(*[(32, 0, 0)] * 4, (31, 0, 1)), READER, 5)
    assert set(absent) == {"fid", "kid", "ms_ssim", "grey"}
    assert "class IoU" in absent["grey"]


def test_photo_to_labels_has_no_colours_and_no_floor():
    absent = left_out(split(*FIVE, task=PHOTO_TO_LABELS), READER, 5)
    assert set(absent) == {"fid", "kid", "ms_ssim", "lab", "colourfulness", "class_means"}


def test_a_data_set_without_classes():
    absent = left_out(split(*FIVE, task=NO_LABELS), None, 1)
    assert set(absent) == {"fid", "kid", "ms_ssim", "seeds", "fcn_scores", "class_means"}
    assert all(isinstance(reason, str) and reason for reason in absent.values())
