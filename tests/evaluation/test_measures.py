from dataclasses import fields

import pytest

from pix2pix.data.tasks import Field
from pix2pix.evaluation import asked_class, likeness, measures, resemblance, scoring
from pix2pix.evaluation.colour import CHANNELS
from pix2pix.evaluation.confusion import SegmentationScores
from pix2pix.evaluation.likeness import WATCHED
from pix2pix.evaluation.measure import ASKED, COLOUR, CYCLE, LIKENESS, SAMPLES, SEGMENTATION, Measure


def keys(rows):
    return [row.key for row in rows]


def test_every_measure_has_its_function_and_every_function_its_row():
    assert keys(measures.of(SEGMENTATION)) == [field.name for field in fields(SegmentationScores)]
    assert tuple(keys(measures.of(COLOUR))) == CHANNELS
    pixels = [row for row in measures.of(LIKENESS) if row is not measures.FEATURE_DISTANCE]
    assert {row.key: scoring._function(row).__name__ for row in pixels} == {
        key: key for key in ("l1", "psnr", "ssim", "ms_ssim")
    }
    assert measures.FEATURE_DISTANCE in measures.of(LIKENESS)
    assert [scoring._function(row) for row in measures.of(CYCLE)] == [likeness.l1, likeness.ssim]


def test_no_two_measures_share_a_name():
    assert len(set(keys(measures.MEASURES))) == len({row.title for row in measures.MEASURES}) == len(measures.MEASURES)


def test_no_measure_of_another_network_is_called_fid():
    featured = [row for row in measures.MEASURES if row in measures.FEATURES or row.key.startswith("feature_")]
    assert len(featured) == 8 and all(measures.NETWORK in row.title for row in featured)
    called = [row for row in measures.MEASURES if "FID" in row.title or "KID" in row.title]
    assert called == [*measures.INCEPTION] and all("not verified" in row.title for row in called)


def test_one_measure_leads_what_is_ranked():
    leads = {LIKENESS: "ssim", SEGMENTATION: "class_iou", CYCLE: "cycle_ssim", SAMPLES: "swd", ASKED: "accuracy"}
    assert sorted(keys(row for row in measures.MEASURES if row.leads)) == sorted(leads.values())
    assert {group: measures.lead(group).key for group in leads} == leads
    assert (measures.ranking(sampled=True), measures.ranking(sampled=False)) == (SAMPLES, LIKENESS)
    assert measures.ranking(sampled=False, paired=False) is CYCLE


def test_what_leads_is_compared_and_shown():
    assert all(row.compared and row.headline for row in measures.MEASURES if row.leads and row.group is not CYCLE)


def test_differences_are_of_these_the_most_telling_first():
    read = ["pixel_accuracy", "class_accuracy", "class_iou", "frequency_weighted_iou"]
    sets, asked = keys(measures.SETS), ["accuracy", "balanced_accuracy"]
    assert keys(measures.compared()) == [*read, "l1", "ssim", "swd", "spread", *sets, *asked]
    deciding = [*read, "l1", "ssim", "swd", *(key for key in sets if key != "density"), *asked]
    assert keys(measures.deciding()) == deciding, "more spread is not better, nor is more density"
    assert keys(measures.compared(LIKENESS)) == ["l1", "ssim"]
    # The histograms of single images are kept nowhere.
    assert not measures.compared(COLOUR)


def test_what_is_compared_is_known_of_each_image():
    """Of classes the counts are; a score of likeness has to stand in images.csv."""
    assert set(keys(measures.compared(LIKENESS))) <= set(measures.image_columns())


def test_of_which_measures_less_is_better():
    assert [row.key for row in measures.MEASURES if not row.higher_is_better] == [
        "l1", "feature_distance", "cycle_l1", "swd", "frechet_distance", "kernel_distance", "fid", "kid",
    ]  # fmt: skip
    assert {row.key: row.direction for row in WATCHED} == {"l1": "lower", "ssim": "higher"}


def test_training_watches_rows_of_the_table():
    watched = [*WATCHED, *resemblance.WATCHED]
    assert set(watched) <= set(measures.MEASURES)
    assert all(row.note for row in watched), "their charts say how to read them"


def test_measures_of_sets_have_functions_of_their_names():
    assert {row.key: function.__name__ for row, function in resemblance.WATCHED.items()} == {
        row.key: row.key for row in measures.of_noise(classes=False)
    }
    assert measures.of_noise(classes=True) == [*measures.of_noise(classes=False), *measures.of(ASKED)]
    assert {*measures.SETS} < {*measures.of(SAMPLES)}
    assert set(keys(measures.of(ASKED))) == asked_class.scores(asked_class.counted([0, 1], [0, 0], 2)).keys()
    for inception, sets in ((False, measures.FEATURES), (True, measures.SETS)):
        assert {*measures.of_pairs(True, inception)} & {*measures.of(SAMPLES, ASKED)} == {*sets}


@pytest.mark.parametrize(
    ("key", "subject", "name"),
    [
        ("ssim", "real", "ssim"),
        ("class_iou", "real", "real_class_iou"),
        ("swd", "real", "real_swd"),
        ("swd", "generated", "swd"),
        ("accuracy", "generated", "accuracy"),
        ("accuracy", "held_out", "held_out_accuracy"),
    ],
)
def test_what_is_read_from_classes_is_named_by_its_subject(key, subject, name):
    (row,) = (row for row in measures.MEASURES if row.key == key)
    assert row.figure(subject) == name


def test_what_a_measure_needs():
    row = Measure("a", "A (of 1)", SEGMENTATION, smallest=64, digits=2)
    assert row.too_small(64) is None and "64" in row.too_small(63) and "63" in row.too_small(63)
    photo, grey, labels = (
        Field("target", kind, 32, 32, channels) for kind, channels in (("picture", 3), ("picture", 1), ("label map", 3))
    )
    needs = ((photo, True, ()), (labels, True, (COLOUR,)), (photo, False, (SEGMENTATION,)), (grey, True, (COLOUR,)))
    for target, classes, lacks in needs:
        found = [group for group in (LIKENESS, COLOUR, SEGMENTATION) if group.lacks(target, classes)]
        assert found == list(lacks)
    assert [group for group in (LIKENESS, COLOUR, SEGMENTATION) if "no pairs" in group.lacks(photo, True, False)]
    assert "1 channel" in COLOUR.lacks(grey, True)
    assert (row.short, row.show(0.125), row.show(0.125, "+")) == ("A", "0.12", "+0.12")
