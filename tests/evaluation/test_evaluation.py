"""The whole evaluation, with painters in place of generators."""

import json
from types import SimpleNamespace

import made_examples
import numpy as np
import pandas as pd
import pytest
import toy
from sklearn.metrics import confusion_matrix
from toy import CLASSES, LABELS_TO_PHOTO, NO_LABELS, PHOTO_TO_LABELS, READER, TWO, darker, label

from pix2pix.base import files
from pix2pix.base.pictures import load_rgb
from pix2pix.data.examples import Examples
from pix2pix.evaluation import distances, likeness, outputs
from pix2pix.evaluation.differences import per_image
from pix2pix.evaluation.evaluation import NAMES, evaluate
from pix2pix.evaluation.features import FeatureNetwork, Features
from pix2pix.evaluation.rows import Rows
from pix2pix.params import Evaluate

READ = ("pixel_accuracy", "class_accuracy", "class_iou", "frequency_weighted_iou")
SETTINGS = Evaluate(seed=10, repeats=3)


def brighter(by):
    """A stand-in for a generator: the photo, so many levels brighter, and one more for each number of the seed."""
    return lambda input_, seed: darker(input_) + np.uint8(by + seed)


WAYS = dict(zip(NAMES, [None, None, *map(brighter, range(4))], strict=False))
del WAYS["real"], WAYS["training"]


def training(task=LABELS_TO_PHOTO):
    return toy.split((30, 2, 0), (8, 16, 8), (0, 0, 32), task=task, ids=["train/1", "train/2", "train/3"])


def run(folder, split=None, reader=READER, task=LABELS_TO_PHOTO, settings=SETTINGS, beside=None):
    split = toy.split(*TWO, task=task) if split is None else split
    return evaluated(split, training(task), reader, WAYS, beside or {}, settings, folder)


def evaluated(*words):
    """An evaluation to its end; `words` are all of `evaluate` but the rows."""
    rows = kept(words[-1])
    result = evaluate(*words, rows)
    files.remove(rows._folder)
    return result


def after(epochs):
    """What findings read of a model that turns inputs into targets."""
    return SimpleNamespace(noise=None, epoch=epochs)


def kept(pictures):
    """The rows of an evaluation whose pictures come there."""
    return Rows(pictures.with_name(f"{pictures.name}-rows"), ["toy"], {})


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("pictures")


@pytest.fixture(scope="module")
def result(folder):
    return run(folder, beside={"l1": brighter(20)})


def test_a_row_a_subject_in_their_order(result):
    scores = result.scores
    assert scores.index.tolist() == [
        "real", "generated", "dropout_off", "moving_averages", "moving_averages_dropout_off", "l1", "class_means",
    ]  # fmt: skip
    assert scores["name"].tolist() == [NAMES.get(key, key) for key in scores.index]
    measured = (
        "l1", "psnr", "ssim", "ms_ssim", "feature_distance", "lab_l", "lab_a", "lab_b", "colourfulness", "checkerboard",
        "pixel_accuracy", "class_accuracy", "class_iou", "frequency_weighted_iou", "diversity", "feature_diversity",
        "frechet_distance", "kernel_distance", "precision", "recall", "density", "coverage",
    )  # fmt: skip
    parts = [f"{name}{part}" for name in measured for part in ("", "_low", "_high", "_seeds")]
    assert list(scores.columns) == ["name", *parts]


def test_every_subject_is_measured(result):
    """All use the first seed, 10, and each is brighter by what it is."""
    expected = {"generated": 10, "dropout_off": 11, "moving_averages": 12, "moving_averages_dropout_off": 13, "l1": 30}
    for subject, levels in expected.items():
        assert result.scores.at[subject, "l1"] == pytest.approx(levels / 255)


