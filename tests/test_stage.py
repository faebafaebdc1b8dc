import os
from pathlib import Path

import pytest

from pix2pix import params, stage
from pix2pix.errors import DataError, ParamsError, TrainingError
from pix2pix.files import CHECKOUT


@pytest.fixture(autouse=True)
def sound_parameters(monkeypatch, tmp_path):
    """Whatever params.yaml says now; and the folder a stage is started from is another."""
    monkeypatch.setattr(params, "load", lambda: params.Params(seed=7))
    monkeypatch.chdir(tmp_path)


def ending(main):
    with pytest.raises(SystemExit) as caught:
        stage.run(main)
    return caught.value.code


def raising(error):
    def main(_):
        raise error

    return main


def test_a_stage_runs_in_its_checkout_with_the_parameters():
    seen = []
    stage.run(lambda given: seen.append((given.seed, Path.cwd())))
    assert seen == [(7, CHECKOUT)]


@pytest.mark.parametrize(("kind", "status"), [(ParamsError, 2), (DataError, 1), (TrainingError, 1)])
def test_errors_of_the_user_are_lines_and_a_status(capsys, kind, status):
    assert ending(raising(kind("first\nsecond"))) == status
    assert capsys.readouterr().err == "error: first\nerror: second\n"


def test_errors_of_the_system_are_one_line():
    assert ending(raising(FileNotFoundError(2, "No such file or directory", "data/x"))) == (
        "error: data/x: No such file or directory"
    )
    assert ending(raising(OSError("disk on fire"))) == "error: disk on fire"


def test_an_interrupted_stage_says_how_to_go_on():
    assert "dvc repro" in ending(raising(KeyboardInterrupt()))


def test_our_own_mistakes_keep_their_traceback():
    with pytest.raises(ZeroDivisionError):
        stage.run(lambda _: 1 // 0)
    assert os.getcwd() == str(CHECKOUT)  # noqa: PTH109
