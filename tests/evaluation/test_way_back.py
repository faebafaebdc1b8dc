"""Two directions: what comes back of an input, the way back on the same examples, and sets without pairs."""

import numpy as np
import pytest
import toy
from toy import CLASSES, LABELS_TO_PHOTO, READER, TWO, darker

from pix2pix.data.examples import Examples
from pix2pix.data.tasks import TURNED
from pix2pix.evaluation import likeness, pair_pictures
from pix2pix.evaluation.evaluation import evaluate
from pix2pix.evaluation.ranking import ranked, ranking
from pix2pix.evaluation.rows import Rows
from pix2pix.evaluation.scoring import measure
from pix2pix.params import Evaluate


def forth(label, seed=0):  # noqa: ARG001
    """A generator of photos that knows everything."""
    return darker(label)


def back(photo, seed=0):  # noqa: ARG001
    """A generator of label maps that is a little too bright."""
    return photo * np.uint8(2) + np.uint8(1)


def unpaired():
    pairs = toy.split(*TWO)
    return Examples(pairs.ids, pairs.task, pairs.__getitem__, {"input": 2, "target": 2})


def evaluated(folder, split, ways, reader=READER, returning=back):
    training = toy.split((30, 2, 0), (8, 16, 8), ids=["train/1", "train/2"], task=split.task)
    return evaluate(split, training, reader, ways, {}, Evaluate(), folder, Rows(folder / "rows", [], {}), returning)


def test_what_comes_back_is_compared_with_the_input():
    split = toy.split(*TWO)
    seen = {}
    measured = measure(split, READER, forth, lambda pair, pictures: seen.update({pair: pictures}), back)
    for pair, example in zip(split.ids, split, strict=True):
        again = back(darker(example["input"]))
        np.testing.assert_array_equal(seen[pair]["again"], again)
        assert measured.images["cycle_l1"][pair] == likeness.l1(example["input"], again)
        assert measured.images["cycle_ssim"][pair] == likeness.ssim(example["input"], again)
    assert measured.scores()["cycle_l1"] == pytest.approx(measured.images["cycle_l1"].mean())


def test_without_a_way_back_there_is_no_cycle():
    assert not [name for name in measure(toy.split(*TWO), READER, forth).images if "cycle" in name]


def test_the_way_back_is_judged_by_the_palette(tmp_path):
    """A label map is judged by its nearest colours, as in the paper's table 5: one level too bright is no mistake."""
    split = toy.split(*TWO).turned()
    assert split.task.input == toy.PHOTO_TO_LABELS.input and split.task.target.is_label
    found = evaluated(tmp_path, split, {"generated": back}, returning=forth)
    flat = found.flat()
    assert flat["generated_pixel_accuracy"] == flat["generated_class_iou"] == 1
    # The toy segmenter takes grey for white: it is the reference, and no ceiling.
    assert flat["real_class_iou"] < 1 and flat["l1"] > 0
    assert flat["cycle_l1"] == pytest.approx(
        np.mean([likeness.l1(p, darker(back(p))) for p in (e["input"] for e in split)])
    )
    assert found.scores.index.tolist() == ["real", "generated", "input_itself", "mean_target"]
    itself, mean = (found.scores.loc[key] for key in ("input_itself", "mean_target"))
    assert itself["l1"] == pytest.approx(np.mean([likeness.l1(e["target"], e["input"]) for e in split]))
    painted = np.mean([toy.label(30, 2, 0), toy.label(8, 16, 8)], axis=0).round().astype(np.uint8)
    assert mean["l1"] == pytest.approx(np.mean([likeness.l1(e["target"], painted) for e in split]))
    assert 0 < mean["class_iou"] < flat["generated_class_iou"]
    assert (tmp_path / "val-1-again.png").exists()


def test_a_set_without_pairs_has_cycles_and_nearest_pictures_only(tmp_path):
    found = evaluated(tmp_path, unpaired(), {"generated": forth}, reader=None)
    row = found.scores.loc["generated"]
    assert row[["l1", "ssim", "lab_l", "class_iou"]].isna().all() and row[["cycle_l1", "cycle_ssim"]].notna().all()
    assert {"likeness", "lab", "fcn_scores"} <= found.absent.keys()
    assert {"cycle_ssim", "nearest_l1", "real_nearest_l1"} <= found.flat().keys() and "ssim" not in found.flat()
    assert ranking(found.images).key == "cycle_ssim" and len(ranked(found.images)) == 2
    kinds = {path.name.split("-")[2].removesuffix(".png") for path in tmp_path.glob("val-1-*.png")}
    assert kinds == {"input", "generated", "real", "again", "nearest"} < {*pair_pictures.KINDS}


def test_the_task_of_the_way_back_is_the_task_turned_round():
    turned = LABELS_TO_PHOTO.turned()
    assert {name: turned[name].kind for name in TURNED} == {"input": "picture", "target": "label map"}
    assert turned.turned() == LABELS_TO_PHOTO and len(CLASSES) == 3
