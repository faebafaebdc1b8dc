import made_examples
import numpy as np
import pytest
import toy
from scipy.stats import ttest_1samp
from toy import NO_LABELS, PHOTO_TO_LABELS, READER, TWO, darker, label

from pix2pix.evaluation import colour
from pix2pix.evaluation.likeness import EQUAL_PSNR
from pix2pix.evaluation.scoring import measure, measure_real


def black(input_):
    return np.zeros_like(input_)


@pytest.fixture
def split():
    return toy.split(*TWO)


def test_a_split_is_inputs_and_targets(split):
    assert split.ids == ["val/1", "val/2"] and len(split) == 2
    for example, shares in zip(split, TWO, strict=True):
        np.testing.assert_array_equal(example["input"], label(*shares))
        np.testing.assert_array_equal(example["target"], darker(label(*shares)))


def test_a_row_an_image(split):
    images = measure(split, READER, darker).images
    assert images.index.tolist() == ["val/1", "val/2"] and images.index.name == "id"
    assert images["l1"].tolist() == [0, 0] and (images["psnr"] == EQUAL_PSNR["uint8"]).all()
    np.testing.assert_allclose(images[["ssim", "lab_l", "lab_a", "lab_b"]], 1)
    np.testing.assert_allclose(images["pixel_accuracy"], [16 / 32, 28 / 32])  # grey is taken for white


def test_the_input_is_translated_and_compared_with_the_target(split):
    given = []

    def seen(input_):
        given.append(input_)
        return black(input_)

    images = measure(split, READER, seen).images
    for input_, shares in zip(given, TWO, strict=True):
        np.testing.assert_array_equal(input_, label(*shares))
    # Rows of 0, 64 and 127 against black.
    np.testing.assert_allclose(images["l1"], [(16 * 64 + 8 * 127) / 32 / 255, (4 * 64 + 4 * 127) / 32 / 255])
    np.testing.assert_allclose(images["pixel_accuracy"], [8 / 32, 24 / 32])
    np.testing.assert_allclose(images["lab_l"], [8 / 32, 24 / 32])
    np.testing.assert_allclose(images["lab_a"], 1)  # all greys


def test_a_split_is_scored_from_one_confusion_matrix(split):
    """Not as the mean of the pictures' scores: a picture with few pixels of a class would count like one with many."""
    real, generated = measure_real(split, READER), measure(split, READER, black)
    # Real photos: rows of black 32 right; grey 20, all taken for white; white 12 right.
    assert real.confusions.sum(axis=0).tolist() == [[32 * 32, 0, 0], [0, 0, 20 * 32], [0, 0, 12 * 32]]
    scores = real.scores()
    assert scores["pixel_accuracy"] == pytest.approx(44 / 64)
    assert scores["class_accuracy"] == pytest.approx((1 + 0 + 1) / 3)
    assert scores["class_iou"] == pytest.approx((1 + 0 + 12 / 32) / 3)
    assert scores["frequency_weighted_iou"] == pytest.approx((32 * 1 + 0 + 12 * 12 / 32) / 64)
    means = [(1 + 0 + 8 / 24) / 3, (1 + 0 + 4 / 8) / 3]
    assert scores["class_iou"] != pytest.approx(np.mean(means))
    assert generated.scores()["class_iou"] == pytest.approx((32 / 64 + 0 + 0) / 3)
    np.testing.assert_allclose(real.images["pixel_accuracy"], [16 / 32, 28 / 32])


def test_colours_are_compared_over_the_whole_split():
    """Each picture has the other's colours: of no picture the right ones, of the split all."""
    split = toy.split((32, 0, 0), (0, 32, 0))
    swapped = measure(split, None, lambda label: np.where(label == 0, 64, 0).astype(np.uint8))
    assert swapped.images["lab_l"].tolist() == [0, 0]
    assert swapped.scores()["lab_l"] == 1
    assert swapped.colours.shape == (2, 2, 3, colour.BINS)


