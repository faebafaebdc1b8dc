import os

import pytest

from pix2pix.commands import prepare
from pix2pix.commands.main import main


@pytest.mark.parametrize("words", [["--beam"], ["out"], []])
def test_it_needs_the_way_and_the_place(command, words: list[str]) -> None:
    status, out, err = command("prepare", *words)
    assert (status, out, err.count("\n")) == (2, "", 1)


def test_where_beam_is_absent_it_says_how_to_get_it(command, monkeypatch, tmp_path) -> None:
    monkeypatch.setattr(prepare, "ENVIRONMENT", tmp_path / "absent")
    status, out, err = command("prepare", "--beam", "out", "--runner", "FlinkRunner")
    assert (status, out, err.count("\n")) == (1, "", 1)
    assert err.startswith("error: ") and "`make beam` makes it" in err


def test_an_environment_without_beam_is_a_line_and_no_endless_start(command, monkeypatch, tmp_path) -> None:
    python = tmp_path / "beam/bin/python"
    python.parent.mkdir(parents=True)
    python.touch()
    monkeypatch.setattr(prepare, "ENVIRONMENT", tmp_path / "beam")
    monkeypatch.setattr(prepare, "find_spec", lambda _: None)
    started = []

    def become(program, words, environment):
        """Start the program, which is the same one."""
        started.append((program, words[0]))
        assert len(started) < 3
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        main(["prepare", "--beam", "out"])

    monkeypatch.setattr(os, "execve", become)
    status, out, err = command("prepare", "--beam", "out")
    assert started == [(python, str(python))]
    assert (status, out) == (1, "")
    assert err == f"error: {tmp_path}/beam: has no Apache Beam; remove it, and `make beam` makes it anew\n"
