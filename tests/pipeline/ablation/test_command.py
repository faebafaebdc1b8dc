"""What is asked of the command, and what it does with rows that fail; no DVC and no training here."""

import os
import subprocess
import sys
from types import SimpleNamespace

import pytest
from conftest import CHECKOUT, settings

from pix2pix.base.errors import ParamsError, UserError
from pix2pix.pipeline.ablation import __main__ as command
from pix2pix.pipeline.workspace import overridden


def test_values_come_by_their_path_or_name():
    words = ["data.image_size=128", "epochs=10", "data.url=file:///a=b", "segmenter.epochs=5"]
    assert command.settings(words) == {
        "data.image_size": 128, "train.epochs": 10, "data.url": "file:///a=b", "segmenter.epochs": 5,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["epochs=3", "--seed", "7"], "parameters come as NAME=VALUE; these do not: --seed 7"),
        (["lamda=3"], "lamda: unknown parameter; say the whole path"),
        (["loss=l1"], "model.loss: this is what the ablation varies; leave it out"),
        (["model.receptive_field=1", "lambda_l1=3"], "model.lambda_l1, model.receptive_field: this is what"),
    ],
)
def test_what_cannot_be_is_a_line(words, line):
    with pytest.raises(ParamsError, match=f"^{line}"):
        command.settings(words)


def test_own_pairs_are_those_of_the_checkout_and_no_other_models_are_scored():
    assert command.whereabouts(settings().model_dump()) == {"evaluate.beside": "models/beside"}
    own = overridden(settings().model_dump(), {"data.dataset": "custom"})
    assert command.whereabouts(own)["data.path"] == str(CHECKOUT / "data/own")


class Experiments:
    """A stand-in for `experiments`, in which some fail."""

    def __init__(self, *failing):
        self.failing, self.calls, self.kept = failing, [], []

    def clone(self, folder):
        assert folder == command.CLONE

    def run(self, _, name, params, changes):
        self.calls.append((name, params, changes))
        return name.removeprefix("ablation-") not in self.failing

    def keep(self, _, target):
        self.kept.append(target.name)


@pytest.fixture
def ablate(monkeypatch, tmp_path):
    """Ablate at 32x32 with some rows failing; gives what was run, and what was told."""

    def run(*failing):
        experiments, told = Experiments(*failing), []
        monkeypatch.setattr(command, "experiments", experiments)
        monkeypatch.setattr(command, "KEPT", tmp_path)
        monkeypatch.setattr(command, "read", lambda variant, _: SimpleNamespace(variant=variant))
        monkeypatch.setattr(command, "tell", lambda results, absent: told.append((list(results), absent)))
        try:
            command.ablate("seed: 42\n", settings().model_dump(), {"train.epochs": 3})
            return experiments, told, None
        except UserError as error:
            return experiments, told, str(error)

    return run


def test_every_possible_row_is_run_one_after_the_other_and_told(ablate):
    experiments, told, error = ablate()
    names = ["default", "l1", "cgan", "gan_l1", "encoder_decoder_l1", "encoder_decoder", "patch_1", "patch_16",
             "lambda_10", "lambda_1000"]  # fmt: skip
    assert [name for name, _, _ in experiments.calls] == [f"ablation-{name}" for name in names]
    assert {params for _, params, _ in experiments.calls} == {"seed: 42\n"}
    assert experiments.calls[1][2] == {
        "train.epochs": 3, "model.loss": "l1", "model.lambda_l1": 100, "model.generator": "unet",
        "model.receptive_field": 70,
    }  # fmt: skip
    ((rows, absent),) = told
    assert rows == names == experiments.kept and list(absent) == ["patch_286"] and error is None


def test_a_row_that_fails_does_not_keep_the_others_from_the_table(ablate):
    experiments, told, error = ablate("cgan", "lambda_1000")
    ((rows, absent),) = told
    assert len(experiments.calls) == 10 and len(rows) == 8 and not {"cgan", "lambda_1000"} & set(rows)
    assert absent["cgan"] == "cgan: its run failed"
    assert error == "cgan, lambda_1000: failed, see above; `make ablation` tries again what failed"


def test_without_the_default_row_there_is_nothing_to_compare_with(ablate):
    experiments, told, error = ablate("default")
    assert len(experiments.calls) == 1 and not told
    assert error.startswith("the default row failed")


def test_a_mistake_is_a_line_and_a_status_before_anything_is_made():
    environment = os.environ | {"PYTHONPATH": str(CHECKOUT / "src")}
    words = [sys.executable, "-X", "importtime", "-m", "pix2pix.pipeline.ablation", "train.epochs=many"]
    done = subprocess.run(words, cwd=CHECKOUT, env=environment, capture_output=True, text=True, check=False)
    imports = {row.split("|")[-1].strip() for row in done.stderr.splitlines() if row.startswith("import time:")}
    told = [row for row in done.stderr.splitlines() if not row.startswith("import time:")]
    assert (done.returncode, done.stdout, len(told)) == (2, "", 1)
    assert told[0].startswith("error: parameters: train.epochs = 'many': must be")
    assert "pix2pix.base.files" in imports and not imports & {"tensorflow", "keras", "mlflow"}
