import numpy as np
import pytest

from pix2pix.evaluation.segmenter_worth import over, warning


def read(right, images=6, spread=10, seed=0):
    """Confusions of two classes with so many of 100 pixels of each right, give or take."""
    hits = right + np.random.default_rng(seed).integers(-spread, spread + 1, images)
    return np.stack([np.array([[hit, 100 - hit], [100 - hit, hit]]) for hit in hits])


def test_a_segmenter_that_sees_is_above_those_that_look_at_no_photo():
    figures = over(read(90), {"constant": read(50, seed=1), "prior": read(60, seed=2)})
    assert set(figures) == {
        f"real_over_{key}{bound}" for key in ("constant", "prior") for bound in ("", "_low", "_high")
    }
    hits = {key: each[:, 0, 0].sum() / 600 for key, each in {"": read(90), "constant": read(50, seed=1)}.items()}
    expected = hits[""] / (2 - hits[""]) - hits["constant"] / (2 - hits["constant"])
    assert figures["real_over_constant"] == pytest.approx(expected)
    assert warning(figures, 6) == ""


@pytest.mark.parametrize(
    ("blind", "named"),
    [
        ({"constant": 60}, "always the commonest class"),
        ({"constant": 40, "prior": 60}, "the commonest class of each place"),
        ({"constant": 60, "class_means": 70}, "pictures of each class in its mean colour"),
    ],
)
def test_one_that_sees_no_more_than_any_of_them_is_told(blind, named):
    words = warning(over(read(60), {key: read(right, seed=3) for key, right in blind.items()}), 6)
    assert words.startswith(
        "The segmenter sees nothing in real pictures: on 6 of them its class IoU is not above that of"
    )
    assert named in words and ("always the commonest" in words) == (blind.get("constant") == 60)


def test_one_that_reads_flat_colours_as_well_sees_something_but_tells_nothing_apart():
    blind = {"constant": 20, "prior": 30, "class_means": 70}
    words = warning(over(read(60), {key: read(right, seed=3) for key, right in blind.items()}), 6)
    assert words.startswith("The segmenter reads 6 real pictures no better than pictures of each class in its mean")
    assert "sees nothing" not in words and "always the commonest" not in words


def test_equal_readings_are_told():
    """As all rows are when a segmenter always gives one class."""
    assert "(+0.000, 95% interval +0.000 to +0.000)" in warning(over(read(50), {"constant": read(50)}), 6)


def test_of_too_few_photos_nothing_is_known():
    figures = over(read(90, images=3), {"constant": read(10, images=3)})
    assert set(figures) == {"real_over_constant"}
    assert warning(figures, 3).endswith("is not to be told: too few pictures (3): no interval.")


def test_without_classes_there_is_nothing_to_say():
    assert warning({"ssim": 0.5}, 3) == ""
