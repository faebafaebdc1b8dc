"""Differences of two models on the same images, against scikit-learn and a paired t-test of SciPy's."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import ttest_rel
from sklearn.metrics import confusion_matrix, jaccard_score
from toy import CLASSES

from pix2pix.evaluation import pair_pictures
from pix2pix.evaluation.differences import PerImage, differences, of_sets, per_image

IDS = [f"val/{number}" for number in range(1, 6)]
RANDOM = np.random.default_rng(3)
TRUTHS = RANDOM.integers(0, 3, (len(IDS), 8, 8), dtype=np.uint8)


def answers(seed, wrong):
    """The truths with a share of the pixels of each image answered at random."""
    random = np.random.default_rng(seed)
    return np.where(random.random(TRUTHS.shape) < wrong, random.integers(0, 3, TRUTHS.shape), TRUTHS).astype(np.uint8)


def evaluated(folder, classes, likeness):
    """The reports of a model, as the evaluate stage writes them."""
    for pair, truth, answer in zip(IDS, TRUTHS, classes, strict=True):
        shown = {"truth": CLASSES.paint(truth), "segmentation": CLASSES.paint(answer)}
        pair_pictures.save(folder / "pictures", pair, shown)
    table = pd.DataFrame(likeness, index=pd.Index(IDS, name="id")).assign(psnr=15.0)
    table.to_csv(folder / "images.csv")
    return folder


def likeness(seed):
    random = np.random.default_rng(seed)
    return {"l1": random.uniform(0, 0.3, len(IDS)), "ssim": random.uniform(0, 1, len(IDS))}


@pytest.fixture(scope="module")
def two(tmp_path_factory):
    """Two models' answers, and what is read of their reports."""
    classes = answers(1, 0.2), answers(2, 0.5)
    folders = [tmp_path_factory.mktemp("reports") for _ in classes]
    for number, (folder, each) in enumerate(zip(folders, classes, strict=True)):
        evaluated(folder, each, likeness(number))
    return classes, [per_image(folder, CLASSES) for folder in folders]


def test_the_pixels_are_those_of_the_pictures(two):
    classes, read = two
    for answered, images in zip(classes, read, strict=True):
        for number, counts in enumerate(images.confusions):
            expected = confusion_matrix(TRUTHS[number].ravel(), answered[number].ravel(), labels=range(3))
            np.testing.assert_array_equal(counts, expected)
        assert list(images.likeness.index) == IDS and list(images.likeness) == ["l1", "ssim"]


def test_a_difference_is_that_of_the_scores(two):
    classes, (one, other) = two
    found = differences(one, other)
    iou = [jaccard_score(TRUTHS.ravel(), answered.ravel(), average="macro") for answered in classes]
    right = [(answered == TRUTHS).mean() for answered in classes]
    assert found["class_iou"] == pytest.approx(iou[0] - iou[1])
    assert found["pixel_accuracy"] == pytest.approx(right[0] - right[1])
    assert found["ssim"] == pytest.approx(likeness(0)["ssim"].mean() - likeness(1)["ssim"].mean())
    assert {name.removesuffix("_low").removesuffix("_high") for name in found} == {
        "l1", "ssim", "pixel_accuracy", "class_accuracy", "class_iou", "frequency_weighted_iou",
    }  # fmt: skip


def test_the_bounds_are_those_of_a_paired_test(two):
    classes, (one, other) = two
    found = differences(one, other)
    right = [(answered == TRUTHS).mean(axis=(1, 2)) for answered in classes]

    for name, first, second in (
        ("pixel_accuracy", *right),
        ("ssim", likeness(0)["ssim"], likeness(1)["ssim"]),
    ):
        low, high = ttest_rel(first, second).confidence_interval()
        assert (found[f"{name}_low"], found[f"{name}_high"]) == pytest.approx((low, high))


def test_turned_around_it_is_the_opposite(two):
    _, (one, other) = two
    there, back = differences(one, other), differences(other, one)
    for name in ("class_iou", "l1"):
        assert there[name] == pytest.approx(-back[name])
        assert there[f"{name}_low"] == pytest.approx(-back[f"{name}_high"], rel=1e-9)


