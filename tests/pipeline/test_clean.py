import os
import subprocess
import sys

import pytest
from conftest import CHECKOUT

from pix2pix.base.errors import UserError
from pix2pix.pipeline import clean
from pix2pix.training import run_folder


@pytest.fixture
def runs(tmp_path, monkeypatch):
    """Two runs with a checkpoint each, and a file beside them."""
    monkeypatch.setenv("PIX2PIX_HOME", str(tmp_path))
    folder = tmp_path / "checkpoints"
    for name in ("aaaa", "bbbb"):
        (folder / name / "step-00000001").mkdir(parents=True)
        (folder / name / "step-00000001" / "state").write_bytes(bytes(20_000_000))
    (folder / "note.txt").touch()
    (tmp_path / "logs" / "aaaa").mkdir(parents=True)
    return folder


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_one_run(runs, capsys):
    clean.clean(["aaaa"])
    assert names(runs) == ["bbbb", "note.txt"]
    assert (runs / "bbbb" / "step-00000001" / "state").exists()
    assert capsys.readouterr().out == f"removed {runs / 'aaaa'}, 0.02 GB\n"


@pytest.mark.parametrize("named", [[], ["bbbb", "aaaa"]])
def test_all_runs(runs, capsys, named):
    clean.clean(named)
    assert names(runs) == ["note.txt"]
    assert names(runs.parent) == ["checkpoints", "logs"]
    assert capsys.readouterr().out.count("removed ") == 2


def test_without_any_there_is_nothing_to_do(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("PIX2PIX_HOME", str(tmp_path))
    clean.clean([])
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("name", ["cccc", "..", ".", "", "/etc", "aaaa/step-00000001", "../logs", "*", "note.txt"])
def test_what_is_no_run_is_refused_and_nothing_is_removed(runs, name):
    with pytest.raises(UserError) as caught:
        clean.clean(["aaaa", name])
    assert str(caught.value) == f"{name}: no such run in {runs}; there: aaaa, bbbb"
    assert names(runs) == ["aaaa", "bbbb", "note.txt"]


def test_a_run_that_is_being_trained_is_refused_by_name(runs, capsys):
    with run_folder.alone(runs / "aaaa"):
        with pytest.raises(UserError) as caught:
            clean.clean([])
        assert str(caught.value).startswith(f"{runs / 'aaaa'}: process {os.getpid()} on ")
        assert str(caught.value).endswith(" is training this run; stop it first")
        assert "step-00000001" in names(runs / "aaaa") and "bbbb" in names(runs)
    clean.clean([])
    assert names(runs) == ["note.txt"]
    assert f"removed {runs / 'aaaa'}" in capsys.readouterr().out


def test_as_make_calls_it(runs):
    """One line and a status, and no seconds for TensorFlow."""

    def run(*words):
        command = [sys.executable, "-X", "importtime", "-m", "pix2pix.pipeline.clean", *words]
        environment = os.environ | {"PYTHONPATH": str(CHECKOUT / "src")}
        result = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        imports = {row.split("|")[-1].strip() for row in result.stderr.splitlines() if row.startswith("import time:")}
        told = [row for row in result.stderr.splitlines() if not row.startswith("import time:")]
        assert "pix2pix.base.files" in imports and not imports & {"tensorflow", "keras", "mlflow"}
        return result.returncode, result.stdout, told

    assert run("cccc") == (1, "", [f"error: cccc: no such run in {runs}; there: aaaa, bbbb"])
    assert run("aaaa") == (0, f"removed {runs / 'aaaa'}, 0.02 GB\n", [])
    assert names(runs) == ["bbbb", "note.txt"]
