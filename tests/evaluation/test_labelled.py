"""The evaluation of a model that is asked for classes, in a workspace of its own; and all that is read from it."""

import json

import labelled_workspace
import numpy as np
import pandas as pd
import pytest
from labelled_workspace import CLASSES, PICTURES
from markup import Reader
from sklearn.metrics import accuracy_score, balanced_accuracy_score, confusion_matrix

from pix2pix.base.errors import DataError
from pix2pix.base.pictures import load_rgb
from pix2pix.data import records
from pix2pix.evaluation import pair_pictures, resemblance
from pix2pix.evaluation.class_reader import ClassReader
from pix2pix.evaluation.workspace import evaluate_workspace
from pix2pix.models.sampler import Sampler
from pix2pix.networks import folder
from pix2pix.pipeline import workspace
from pix2pix.reports import comparison, report

ASKED = PICTURES["test"]


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    root = tmp_path_factory.mktemp("labelled")
    return root, *labelled_workspace.make(root)


@pytest.fixture(scope="module")
def read(made):
    """What the classifier reads from the generated and from the real pictures, one by one."""
    root, *_ = made
    reader = ClassReader.of(folder.load(root / "models/segmenter")[0])
    sampler = Sampler.load(root / "models/generator")
    split = records.load(root / "data/records", "evaluation").by_id()
    generated = [sampler(0, number, class_id) for number, class_id in enumerate(own(split))]
    return own(split), [reader(each) for each in generated], [reader(each["target"]) for each in split]


def own(split) -> list[int]:
    return [int(each["class"]) for each in split]


def test_each_picture_is_asked_for_the_class_of_the_real_one_beside_it(made):
    root, *_ = made
    split = records.load(root / "data/records", "evaluation").by_id()
    assert sorted(own(split)) == sorted(ASKED)
    images = pd.read_csv(root / "reports/images.csv", index_col="id")
    assert images["class"].tolist() == [CLASSES[class_id] for class_id in own(split)]
    sampler = Sampler.load(root / "models/generator")
    for number, (id_, class_id) in enumerate(zip(split.ids, own(split), strict=True)):
        saved = pair_pictures.load(root / "reports/pictures", id_, "generated")
        assert np.array_equal(saved, sampler(0, number, class_id))
    whole = np.stack([each["target"] for each in split])
    generated = np.stack([sampler(0, number, class_id) for number, class_id in enumerate(own(split))])
    scores = pd.read_csv(root / "reports/scores.csv", index_col="subject")
    assert scores.loc["generated", "swd"] == pytest.approx(resemblance.swd(whole, generated), rel=1e-4)


def test_the_scores_say_how_often_the_asked_class_is_read(made, read):
    root, *_ = made
    asked, generated, real = read
    scores = pd.read_csv(root / "reports/scores.csv", index_col="subject")
    assert set(scores.index) == {"generated", "real", "noise", "mean", "held_out", "other_class", "constant"}
    flat = json.loads((root / "metrics/evaluate.json").read_text())
    for subject, answers, prefix in (("generated", generated, ""), ("held_out", real, "held_out_")):
        assert flat[f"{prefix}accuracy"] == pytest.approx(accuracy_score(asked, answers))
        assert flat[f"{prefix}balanced_accuracy"] == pytest.approx(balanced_accuracy_score(asked, answers))
        assert scores.loc[subject, "accuracy"] == pytest.approx(flat[f"{prefix}accuracy"], rel=1e-4)
        recall = [np.mean(np.equal(answers, asked)[np.equal(asked, class_id)]) for class_id in (0, 1)]
        assert flat[f"{prefix}accuracy_0_dark"] == pytest.approx(recall[0])
        assert flat[f"{prefix}accuracy_1_light"] == pytest.approx(recall[1])
    assert flat["other_class_accuracy"] == pytest.approx(1 - flat["held_out_accuracy"])
    assert scores.loc["constant", "balanced_accuracy"] == 0.5
    assert flat["accuracy_low"] <= flat["accuracy"] <= flat["accuracy_high"]
    assert pd.isna(scores.loc["real", "accuracy"]) and pd.isna(scores.loc["held_out", "swd"])
    assert scores["accuracy_seeds"].notna().sum() == 1


