"""The command, without DVC and training; pipeline/ablation/test_killed_ablation.py does it all."""

from contextlib import contextmanager
from types import SimpleNamespace

import fresh_command
import pytest

from pix2pix.commands import ablation as ablation_command
from pix2pix.params import recipes
from pix2pix.pipeline import experiments
from pix2pix.pipeline.ablation import ablation
from pix2pix.pipeline.ablation.ablation import Trained
from pix2pix.tracking import runs

MEASURE = SimpleNamespace(key="ssim")


def result(name, ssim):
    """A variant's result, as far as the command looks at it."""
    about = SimpleNamespace(fingerprint=name * 4)
    return SimpleNamespace(
        measures=[MEASURE], own={"ssim": ssim}, run=SimpleNamespace(about=about), params=f"of {name}"
    )


@pytest.fixture
def told(monkeypatch, tmp_path):
    """What was written and sent, with variants that are trained as a test says in `told.trained`."""
    told = SimpleNamespace(trained=None, asked=None, written=[], sent={})

    def train(_, content, changes):
        told.asked = (content["train"]["epochs"], changes)
        return told.trained

    @contextmanager
    def ablation_run(params, fingerprints):
        told.sent.update(params=params, fingerprints=fingerprints, files=[])
        yield SimpleNamespace(scores=lambda scores, _: told.sent.update(scores=scores), files=told.sent["files"].append)

    monkeypatch.setattr(ablation, "FOLDER", tmp_path / ".ablation")
    monkeypatch.setattr(experiments, "check_commit", lambda: None)
    monkeypatch.setattr(ablation, "train", train)
    monkeypatch.setattr(ablation, "write", lambda *words: told.written.append(words) or "| a table |")
    monkeypatch.setattr(runs, "ablation_run", ablation_run)
    return told


def test_the_table_is_printed_and_sent_to_mlflow(command, told):
    results = {"default": result("d", 0.5), "l1": result("l", 0.25)}
    told.trained = Trained(results, {"patch_286": "patch_286: too large"}, {})
    status, out, err = command("ablation", "epochs=3")
    assert (status, err) == (0, "") and "| a table |" in out and f"Made     {ablation.CSV}" in out
    assert told.asked == (3, {"train.epochs": 3, "evaluate.beside": "models/beside"})
    assert told.written == [(results, {"patch_286": "patch_286: too large"})]
    assert told.sent == {
        "params": "of d", "fingerprints": ["dddd", "llll"], "scores": {"ssim/default": 0.5, "ssim/l1": 0.25},
        "files": list(ablation.FILES),
    }  # fmt: skip


def test_variants_that_failed_are_named_after_the_table_of_the_others(command, told):
    results = {"default": result("d", 0.5), "l1": result("l", 0.25)}
    told.trained = Trained(results, {}, {"cgan": "cgan: its run failed"})
    status, out, err = command("ablation")
    assert (status, err) == (1, "error: cgan: failed, see above; `pix2pix ablation` tries again what failed\n")
    assert "| a table |" in out and told.written == [(results, {"cgan": "cgan: its run failed"})]


def test_a_single_variant_makes_no_table(command, told):
    told.trained = Trained({"default": result("d", 0.5)}, {}, {"l1": "l1: its run failed"})
    assert command("ablation")[0] == 1
    assert not told.written and not told.sent


def test_a_mistake_is_a_line_and_a_status_before_anything_is_made():
    status, out, told, imports = fresh_command.run("ablation", "train.epochs=many")
    assert (status, out, len(told)) == (2, "", 1)
    assert told[0].startswith("error: parameters: train.epochs = 'many': must be")
    assert "pix2pix.base.files" in imports and not imports & {"tensorflow", "keras", "mlflow"}


@pytest.mark.parametrize("recipe", ["cyclegan", "dcgan"])
def test_another_system_is_refused_at_once(command, monkeypatch, tmp_path, recipe):
    (tmp_path / "params.yaml").write_text(recipes.text(recipe), encoding="utf-8")
    monkeypatch.setattr(ablation_command, "CHECKOUT", tmp_path)
    monkeypatch.setattr(experiments, "check_commit", lambda: pytest.fail("work has begun"))
    status, out, err = command("ablation")
    assert (status, out) == (2, "") and err.count("\n") == 1
    assert err.startswith(
        f"error: model.system = '{recipe}': an ablation trains the variants of the pix2pix paper, and"
    )
    assert "this system lacks " in err and "model.lambda_l1, model.loss" in err and "set model.system: pix2pix" in err
