"""Which challengers are promoted, by figures worked out by hand and SciPy's t-test; the store is made up."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy.stats import ttest_rel

from pix2pix.evaluation.differences import PerImage
from pix2pix.evaluation.terms import Terms
from pix2pix.tracking import champion
from pix2pix.tracking.champion import Version
from pix2pix.tracking.store import tracking_uri

NAME = "frechet_distance"
IDS = pd.Index([f"val/{number}" for number in range(30)], name="id")
HARD = np.random.default_rng(0).uniform(0.2, 0.4, len(IDS))
NOISE = np.random.default_rng(1).normal(0, 0.01, len(IDS))


@pytest.fixture
def contest(command, monkeypatch):
    """`promote` with a challenger and a champion: its exit status, what it said, and whom it promoted."""

    def run(challenger, other, *words):
        promoted, asked = [], []
        held = {"challenger": challenger, "champion": other}
        monkeypatch.setattr(champion, "holder", lambda _, name, alias: asked.append(name) or held[alias])
        monkeypatch.setattr(champion, "promote", lambda _, version: promoted.append(version.number))
        found = command("promote", *words)
        assert set(asked) == {next((word for word in words if word.startswith("shoes")), "facades")}
        return *found, promoted

    return run


def version(number, l1=HARD, ssim=HARD, data="d" * 16, right=80, reader=0.6, ids=IDS, terms=None):
    """A version with an L1 and an SSIM of each image, and so many of 100 pixels of each class right."""
    counts = np.tile([[right, 100 - right], [100 - right, right]], (len(ids), 1, 1))
    images = PerImage(pd.DataFrame({"l1": l1, "ssim": ssim}, index=ids), counts).table()
    scores = {"l1": np.mean(l1), "ssim": np.mean(ssim), "generated_pixel_accuracy": right / 100}
    scores["generated_class_iou"] = right / (200 - right)
    scores |= {f"{name}{bound}": value for name, value in scores.items() for bound in ("_low", "_high")}
    return Version("facades", number, data, scores | {"real_class_iou": reader}, images, terms)


def test_the_first_challenger_becomes_champion(contest):
    status, out, err, promoted = contest(version(1), None)
    assert (status, err, promoted) == (0, "", [1])
    assert out.startswith(
        f"facades in MLflow at {tracking_uri()}: version 1 is the challenger, and there is no champion yet\n"
    )
    assert "Class IoU, more is better           0.667 [0.667, 0.667]\n" in out
    assert out.endswith("version 1 is the champion now: models:/facades@champion\n")


@pytest.mark.parametrize(("right", "status"), [(85, 0), (80, 0), (79, 1)])
def test_class_iou_decides(contest, right, status):
    """Every image has the same counts, so that the interval of the difference is a point."""
    found = contest(version(2, right=right), version(1))
    assert (found[0], found[3]) == (status, [2] if status == 0 else [])
    gain = right / (200 - right) - 80 / 120
    assert f"{gain:+.3f} [{gain:+.3f}, {gain:+.3f}]" in found[1]
    if status:
        said = f"error: the challenger is worse: its Class IoU differs by {gain:+.3f} [{gain:+.3f}, {gain:+.3f}]; "
        assert found[2] == f"{said}nothing is changed\n"


@pytest.mark.parametrize("shift", [-0.02, -0.002, 0.0, 0.002, 0.004, 0.02])
@pytest.mark.parametrize(("metric", "sign"), [("l1", 1), ("ssim", -1)])
def test_the_interval_of_the_difference_decides_and_less_l1_is_better(contest, metric, sign, shift):
    changed = HARD + shift + NOISE
    interval = ttest_rel(changed, HARD).confidence_interval()
    worse = interval.low > 0 if sign > 0 else interval.high < 0
    status, _, _, promoted = contest(version(2, **{metric: changed}), version(1), "--metric", metric)
    assert (status, promoted) == ((1, []) if worse else (0, [2]))


@pytest.mark.parametrize(("changed", "status"), [(34.0, 0), (46.0, 1)])
def test_a_distance_of_sets_decides_if_it_is_named(contest, changed, status):
    """With half intervals of 3 and 4, a difference reaches 5 to each side."""
    pair = [
        replace(each, scores=each.scores | {NAME: value, f"{NAME}_low": value - reach, f"{NAME}_high": value + reach})
        for each, value, reach in ((version(2), changed, 3.0), (version(1), 40.0, 4.0))
    ]
    found = contest(*pair, "--metric", NAME)
    assert (found[0], found[3]) == (status, [] if status else [2])
    gain = changed - 40
    assert f"Fréchet distance, EfficientNet-Lite0, less is better  {changed:.1f}" in found[1]
    assert f"{gain:+.1f} [{gain - 5:+.1f}, {gain + 5:+.1f}]" in found[1]
    status, _, err, promoted = contest(pair[0], version(1), "--metric", NAME)
    assert (status, promoted) == (1, []) and "not measured for both" in err


def test_an_interval_that_is_not_that_of_the_two_scores(contest):
    """Both scores have intervals 20 times as wide as the difference, which is the same in every image."""
    status, out, _, _ = contest(version(2, ssim=HARD - 0.001), version(1), "--metric", "ssim")
    assert status == 1 and "-0.001 [-0.001, -0.001]" in out


@pytest.mark.parametrize(
    "other", [version(1, data="e" * 16), version(1, ids=IDS[::-1]), version(1, l1=HARD[:9], ssim=HARD[:9], ids=IDS[:9])]
)
def test_scores_of_other_pictures_are_not_compared(contest, other):
    status, _, err, promoted = contest(version(2), other)
    assert (status, promoted) == (1, [])
    assert (
        err.startswith("error: versions 2 and 1 of facades were scored on different pictures") and err.count("\n") == 1
    )


TERMS = Terms(
    input="label map of 256x256 pixels", target="picture of 256x256 pixels", direction="right_to_left",
    classes="wall [1, 2, 3], window [4, 5, 6]", data_set="facades", evaluated="30 pairs of val", pictures="a" * 64,
)  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (
            {"input": "picture of 256x256 pixels"},
            "input: picture of 256x256 pixels against label map of 256x256 pixels",
        ),
        (
            {"target": "picture of 128x128 pixels"},
            "target: picture of 128x128 pixels against picture of 256x256 pixels",
        ),
        ({"direction": "left_to_right"}, "direction: left_to_right against right_to_left"),
        ({"classes": "none"}, "classes: none against wall [1, 2, 3], window [4, 5, 6]"),
        ({"classes": "w" * 61}, "other classes"),
        ({"data_set": "shoes", "pictures": "b" * 64}, "data set: shoes against facades"),
    ],
)
def test_a_champion_of_another_task_is_not_replaced_and_the_way_to_another_name_is_told(contest, changes, said):
    status, _, err, promoted = contest(version(2, terms=replace(TERMS, **changes)), version(1, terms=TERMS))
    assert (status, promoted) == (1, [])
    assert err == (
        f"error: versions 2 and 1 of facades have different tasks ({said}), so neither can be called better; nothing "
        "is changed. Give the new model a name of its own: set `tracking.model_name` in params.yaml, then `dvc repro`\n"
    )


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"evaluated": "9 pairs of test"}, "evaluated: 9 pairs of test against 30 pairs of val"),
        ({}, "both are 30 pairs of val, with other ids or pixels"),
    ],
)
def test_scores_of_another_evaluation_set_are_not_compared(contest, changes, said):
    other = replace(TERMS, pictures="b" * 64, **changes)
    status, _, err, promoted = contest(version(2, terms=other), version(1, terms=TERMS))
    assert (status, promoted) == (1, []) and err.count("\n") == 1
    assert err.startswith(f"error: versions 2 and 1 of facades were scored on different pictures ({said})")


def test_more_training_pairs_and_another_name_of_the_data_are_the_same_task(contest):
    renamed = version(2, data="e" * 16, terms=replace(TERMS, data_set="walls"))
    assert contest(renamed, version(1, terms=TERMS))[3] == [2]


def test_an_earlier_versions_scores_are_compared_if_all_records_are_equal(contest):
    assert contest(version(2, terms=TERMS), version(1))[3] == [2]
    assert contest(version(2, terms=TERMS), version(1, data="e" * 16))[3] == []


def test_another_registered_model_can_be_named(contest):
    status, out, _, _ = contest(version(1), None, "shoes")
    assert status == 0 and out.endswith("version 1 is the champion now: models:/shoes@champion\n")


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda table: table.assign(l1=np.nan), "it has gaps"),
        (lambda table: table.assign(l1=np.inf), "it has gaps, or values that are no numbers"),
        (lambda table: table.assign(l1=-np.inf), "it has gaps, or values that are no numbers"),
        (lambda table: table.mask(table == 80), "it has gaps"),
        (lambda table: table[:0], "it has gaps"),
        (lambda table: table.drop(columns="ssim"), "it has no column ssim"),
        (lambda table: table.drop(columns="1>0"), "cannot reshape"),
    ],
)
@pytest.mark.parametrize("place", [0, 1])
def test_scores_that_are_damaged_promote_nothing(contest, damage, said, place):
    pair = [version(2), version(1)]
    pair[place] = replace(pair[place], images=damage(pair[place].images))
    status, out, err, promoted = contest(*pair)
    assert (status, promoted) == (1, [])
    assert err.startswith(f"error: version {2 - place}: its scores image by image cannot be read ({said}")
    assert err.count("\n") == 1 and len(out.splitlines()) == 1


def test_another_segmenters_reading_does_not_decide(contest):
    status, out, err, promoted = contest(version(2, right=99), version(1, reader=0.7))
    assert (status, promoted) == (1, [])
    assert err.startswith("error: class_iou: no difference is known") and err.endswith("--metric takes l1, ssim\n")
    assert "Class IoU, more is better           0.980 [0.980, 0.980]  0.667 [0.667, 0.667]  -\n" in out
    assert contest(version(2), version(1, reader=0.7), "--metric", "l1")[3] == [2]


@pytest.mark.parametrize("pictures", [1, 4])
@pytest.mark.parametrize("gain", [-0.1, 0.1])
def test_too_few_pictures_replace_no_champion(contest, pictures, gain):
    """One picture would else make the challenger better or worse without a doubt."""
    few = {"l1": HARD[:pictures], "ids": IDS[:pictures]}
    pair = version(2, ssim=HARD[:pictures] + gain, **few), version(1, ssim=HARD[:pictures], **few)
    status, out, err, promoted = contest(*pair, "--metric", "ssim")
    assert (status, promoted) == (1, []) and f"{gain:+.3f}\n" in out
    assert err.startswith(f"error: too few pictures ({pictures}): no interval, so nothing says whether")
    assert contest(pair[0], None)[3] == [2]


def test_scores_without_intervals_are_shown(contest):
    bare = version(1, l1=HARD[:3], ssim=HARD[:3], ids=IDS[:3])
    bare = replace(bare, scores={key: each for key, each in bare.scores.items() if not key.endswith(("_low", "_high"))})
    status, out, _, _ = contest(bare, None)
    assert status == 0 and "Class IoU, more is better           0.667\n" in out


def test_without_a_challenger_there_is_nothing_to_do(contest):
    status, _, err, promoted = contest(None, version(1))
    assert (status, promoted) == (1, [])
    assert err.startswith(f"error: facades has no challenger in MLflow at {tracking_uri()}: ")


@pytest.mark.parametrize(("shift", "status"), [(0.01, 1), (-0.01, 0)])
def test_another_measure_decides_if_it_is_named(contest, another_measure, shift, status):
    """Less of it is better."""
    pair = [version(number) for number in (2, 1)]
    pair[0].images.insert(0, another_measure.key, HARD + shift)
    pair[1].images.insert(0, another_measure.key, HARD)
    pair = [replace(each, scores=each.scores | {"gloom": 0.3, "gloom_low": 0.2, "gloom_high": 0.4}) for each in pair]
    found, out, _, promoted = contest(*pair, "--metric", another_measure.key)
    assert (found, promoted) == (status, [] if status else [2])
    line = "Gloom (0 to 1), less is better      0.3000 [0.2000, 0.4000]  0.3000 [0.2000, 0.4000]  "
    assert f"{line}{shift:+.4f} [{shift:+.4f}, {shift:+.4f}]\n" in out