def test_the_tables_show_which_class_was_read(made, read):
    root, *_ = made
    asked, generated, real = read
    for name, answers in (("generated", generated), ("real", real)):
        table = pd.read_csv(root / f"reports/confusions/{name}.csv", index_col="class")
        assert list(table.index) == list(table.columns) == CLASSES
        assert np.array_equal(table.to_numpy(), confusion_matrix(asked, answers, labels=[0, 1]))
    images = pd.read_csv(root / "reports/images.csv", index_col="id")
    assert images["read"].tolist() == [CLASSES[class_id] for class_id in generated]
    assert images["real_read"].tolist() == [CLASSES[class_id] for class_id in real]


def test_the_classifier_has_scores_of_its_own(made, read):
    root, _, scores = made
    asked, _, real = read
    told = json.loads((root / "metrics/segmenter.json").read_text())
    assert told["accuracy"] == scores["accuracy"] == pytest.approx(accuracy_score(asked, real))
    assert (told["pictures"], told["classes"], told["selected_epoch"]) == (6, 2, 6)
    assert told["constant_balanced_accuracy"] == 0.5
    counts = confusion_matrix(asked, real, labels=[0, 1])
    assert told["confusion_1_light_as_0_dark"] == counts[1, 0]
    assert all(isinstance(value, int | float) for value in told.values())
    about = json.loads((root / "models/segmenter/about.json").read_text())
    assert about["classes"] == CLASSES and about["keys_without_effect"] == ["crop"]


def test_what_is_left_out_is_said_by_name(made):
    root, *_ = made
    absent = json.loads((root / "reports/absent.json").read_text())
    assert absent.keys() == {
        "fid", "kid", "l1", "psnr", "ssim", "lab", "checkerboard", "diversity", "fcn_scores", "distances",
    }  # fmt: skip
    assert absent["distances"].startswith("too few pictures (6)")
    assert "a classifier takes the segmenter's place" in absent["fcn_scores"]


def test_a_classifier_of_other_classes_is_refused(made, monkeypatch):
    root, *_ = made
    monkeypatch.chdir(root)
    path = root / "models/segmenter/about.json"
    kept = path.read_text()
    path.write_text(kept.replace("light", "bright"))
    with pytest.raises(DataError, match="models/segmenter: reads other classes than dark, light; run `dvc repro"):
        evaluate_workspace(labelled_workspace.asked(root))
    path.write_text(kept)


def test_the_page_says_which_class_was_asked_for_and_read(made, read):
    root, *_ = made
    text = report.page(labelled_workspace.asked(root), root)
    page = Reader(text)
    assert page.open == []
    for words in (
        "From left to right they were asked for: ",
        "Asked class read (0 to 1)",
        "evaluation pictures, their own class (ceiling)",
        "evaluation pictures, another class (floor)",
        "The class that was asked for, and the class that was read",
        "A classifier reads them, and no segmenter.",
        f"{CLASSES[read[0][0]]}, read as {CLASSES[read[1][0]]} · L1",
        "dark 6, light 6",
    ):
        assert words in page.words, words
    assert page.words.index("The same noise, another class") < page.words.index("From one noise to another")
    assert load_rgb(root / "reports/pictures" / pair_pictures.INTERPOLATIONS).shape == (4 * 36 + 4, 9 * 36 + 4, 3)


def test_the_scores_are_printed_after_a_run(made, capsys):
    root, *_ = made
    workspace.report(root, labelled_workspace.asked(root))
    told = capsys.readouterr().out
    assert "Asked class read (0 to 1) 0." in told and ", real pictures " in told


def test_runs_are_compared_by_their_classes_if_one_classifier_has_read_them(made):
    root, *_ = made
    content = labelled_workspace.asked(root).model_dump(mode="json")
    (root / "params.yaml").write_text(json.dumps(content))
    page = Reader(comparison.page({"one": root, "two": root}))
    assert "two − one" in page.words and "Asked class read, each class alike" in page.words
