"""The command. pipeline/test_workspace.py tries the copy and its parameters, test_pipeline.py the pipeline in it."""

import pytest
from conftest import CHECKOUT

from pix2pix import params
from pix2pix.base.files import write_json
from pix2pix.commands import run
from pix2pix.models import about
from pix2pix.pipeline import child, workspace
from pix2pix.tracking import results


@pytest.fixture
def done(monkeypatch):
    """The command lines by which a person would resume; DVC does not run, and there are no scores to print."""
    calls = []
    monkeypatch.delenv("MLFLOW_RUN_ID", raising=False)
    monkeypatch.setattr(workspace, "CODE", ("dvc.yaml",))
    monkeypatch.setattr(child, "status", lambda *_, again: calls.append(again) or 0)
    monkeypatch.setattr(workspace, "report", lambda *_: None)
    return calls


@pytest.mark.parametrize(
    ("words", "line"),
    [
        ("--model.lambda_l1 -1", "parameters: model.lambda_l1 = -1"),
        ("--epochs many", "parameters: train.epochs = 'many'"),
        ("--data.evaluation_split val", "parameters: data.selection_split = 'val'"),
        ("--crop 100", "parameters: segmenter.crop = 100"),
        ("--share-cache", "--share-cache: has to stand before the folder, copy"),
        ("--recipe cgan", "--recipe: has to stand before the folder, copy"),
        ("--recipe=cgan", "--recipe: has to stand before the folder, copy"),
    ],
)
def test_impossible_values_stop_it_before_anything_is_made(command, done, tmp_path, words, line):
    for options in ([], ["--defaults"]):
        status, out, err = command("run", *options, "copy", *words.split())
        assert (status, out) == (2, "") and err.startswith(f"error: {line}")
    assert not done and not (tmp_path / "copy").exists()


def test_a_parameter_in_the_place_of_the_folder_is_refused(command, done):
    for words in (["model.lambda_l1=5e-5"], ["model.lambda_l1=5e-5", "--epochs", "3"]):
        status, out, err = command("run", *words)
        line = "error: model.lambda_l1=5e-5: no folder; write a parameter as --model.lambda_l1 5e-5, after the folder\n"
        assert (status, out, err) == (2, "", line) and not done
    assert command("run", "runs/lambda=5", "--epochs", "3")[0] == 0 and done


@pytest.mark.parametrize(("options", "seed"), [([], 5), (["--defaults"], 42)])
def test_it_starts_from_the_file_or_from_the_defaults_and_runs_where_one_is(
    command, done, monkeypatch, tmp_path, options, seed
):
    checkout = tmp_path / "checkout"
    checkout.mkdir()
    text = (CHECKOUT / "params.yaml").read_text(encoding="utf-8")
    (checkout / "params.yaml").write_text(text.replace("\nseed: 42", "\nseed: 5"), encoding="utf-8")
    monkeypatch.setattr(run, "CHECKOUT", checkout)
    assert command("run", *options, "my copy", "--epochs", "1") == (0, "", "")
    written = params.load(tmp_path / "my copy/params.yaml")
    assert (written.seed, written.train.epochs) == (seed, 1)
    assert done == [" ".join(["pix2pix run", *options, "'my copy' --epochs 1"])]


@pytest.mark.usefixtures("done")
def test_inside_mlflow_run_its_run_gets_the_scores(command, monkeypatch, tmp_path):
    sent = []
    monkeypatch.setenv("MLFLOW_RUN_ID", "a" * 32)
    monkeypatch.setattr(results, "summarise", lambda *words: sent.append(words))
    scores = {"pairs": 3.0, "l1": 0.5}
    monkeypatch.setattr(workspace, "report", lambda *_: scores)
    made = about.of(params.Params(), "f" * 16, 1, "last").told()
    write_json(tmp_path / "copy/models/generator/about.json", made)
    (tmp_path / "copy/.pix2pix-workspace").touch()
    assert command("run", "copy", "--tracking.experiment", "mine")[0] == 0
    assert command("run", "copy", "--data.name", "walls")[0] == 0
    assert sent == [("a" * 32, scores, "f" * 16, experiment) for experiment in ("mine", "pix2pix-walls")]


def test_a_folder_with_something_else_is_refused(command, done, tmp_path):
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis/chapter.tex").touch()
    status, _, err = command("run", "thesis")
    assert status == 1 and err.startswith(f"error: {tmp_path / 'thesis'}: exists already, and is no copy")
    assert not done
