"""Which code runs: that of the checkout around the current folder, else the installed one."""

import os
import shutil
import subprocess
import sys

import pytest
from conftest import CHECKOUT

from pix2pix.commands import checkout

MAIN = "import os, sys\nprint(os.path.dirname(__file__), sys.argv[1:])\n"
# As the installed command starts, and as a module.
STARTS = [["-c", "from pix2pix.__main__ import main; main()"], ["-m", "pix2pix"]]


def make(root):
    """A checkout whose program prints where it lies and its arguments."""
    (root / "src/pix2pix").mkdir(parents=True)
    (root / "src/pix2pix/__main__.py").write_text(MAIN)
    (root / "src/pix2pix/__init__.py").touch()
    (root / "dvc.yaml").touch()
    return root


def run(folder, *words):
    """Python in a folder, with this checkout's code installed; a path of one's own has to survive."""
    environment = os.environ | {"PYTHONPATH": f"{CHECKOUT / 'src'}{os.pathsep}/nowhere"}
    done = subprocess.run([sys.executable, *words], cwd=folder, env=environment, capture_output=True, text=True)
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize("start", STARTS, ids=["installed", "module"])
def test_in_another_checkout_its_code_runs_with_the_same_words(tmp_path, start):
    other = make(tmp_path / "other")
    (other / "deep/er").mkdir(parents=True)
    for folder in (other, other / "deep/er"):
        assert run(folder, *start, "info", "a b") == (0, f"{other / 'src/pix2pix'} ['info', 'a b']\n")


@pytest.mark.parametrize("start", STARTS, ids=["installed", "module"])
def test_outside_of_all_checkouts_and_in_its_own_the_installed_code_runs(tmp_path, start):
    for folder in (tmp_path, CHECKOUT, CHECKOUT / "tests"):
        status, said = run(folder, *start, "clean", "--help")
        assert status == 0 and said.startswith("usage: pix2pix clean")


def test_the_model_is_that_of_the_checkout_one_is_in(tmp_path):
    other = make(tmp_path / "other")
    shutil.copytree(CHECKOUT / "src", other / "src", dirs_exist_ok=True)
    status, said = run(other / "src", "-m", "pix2pix", "info")
    assert status == 1 and said.startswith(f"error: {other}/models/generator: there is no model yet")


def test_the_innermost_checkout_counts_and_a_folder_with_another_pipeline_is_none(tmp_path):
    outer = make(tmp_path / "outer")
    inner = make(outer / ".demo")
    assert checkout.surrounding(outer / "src") == outer / "src"
    assert checkout.surrounding(inner / "src/pix2pix") == inner / "src"
    (inner / "dvc.yaml").unlink()
    assert checkout.surrounding(inner) == outer / "src"
    (tmp_path / "dvc.yaml").touch()
    assert checkout.surrounding(tmp_path) is None


def test_code_that_python_does_not_prefer_though_it_was_told_to_is_not_tried_for_ever(tmp_path, monkeypatch):
    other = make(tmp_path / "other")
    started = []
    monkeypatch.setattr(os, "execve", lambda *words: started.append(words[2]["PYTHONPATH"]))
    monkeypatch.setenv("PYTHONPATH", "/nowhere")
    monkeypatch.chdir(other)
    checkout.enter()
    assert started == [f"{other / 'src'}{os.pathsep}/nowhere"]
    monkeypatch.setenv("PYTHONPATH", started.pop())
    checkout.enter()
    assert not started