def test_every_score_has_an_interval():
    split = toy.split((8, 16, 8), (24, 4, 4), (8, 16, 8), (24, 4, 4), (24, 4, 4))
    scores = measure(split, READER, black).scores()
    names = {"l1", "psnr", "ssim", "lab_l", "lab_a", "lab_b", "colourfulness", "checkerboard"}
    names |= {"pixel_accuracy", "class_accuracy", "class_iou", "frequency_weighted_iou"}
    assert set(scores) == {f"{name}{bound}" for name in names for bound in ("", "_low", "_high")}
    assert all(type(value) is float for value in scores.values())  # they go into JSON
    # Pictures of one size: the accuracy of all pixels is the mean of the pictures' ones.
    mean = np.mean(right := [8 / 32, 24 / 32, 8 / 32, 24 / 32, 24 / 32])
    low, high = ttest_1samp(right, 0).confidence_interval()
    assert (scores["pixel_accuracy"], scores["pixel_accuracy_low"]) == pytest.approx((mean, low))
    assert scores["pixel_accuracy_high"] == pytest.approx(min(high, 1))
    first, second = ((16 * 64 + 8 * 127) / 32 / 255, (4 * 64 + 4 * 127) / 32 / 255)
    low, high = ttest_1samp([first, second, first, second, second], 0).confidence_interval()
    assert (scores["l1_low"], scores["l1_high"]) == pytest.approx((low, high))


def test_a_generated_label_map_is_read_by_its_colours():
    """The segmenter reads photos; its mistake with grey must not count against a label map."""
    split = toy.split(*TWO, task=PHOTO_TO_LABELS)
    painted = measure(split, READER, lambda photo: photo * np.uint8(2))
    assert painted.scores()["pixel_accuracy"] == 1
    assert measure_real(split, READER).scores()["pixel_accuracy"] == pytest.approx(44 / 64)
    assert painted.colours is None and "lab_l" not in painted.scores()  # colours that are names of classes


def test_real_photos_are_not_compared_with_themselves(split):
    real = measure_real(split, READER)
    assert list(real.images) == ["colourfulness", "checkerboard", "pixel_accuracy"] and real.colours is None
    assert not {"l1", "ssim", "lab_l"} & set(real.scores())


def test_who_watches_sees_every_pair(split):
    seen = {}
    measure(split, READER, black, seen.__setitem__)
    assert list(seen) == ["val/1", "val/2"]
    assert set(seen["val/1"]) == {"input", "generated", "real", "segmentation", "truth"}
    np.testing.assert_array_equal(seen["val/2"]["input"], label(*TWO[1]))
    np.testing.assert_array_equal(seen["val/2"]["real"], darker(label(*TWO[1])))
    np.testing.assert_array_equal(seen["val/2"]["truth"], label(*TWO[1]))
    assert not seen["val/2"]["generated"].any() and not seen["val/2"]["segmentation"].any()
    measure(split, None, darker, seen.__setitem__)
    assert set(seen["val/1"]) == {"input", "generated", "real"}


def test_without_classes_there_are_no_fcn_scores():
    measured = measure(toy.split(*TWO, task=NO_LABELS), None, darker)
    assert list(measured.images) == ["l1", "psnr", "ssim", "colourfulness", "checkerboard", "lab_l", "lab_a", "lab_b"]
    assert measured.confusions is None
    assert not [name for name in measured.scores() if "accuracy" in name or "iou" in name]


def test_ms_ssim_wants_larger_pictures():
    large = np.random.default_rng(0).integers(0, 256, (2, 192, 192, 3), dtype=np.uint8)
    small = large[:, :160, :160]
    assert "ms_ssim" not in measure(single(small), None, darker).images
    assert "ms_ssim" in measure(single(large), None, darker).images


def single(pictures):
    """One pair without classes."""
    return made_examples.of([tuple(pictures)], made_examples.task("picture", "picture", pictures.shape[1:3]))
