"""The evaluation of a model from noise, in a workspace of its own; and all that is read from what it wrote."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import sampled_workspace
from markup import Reader

from pix2pix.base.errors import DataError
from pix2pix.base.pictures import load_rgb
from pix2pix.base.shown import shown
from pix2pix.data import records
from pix2pix.evaluation import distances, measures, outputs, pair_pictures, resemblance, workspace
from pix2pix.evaluation.features import FeatureNetwork
from pix2pix.models.sampler import Sampler
from pix2pix.reports import comparison, report
from pix2pix.reports.run import read_run
from pix2pix.study.stimuli import Stimuli

SHA256 = 64 * "0"


class Coarse:
    """A stand-in for the Inception network: every eighth pixel."""

    def __init__(self, path, sha256):
        assert path.name == "inception.pth" and sha256 == SHA256

    def means(self, pictures):
        return np.stack([shown(picture)[::8, ::8].ravel() / np.float32(255) for picture in pictures])


def make(root, seed=0):
    """A workspace whose evaluation has weights for FID."""
    root.mkdir(exist_ok=True)
    (root / "inception.pth").touch()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(workspace, "Inception", Coarse)
        weights = {"inception_weights": str(root / "inception.pth"), "inception_sha256": SHA256}
        return sampled_workspace.make(root, seed, **weights)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    root = tmp_path_factory.mktemp("sampled")
    return root, make(root)


def real(root: Path, role: str) -> np.ndarray:
    return np.stack([example["target"] for example in records.load(root / "data/records", role).by_id()])


def test_the_scores_are_those_of_as_many_pictures_as_there_are_real_ones(made):
    root, evaluated = made
    sampler = Sampler.load(root / "models/generator")
    generated = np.stack([sampler(0, number) for number in range(8)])
    held_out, training = real(root, "evaluation"), real(root, "train")
    scores = pd.read_csv(root / "reports/scores.csv", index_col="subject")
    assert list(scores.index) == ["generated", "real", "noise", "mean"]
    assert scores.loc["generated", "swd"] == pytest.approx(resemblance.swd(held_out, generated), rel=1e-4)
    assert scores.loc["generated", "spread"] == pytest.approx(resemblance.spread(held_out, generated), rel=1e-4)
    some = training[np.arange(8) * 10 // 8]
    assert scores.loc["real", "swd"] == pytest.approx(resemblance.swd(held_out, some), rel=1e-4)
    assert scores.loc["mean", "spread"] == 0
    assert scores.loc["real", "swd"] < scores.loc["noise", "swd"]
    for key in ("swd", "spread"):
        low, value, high = (scores.loc["generated", f"{key}{bound}"] for bound in ("_low", "", "_high"))
        assert low < value < high
    assert scores["swd_seeds"].notna().tolist() == [True, False, False, False]
    flat = json.loads((root / "metrics/evaluate.json").read_text())
    assert flat["pairs"] == 8
    assert flat["swd"] == pytest.approx(scores.loc["generated", "swd"], rel=1e-4)
    assert flat["real_swd"] == pytest.approx(scores.loc["real", "swd"], rel=1e-4)
    assert outputs.shown(evaluated.result).splitlines()[0].split() == ["swd", "spread"]


def test_the_features_of_the_sets_are_compared(made):
    root, evaluated = made
    sampler, network = Sampler.load(root / "models/generator"), FeatureNetwork()
    sets = {"generated": [sampler(0, number) for number in range(8)]}
    sets["real"] = real(root, "train")[np.arange(8) * 10 // 8]
    features = network.means(real(root, "evaluation"))
    scores = pd.read_csv(root / "reports/scores.csv", index_col="subject")
    flat = json.loads((root / "metrics/evaluate.json").read_text())
    for subject, pictures in sets.items():
        expected = distances.scores(features, network.means(pictures))
        assert set(expected) == {f"{row.key}{bound}" for row in measures.FEATURES for bound in ("", "_low", "_high")}
        for name, value in expected.items():
            assert scores.loc[subject, name] == pytest.approx(value, rel=1e-4)
            assert flat[f"{'' if subject == 'generated' else 'real_'}{name}"] == pytest.approx(value, rel=1e-4)
    assert scores["frechet_distance"].notna().all() and scores["frechet_distance"].idxmin() == "real"
    assert scores["kernel_distance_seeds"].notna().tolist() == [True, False, False, False]
    small, unverified = outputs.findings(evaluated.result, evaluated.about)[-2:]
    assert small.startswith("8 pictures are fewer than the 1280") and unverified.startswith("FID and KID are not verif")


def test_fid_and_kid_are_distances_by_the_inception_network(made):
    root, _ = made
    sampler, network = Sampler.load(root / "models/generator"), Coarse(root / "inception.pth", SHA256)
    sets = network.means(real(root, "evaluation")), network.means(sampler(0, number) for number in range(8))
    expected = distances.scores(*sets, distances.INCEPTION)
    assert set(expected) == {f"{key}{bound}" for key in ("fid", "kid") for bound in ("", "_low", "_high")}
    scores = pd.read_csv(root / "reports/scores.csv", index_col="subject")
    flat = json.loads((root / "metrics/evaluate.json").read_text())
    for name, value in expected.items():
        assert scores.loc["generated", name] == pytest.approx(value, rel=1e-4) == pytest.approx(flat[name], rel=1e-4)
    assert flat["real_fid"] == pytest.approx(scores.loc["real", "fid"], rel=1e-4)
    assert scores["kid"].notna().all() and scores["fid_seeds"].notna().tolist() == [True, False, False, False]


def test_each_picture_stands_beside_a_real_one_and_its_nearest_training_picture(made):
    root, _ = made
    sampler = Sampler.load(root / "models/generator")
    images = pd.read_csv(root / "reports/images.csv", index_col="id")
    assert list(images.index) == [f"test/{number + 1}" for number in range(8)]
    training = records.load(root / "data/records", "train").by_id()
    for number, (id_, row) in enumerate(images.iterrows()):
        folder = root / "reports/pictures"
        assert np.array_equal(pair_pictures.load(folder, id_, "generated"), shown(sampler(0, number)))
        made_here = sampler(0, number).astype(int)
        distances = [np.abs(made_here - each["target"]).mean() / 255 for each in training]
        assert row["nearest"] == training.ids[int(np.argmin(distances))]
        assert row["nearest_l1"] == pytest.approx(min(distances), rel=1e-4)
    assert not list((root / "reports/pictures").glob("*-error.png"))
    assert load_rgb(root / "reports/pictures" / pair_pictures.INTERPOLATIONS).shape == (4 * 36 + 4, 9 * 36 + 4, 3)


def test_what_is_left_out_is_said_by_name(made):
    root, _ = made
    absent = json.loads((root / "reports/absent.json").read_text())
    assert absent.keys() == {"l1", "psnr", "ssim", "lab", "checkerboard", "diversity", "fcn_scores"}
    assert "has no target" in absent["ssim"]


def test_the_page_says_what_was_made_and_judged(made):
    root, _ = made
    text = report.page(sampled_workspace.asked(), root)
    page = Reader(text)
    assert page.open == []
    assert text == report.page(sampled_workspace.asked(), root)
    for words in (
        "Pictures from noise",
        "from 5 random numbers",
        "These are all 8 generated pictures.",
        "training pictures (ceiling)",
        "Distances between sets of pictures",
        "Fréchet distance, EfficientNet-Lite0",
        "FID (not verified)",
        "KID (× 1000, not verified)",
        "8 pictures are fewer than the 1280 features",
        "no published value was reproduced",
        "From one noise to another",
        "Pictures from the same noise as training went on.",
        "a picture from noise has no target",
        "(data.task: pictures)",
    ):
        assert words in page.words, words
    assert "pair" not in page.words[: page.words.index("What was asked")]
    alternatives = [has["alt"] or "" for has in page.all("img")]
    assert sum(words.startswith("interpolation") for words in alternatives) == 4 * 9
    assert sum(words.startswith("generated after epoch 2") for words in alternatives) == 3


def test_runs_are_compared_by_their_sets(made, tmp_path):
    root, _ = made
    make(tmp_path / "other", seed=1)
    for folder in (root, tmp_path / "other"):
        content = sampled_workspace.asked().model_dump(mode="json")
        (folder / "params.yaml").write_text(json.dumps(content))
    page = Reader(comparison.page({"one": root, "two": tmp_path / "other"}))
    assert page.words.count("Kernel distance, EfficientNet-Lite0") == 2, "scores and differences"
    assert page.words.count("FID (not verified)") >= 2, "the same, and what cannot be ranked"
    assert "two − one" in page.words and "Sliced Wasserstein distance" in page.words
    assert "Likeness to the real picture" not in page.words
    assert [has["alt"] for has in page.all("img")][:2] == ["one, picture sample 5", "two, picture sample 5"]


def test_people_judge_real_against_generated_pictures(made):
    root, _ = made
    stimuli = Stimuli(root)
    assert len(stimuli.ids) == 8 and stimuli.size == (32, 32)


def test_a_damaged_interpolation_is_named(made):
    root, _ = made
    path = root / "reports/pictures" / pair_pictures.INTERPOLATIONS
    kept = path.read_bytes()
    path.write_bytes(kept[:99])
    with pytest.raises(DataError, match=r"interpolation\.png: cannot be read"):
        report.page(sampled_workspace.asked(), root)
    path.write_bytes(kept)
    assert read_run(root).sampled
