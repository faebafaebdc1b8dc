"""The command; which folders go, pipeline/test_clean.py tries."""

import pytest


@pytest.fixture
def runs(tmp_path, monkeypatch):
    """Two runs with a checkpoint each."""
    monkeypatch.setenv("PIX2PIX_HOME", str(tmp_path))
    folder = tmp_path / "checkpoints"
    for name in ("aaaa", "bbbb"):
        (folder / name).mkdir(parents=True)
        (folder / name / "state").write_bytes(bytes(20_000_000))
    return folder


def test_one_run_is_removed_with_a_line(command, runs):
    assert command("clean", "aaaa") == (0, f"removed {runs / 'aaaa'}, 0.02 GB\n", "")
    assert [path.name for path in runs.iterdir()] == ["bbbb"]


def test_all_are_removed_when_that_is_said(command, runs):
    status, out, err = command("clean", "--all")
    assert (status, out.count("removed "), err) == (0, 2, "")
    assert not list(runs.iterdir())


def test_nothing_is_removed_when_nothing_is_named(command, runs):
    status, out, err = command("clean")
    assert (status, out) == (2, "") and err.count("\n") == 1
    assert len(list(runs.iterdir())) == 2


def test_an_unknown_run_is_a_line(command, runs):
    assert command("clean", "cccc") == (1, "", f"error: cccc: no such run in {runs}; there: aaaa, bbbb\n")