def test_the_ceiling_and_the_floor(result):
    """Real photos: 44 of 64 rows are read right. The floor paints training photos' means: darker labels, the same."""
    assert result.scores.at["real", "pixel_accuracy"] == pytest.approx(44 / 64)
    assert result.scores.loc["real", ["l1", "ssim", "lab_l"]].isna().all()
    assert result.scores.at["class_means", "pixel_accuracy"] == pytest.approx(44 / 64)
    assert result.scores.at["class_means", "l1"] == 0


def test_the_floor_is_of_the_training_split(tmp_path):
    dim = made_examples.of([(example["input"], example["target"] // 2) for example in training()])
    scores = evaluated(toy.split(*TWO), dim, READER, WAYS, {}, SETTINGS, tmp_path).scores
    # Rows of 64 are painted 32, those of 127 63.
    assert scores.at["class_means", "l1"] == pytest.approx((20 * 32 + 12 * 64) / 64 / 255)


def test_the_spread_over_dropout_seeds_is_the_models(result):
    """Seeds 10, 11, 12: three levels whose standard deviation is 1."""
    assert result.scores.at["generated", "l1_seeds"] == pytest.approx(1 / 255)
    others = result.scores.drop("generated")
    assert others[[name for name in others if name.endswith("_seeds")]].isna().all(axis=None)


def test_one_seed_has_no_spread_and_no_diversity(tmp_path):
    result = run(tmp_path, settings=Evaluate(repeats=1))
    assert np.isnan(result.scores.at["generated", "l1_seeds"]) and result.scores["diversity"].isna().all()
    assert {"seeds", "diversity"} <= set(result.absent)


def test_the_diversity_is_that_of_the_ways_with_dropout_and_of_models_beside(result):
    """Answers of seeds 10, 11, 12: of three pairs two are 1 level apart, and one 2. The real pictures are two."""
    scores = result.scores["diversity"].dropna()
    assert scores.drop("real").to_dict() == pytest.approx(
        dict.fromkeys(["generated", "moving_averages", "l1"], 4 / 3 / 255)
    )
    first, second = (darker(label(*shares)).astype(int) for shares in TWO)
    assert scores["real"] == pytest.approx(np.abs(first - second).mean() / 255)
    assert "diversity" not in result.absent


def test_confusions_as_scikit_learn_has_them(result):
    truth, read = [], []
    for shares in TWO:
        half = label(*shares)
        truth.append(CLASSES.classes(half).ravel())
        read.append(READER.segment(darker(half) + np.uint8(10)).ravel())
    expected = confusion_matrix(np.concatenate(truth), np.concatenate(read), labels=[0, 1, 2])
    table = result.confusions["generated"]
    np.testing.assert_array_equal(table.to_numpy(), expected)
    assert table.index.tolist() == list(table.columns) == ["black", "grey", "white"] and table.index.name == "class"
    assert result.confusions["real"].to_numpy().sum() == 2 * 32 * 32


def test_a_row_an_image(result):
    images = result.images
    assert images.columns.tolist() == [
        "l1", "psnr", "ssim", "ms_ssim", "feature_distance", "lab_l", "lab_a", "lab_b", "colourfulness", "checkerboard",
        "generated_pixel_accuracy", "real_colourfulness", "real_checkerboard", "real_pixel_accuracy",
        "nearest", "nearest_l1", "nearest_gap", "real_nearest", "real_nearest_l1", "real_nearest_gap",
    ]  # fmt: skip
    assert images.index.tolist() == ["val/1", "val/2"]
    np.testing.assert_allclose(images["real_pixel_accuracy"], [16 / 32, 28 / 32])
    # Photo val/1 is the photo of train/2; generated, it is 10 levels brighter.
    assert images["nearest"].tolist() == images["real_nearest"].tolist() == ["train/2", "train/1"]
    assert images.at["val/1", "nearest_l1"] == pytest.approx(10 / 255) and images.at["val/1", "real_nearest_l1"] == 0
    assert images["ms_ssim"].isna().all()


@pytest.mark.usefixtures("result")
def test_pictures_of_every_pair(folder):
    kinds = ("input", "generated", "real", "segmentation", "truth", "error", "nearest")
    names = {f"val-{number}-{kind}.png" for number in (1, 2) for kind in (*kinds, "answers")}
    assert {path.name for path in folder.iterdir()} == names
    np.testing.assert_array_equal(load_rgb(folder / "val-1-generated.png"), darker(label(*TWO[0])) + 10)
    np.testing.assert_array_equal(load_rgb(folder / "val-2-nearest.png"), training()[0]["target"])


def test_flat_figures(result):
    flat = result.flat()
    subjects = {"": ["l1", "psnr", "ssim", "lab_l", "lab_a", "lab_b", "colourfulness", "checkerboard", "diversity"]}
    subjects |= {f"{subject}_": list(READ) for subject in ("generated", "real", "class_means")}
    names = {f"{prefix}{name}" for prefix, measures in subjects.items() for name in measures}
    names |= {f"{real}nearest_{what}" for real in ("", "real_") for what in ("l1", "gap")}
    names |= {"nearest_minus_real", "nearest_gap_minus_real"}
    names |= {"real_over_class_means"}
    names |= {f"{kind}_{look}" for kind in ("real", "class_means") for look in ("colourfulness", "checkerboard")}
    names |= {"real_diversity"}
    counts = {"pairs", "nearest_share", "nearest_copies", "real_nearest_copies"}
    assert set(flat) == names | counts  # two pictures have no intervals
    assert all(type(value) in (int, float) for value in flat.values())
    assert json.loads(json.dumps(flat, allow_nan=False)) == flat
    assert flat["l1"] == result.scores.at["generated", "l1"]
    assert flat["real_over_class_means"] == 0  # the floor is what the photos are


def test_flat_figures_have_their_bounds_where_there_are_enough_pictures(tmp_path):
    result = run(tmp_path, toy.split(*TWO, (16, 0, 16), (4, 24, 4), (2, 10, 20)))
    flat = result.flat()
    names = {name.removesuffix("_low") for name in flat if name.endswith("_low")}
    assert names == set(flat) - {f"{name}{bound}" for name in names for bound in ("_low", "_high")} - {
        "pairs", "nearest_share", "nearest_copies", "real_nearest_copies", "real_diversity",
    }  # fmt: skip
    assert flat["real_class_iou_high"] == result.scores.at["real", "class_iou_high"] > flat["real_class_iou"]
    assert "intervals" not in result.absent and outputs.findings(result, after(1))[0].startswith(
        "The segmenter reads 5 real pictures no better than pictures of each class in its mean colour"
    )


def test_what_the_figures_say(result):
    few, blind, memory = outputs.findings(result, after(3))
    assert few == result.absent["intervals"].partition(";")[0] == "too few pictures (2): no interval"
    assert blind.startswith("Whether the segmenter sees anything in real pictures is not to be told")
    # Photo val/1 is the photo of train/2.
    assert memory.startswith("Training and evaluation share pictures: 1 of 2 real pictures are copies")


def bytes_of(result, folder, monkeypatch):
    """Everything an evaluation writes."""
    monkeypatch.chdir(folder)
    outputs.write(result)
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_the_same_bytes_whatever_the_order(tmp_path, monkeypatch):
    """So on every repetition, too."""
    shares, ids = [(8, 16, 8), (24, 4, 4), (16, 0, 16)], ["val/1", "val/2", "val/10"]
    written = []
    for order in (slice(None), slice(None, None, -1)):
        folder = tmp_path / str(len(written))
        split = toy.split(*shares[order], ids=ids[order])
        written.append(bytes_of(run(folder / outputs.PICTURES, split), folder, monkeypatch))
    assert len(written[0]) == 3 * 8 + 6
    assert written[0] == written[1]


def test_one_that_was_stopped_goes_on_and_writes_the_same_bytes(tmp_path, monkeypatch):
    """It stops at the first or second picture of several rows; what was finished is not done again."""
    asked = []

    def model(name, stop):
        def answer(input_, seed):
            asked.append((name, seed))
            if len(asked) == stop:
                raise KeyboardInterrupt
            return WAYS[name](input_, seed)

        return answer

    def go(folder, stop):
        """Asks so many times for a picture before it is stopped; with 0 it comes to its end."""
        asked.clear()
        split, ways = toy.split(*TWO), {name: model(name, stop) for name in WAYS}
        rows = kept(folder / outputs.PICTURES)
        with files.whole(folder / outputs.PICTURES) as pictures:
            result = evaluate(split, training(), READER, ways, {}, SETTINGS, pictures, rows)
        files.remove(rows._folder)
        return bytes_of(result, folder, monkeypatch)

    whole = go(tmp_path / "whole", 0)
    wanted = list(asked)
    # Six rows ask once for each of the two pairs, and two rows of answers three times.
    starts = [0, 2, 4, 6, 8, 10, 12, 18]
    assert len(wanted) == 24
    for stop in range(1, len(wanted) + 1, 3):
        folder = tmp_path / f"stopped in {stop}"
        with pytest.raises(KeyboardInterrupt):
            go(folder, stop)
        assert not (folder / outputs.PICTURES).exists()
        assert go(folder, 0) == whole
        assert asked == wanted[max(start for start in starts if start < stop) :]


def test_files_of_the_evaluation(result, tmp_path, monkeypatch):
    written = bytes_of(result, tmp_path, monkeypatch)
    assert set(written) == {
        "metrics/evaluate.json", "reports/scores.csv", "reports/images.csv", "reports/absent.json",
        "reports/confusions/generated.csv", "reports/confusions/real.csv",
    }  # fmt: skip
    assert json.loads(written["metrics/evaluate.json"]) == result.flat()
    assert json.loads(written["reports/absent.json"]) == result.absent
    first, *rows = written["reports/scores.csv"].decode().splitlines()
    assert first.startswith("subject,name,l1,l1_low,l1_high,l1_seeds,psnr,") and len(rows) == 7
    assert rows[0].startswith("real,real pictures (ceiling),,,,,")
    assert written["reports/confusions/real.csv"].decode().splitlines()[0] == "class,black,grey,white"


def test_the_scores_are_shown_as_a_table(result):
    header, *rows = outputs.shown(result).splitlines()
    assert header.split() == ["l1", "psnr", "ssim", "colourfulness", "pixel_accuracy", "class_accuracy", "class_iou"]
    assert rows[0].split()[-7:-2] == ["-", "-", "-", "0.000", "0.688"] and rows[1].split()[:2] == ["generated", "0.039"]


def test_examples_are_the_best_the_median_and_the_worst(result, folder, monkeypatch):
    monkeypatch.setattr(outputs, "PICTURES", folder)
    examples = outputs.examples(result)
    assert list(examples) == ["best", "median", "worst"]
    best, worst = result.images["ssim"].idxmax(), result.images["ssim"].idxmin()
    assert best != worst
    for name, pair in (("best", best), ("worst", worst)):
        np.testing.assert_array_equal(
            examples[name][4:36, 4:36], load_rgb(folder / f"{pair.replace('/', '-')}-input.png")
        )


class Thumbnails:
    """A stand-in for the network: a picture's features are its values, and their means over blocks of 8x8 pixels."""

    def __call__(self, picture):
        values = picture.astype(np.float32) / 255
        return Features(values.ravel() / values.size**0.5, values.reshape(4, 8, 4, 8, 3).mean(axis=(1, 3)).ravel())

    means, apart, inception = FeatureNetwork.means, FeatureNetwork.apart, None


EIGHT = [(number, 32 - 2 * number, number) for number in range(2, 10)]


def compared(folder, split, ways, learned, **words):
    """An evaluation with features."""
    rows, reader, words = kept(folder), READER if split.has_pairs else None, {"network": Thumbnails()} | words
    return evaluate(split, learned, reader, ways, {}, SETTINGS, folder, rows, **words)


def test_sets_are_compared_by_features(tmp_path):
    """Photos that are 10 levels brighter than the real ones; and every third training photo, which are as many."""
    shares = [(31 - number, 1, number) for number in range(24)]
    learned = toy.split(*shares, ids=[f"train/{number}" for number in range(24)])
    result = compared(tmp_path, toy.split(*EIGHT), {"generated": brighter(0), "dropout_off": brighter(0)}, learned)
    scores, network = result.scores, Thumbnails()
    assert scores.index.tolist() == ["real", "training", "generated", "dropout_off", "class_means"]
    real = network.means(darker(label(*each)) for each in EIGHT)
    sets = {
        "generated": real + np.float32(10 / 255),
        "training": network.means(darker(label(*each)) for each in shares[::3]),
    }
    for subject, features in sets.items():
        expected = distances.scores(real, features)
        assert scores.loc[subject, list(expected)].to_dict() == pytest.approx(expected, rel=1e-3, abs=1e-4)
    assert scores.at["generated", "frechet_distance"] == pytest.approx(48 * (10 / 255) ** 2, rel=1e-3)
    assert scores.loc["real", "frechet_distance":"coverage_seeds"].isna().all()
    seeds = [48 * ((10 + seed) / 255) ** 2 for seed in range(3)]
    assert scores.at["generated", "frechet_distance_seeds"] == pytest.approx(np.std(seeds, ddof=1), rel=1e-3)
    # Values that differ by 10 levels, by the distance of this stand-in; its answers differ by 1 and 2 levels.
    assert result.images["feature_distance"].to_list() == pytest.approx([(10 / 255) ** 2] * 8, rel=1e-4)
    assert scores.at["generated", "feature_distance_low"] == pytest.approx((10 / 255) ** 2, rel=1e-3)
    assert scores.at["generated", "feature_diversity"] == pytest.approx((1 + 1 + 4) / 3 / 255**2, rel=1e-3)
    assert scores.at["real", "feature_diversity"] > scores.at["generated", "feature_diversity"]
    flat = result.flat()
    assert flat["training_precision"] == scores.at["training", "precision"]
    assert {"kernel_distance_low", "feature_distance", "feature_diversity", "class_means_coverage"} <= flat.keys()
    assert "real_frechet_distance" not in flat and "distances" not in result.absent
    assert "fid" not in flat and not [name for name in scores if name.startswith(("fid", "kid"))]
    assert outputs.findings(result, after(1))[-1].startswith("8 pictures are fewer than the 1280 features")


def test_an_inception_network_looks_at_the_same_sets(tmp_path):
    """Here it sees what the other network sees, so its distances are the same."""
    network = Thumbnails()
    network.inception = Thumbnails()
    learned = toy.split(*EIGHT, ids=[f"train/{number}" for number in range(8)])
    result = compared(tmp_path, toy.split(*EIGHT), {"generated": brighter(0)}, learned, network=network)
    for name, same in (("fid", "frechet_distance"), ("kid", "kernel_distance")):
        for column in (name, f"{name}_low", f"{name}_high", f"{name}_seeds"):
            pd.testing.assert_series_equal(
                result.scores[column], result.scores[column.replace(name, same)], check_names=False
            )
        assert result.scores[name].notna().tolist() == [False, True, True, True]
    flat = result.flat()
    assert flat["fid"] == flat["frechet_distance"] and {"training_kid", "class_means_fid_high"} <= flat.keys()
    assert outputs.findings(result, after(1))[-1].startswith("FID and KID are not verified")


def test_targets_that_come_again_count_once(tmp_path):
    """A set of eight inputs and seven targets without pairs: no target is like an answer, and sets are compared."""
    pairs = toy.split(*EIGHT[:7], EIGHT[0])
    split = Examples(pairs.ids, pairs.task, pairs.__getitem__, {"input": 8, "target": 7})
    again = {"back": lambda photo, seed=0: photo * np.uint8(2)}  # noqa: ARG005
    result = compared(tmp_path, split, {"generated": brighter(0)}, toy.split(*EIGHT), **again)
    made, real = (
        Thumbnails().means(darker(label(*each)) + np.uint8(more) for each in shares)
        for more, shares in ((10, [*EIGHT[:7], EIGHT[0]]), (0, EIGHT[:7]))
    )
    expected = distances.scores(real, made)
    for name in ("frechet_distance", "precision", "coverage"):  # the others depend on the order of the targets
        assert result.scores.at["generated", name] == pytest.approx(expected[name], rel=1e-3)
    assert result.scores["feature_distance"].isna().all() and result.scores.at["training", "recall"] > 0


def test_photo_to_labels(tmp_path):
    """Generated label maps are read by colour; the segmenter that reads the photos stands beside as a reference."""
    ways = {name: lambda photo, **_: photo * np.uint8(2) for name in WAYS}
    split = toy.split(*TWO, task=PHOTO_TO_LABELS)
    result = evaluated(split, training(PHOTO_TO_LABELS), READER, ways, {}, SETTINGS, tmp_path)
    assert result.scores.index.tolist() == ["real", *WAYS, "input_itself", "mean_target"]
    assert "reference" in result.scores.at["real", "name"]
    assert result.scores.at["generated", "pixel_accuracy"] == 1
    assert result.scores.at["real", "pixel_accuracy"] == pytest.approx(44 / 64)
    assert {"lab", "class_means"} <= set(result.absent)
    assert "lab_l" not in result.flat() and "generated_class_iou" in result.flat()
    np.testing.assert_array_equal(load_rgb(tmp_path / "val-1-nearest.png"), training(PHOTO_TO_LABELS)[1]["target"])


def test_without_classes(tmp_path, monkeypatch):
    result = run(tmp_path / outputs.PICTURES, reader=None, task=NO_LABELS)
    assert result.scores.index.tolist() == ["real", *WAYS, "input_itself", "mean_target"]
    assert result.scores.loc["real"].dropna().index.tolist() == ["name", "colourfulness", "checkerboard", "diversity"]
    assert not [name for name in result.flat() if "accuracy" in name or "iou" in name]
    assert result.images["generated_pixel_accuracy"].isna().all()
    assert {"fcn_scores", "class_means"} <= set(result.absent)
    written = bytes_of(result, tmp_path, monkeypatch)
    assert written["reports/confusions/generated.csv"] == b"class\n"
    assert not [name for name in written if "segmentation" in name or "truth" in name]


def test_another_measure_is_a_row_and_its_function(another_measure, tmp_path, monkeypatch):
    """In the tables, the figures that MLflow gets, what the log shows, and what promotion reads of each image."""
    monkeypatch.setattr(
        likeness, another_measure.key, lambda real, generated: float((real > generated).mean()), raising=False
    )
    dark = {name: lambda input_, **_: np.zeros_like(input_) for name in WAYS}
    split = toy.split(*TWO)
    result = evaluated(split, training(split.task), READER, dark, {}, SETTINGS, tmp_path / outputs.PICTURES)
    bytes_of(result, tmp_path, monkeypatch)
    expected = [(16 + 8) / 32, (4 + 4) / 32]  # of the rows, all but the black ones
    assert result.images["gloom"].tolist() == expected
    scores = pd.read_csv(outputs.SCORES, index_col="subject")
    assert scores.at["generated", "gloom"] == pytest.approx(0.5)
    assert scores.at["generated", "gloom_seeds"] == 0
    figures = json.loads(outputs.METRICS.read_text(encoding="utf-8"))
    assert figures["gloom"] == 0.5
    assert "gloom" in outputs.shown(result).splitlines()[0].split()
    assert per_image(outputs.REPORTS, CLASSES).table()["gloom"].tolist() == expected
