"""The settings of an ablation, and the variants that fail; no DVC and no training here."""

from types import SimpleNamespace

import pytest
from conftest import settings

from pix2pix.base.errors import ParamsError, UserError
from pix2pix.pipeline.ablation import ablation


def test_values_come_by_their_path_or_name():
    words = ["data.image_size=128", "epochs=10", "data.url=file:///a=b", "segmenter.epochs=5"]
    assert ablation.settings(words, settings().model_dump()) == {
        "data.image_size": 128, "train.epochs": 10, "data.url": "file:///a=b", "segmenter.epochs": 5,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["epochs=3", "--seed", "7"], "a parameter is given as NAME=VALUE; this is not: --seed 7"),
        (["lamda=3"], "lamda: unknown parameter; did you mean model.lambda_l1"),
        (["loss=l1"], "model.loss: the ablation itself varies it; leave it out"),
        (["model.receptive_field=1", "lambda_l1=3"], "model.lambda_l1, model.receptive_field: the ablation itself"),
    ],
)
def test_what_cannot_be_is_a_line(words, line):
    with pytest.raises(ParamsError, match=f"^{line}"):
        ablation.settings(words, settings().model_dump())


class Experiments:
    """A stand-in for `experiments`, in which some fail."""

    def __init__(self, *failing):
        self.failing, self.calls, self.kept = failing, [], []

    def clone(self, folder):
        assert folder == ablation.CLONE

    def run(self, _, name, params, changes, again):
        assert again == "pix2pix ablation"
        self.calls.append((name, params, changes))
        return name.removeprefix("ablation-") not in self.failing

    def keep(self, _, target):
        self.kept.append(target.name)


@pytest.fixture
def train(monkeypatch, tmp_path):
    """Train at 32x32 with some variants failing; gives the experiments, and what became of the variants."""

    def run(*failing):
        stand_in = Experiments(*failing)
        monkeypatch.setattr(ablation, "experiments", stand_in)
        monkeypatch.setattr(ablation, "KEPT", tmp_path)
        monkeypatch.setattr(ablation, "read", lambda variant, _: SimpleNamespace(variant=variant))
        return stand_in, ablation.train("seed: 42\n", settings().model_dump(), {"train.epochs": 3})

    return run


def test_every_possible_variant_is_trained_one_after_the_other(train):
    experiments, trained = train()
    names = ["default", "l1", "cgan", "gan_l1", "encoder_decoder_l1", "encoder_decoder", "patch_1", "patch_16",
             "lambda_10", "lambda_1000"]  # fmt: skip
    assert [name for name, _, _ in experiments.calls] == [f"ablation-{name}" for name in names]
    assert {params for _, params, _ in experiments.calls} == {"seed: 42\n"}
    assert experiments.calls[1][2] == {
        "train.epochs": 3, "model.loss": "l1", "model.lambda_l1": 100, "model.generator": "unet",
        "model.receptive_field": 70,
    }  # fmt: skip
    assert list(trained.results) == names == experiments.kept
    assert list(trained.absent) == ["patch_286"] and not trained.failed


def test_a_variant_that_fails_does_not_keep_the_others_from_being_trained(train):
    experiments, trained = train("cgan", "lambda_1000")
    assert len(experiments.calls) == 10 and len(trained.results) == 8
    assert trained.failed == {"cgan": "cgan: its run failed", "lambda_1000": "lambda_1000: its run failed"}


def test_without_the_default_one_there_is_nothing_to_compare_with(train):
    with pytest.raises(UserError, match=r"^the default variant failed"):
        train("default")