def test_a_model_does_not_differ_from_itself(two):
    _, (one, _) = two
    assert set(differences(one, one).values()) == {0.0}


def test_what_is_a_little_better_on_every_image_is_told_apart_though_the_intervals_overlap():
    """Images differ by far more than the models do."""
    scores = np.linspace(0.1, 0.9, 30)
    images = [PerImage(pd.DataFrame({"l1": 0.2, "ssim": scores + gain}), None) for gain in (0.01, 0)]
    found = differences(*images)
    assert found["ssim_low"] == pytest.approx(0.01) == found["ssim_high"]


def test_one_image_tells_nobody_apart(two):
    """Two equal models on one image would else be better and worse, by an interval of no width."""
    _, (one, other) = two
    single = [PerImage(each.likeness[:1], each.confusions[:1]) for each in (one, other)]
    assert not [name for name in differences(*single) if name.endswith(("_low", "_high"))]
    assert differences(*single)["l1"] == likeness(0)["l1"][0] - likeness(1)["l1"][0]


def test_without_classes_only_likeness_is_compared(two, tmp_path):
    evaluated(tmp_path, answers(1, 0.2), likeness(0))
    assert per_image(tmp_path, None).confusions is None
    _, (one, _) = two
    assert set(differences(one, per_image(tmp_path, None))) == {
        f"{name}{bound}" for name in ("l1", "ssim") for bound in ("", "_low", "_high")
    }


def test_a_table_has_all_of_it(tmp_path, two):
    for images in two[1]:
        images.table().to_csv(tmp_path / "table.csv")
        again = PerImage.of_table(pd.read_csv(tmp_path / "table.csv", index_col="id"))
        np.testing.assert_array_equal(again.confusions, images.confusions)
        pd.testing.assert_frame_equal(again.likeness, images.likeness)
    without = PerImage(two[1][0].likeness, None)
    assert PerImage.of_table(without.table()).confusions is None


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda table: table.replace(table.iloc[0]["l1"], np.nan), "no numbers"),
        (lambda table: table.replace(table.iloc[0]["l1"], np.inf), "no numbers"),
        (lambda table: pd.concat([table, table[:1]]), "names an image twice"),
        (lambda table: table.drop(columns="ssim"), "no column ssim"),
    ],
)
def test_a_damaged_table_is_refused(tmp_path, change, said):
    evaluated(tmp_path, answers(1, 0.2), likeness(0))
    change(pd.read_csv(tmp_path / "images.csv", index_col="id")).to_csv(tmp_path / "images.csv")
    with pytest.raises(ValueError, match=said):
        per_image(tmp_path, None)


def test_sets_of_pictures_are_compared_as_if_their_errors_were_independent():
    one = {"swd": 30.0, "swd_low": 27.0, "swd_high": 33.0, "spread": 0.9}
    other = {"swd": 40.0, "swd_low": 36.0, "swd_high": 44.0, "spread": 1.0}
    found = of_sets(one, other)
    assert found == pytest.approx({"swd": -10, "swd_low": -15, "swd_high": -5, "spread": -0.1})


def test_asked_classes_are_compared_if_one_classifier_has_read_them():
    """The same scores of the same real pictures are taken for those of one classifier."""
    ceiling = {"held_out_accuracy": 0.9, "held_out_balanced_accuracy": 0.8}
    one, other = ({"swd": swd, "accuracy": accuracy} | ceiling for swd, accuracy in ((30.0, 0.75), (40.0, 0.5)))
    assert of_sets(one, other) == {"swd": -10, "accuracy": 0.25}
    assert of_sets(one, other | {"held_out_accuracy": 0.8}) == {"swd": -10}


def test_fids_are_compared_if_one_inception_network_has_seen_them():
    """The same scores of the same training pictures are taken for those of one network."""
    one, other = ({"swd": swd, "fid": fid, "training_fid": 20.0} for swd, fid in ((30.0, 75.0), (40.0, 50.0)))
    assert of_sets(one, other) == {"swd": -10, "fid": 25}
    assert of_sets(one, other | {"training_fid": 60.0}) == {"swd": -10}
    assert of_sets({"fid": 1.0}, {"fid": 2.0}) == {}
