import subprocess
import sys
from typing import get_args

import pytest
from conftest import CHECKOUT

from pix2pix.commands.arguments import parser
from pix2pix.models.export import Format
from pix2pix.models.fitting import Fit

QUICK = """
import atexit, sys
atexit.register(lambda: print([name for name in ("tensorflow", "keras", "mlflow", "numpy") if name in sys.modules]))
from pix2pix.commands.main import main
main(sys.argv[1:])
"""


def python(*words, **options):
    source = {"PYTHONPATH": str(CHECKOUT / "src")}
    return subprocess.run([sys.executable, *words], env=source, capture_output=True, text=True, check=False, **options)


@pytest.mark.parametrize(
    ("words", "status"),
    [
        (["--help"], 0), (["predict", "--help"], 0), (["info", "--help"], 0), (["study", "--help"], 0),
        (["app", "--help"], 0), (["promote", "--help"], 0), (["promote", "--metric", "beauty"], 2),
        ([], 2), (["paint"], 2),
        (["predict"], 2), (["predict", "a.png"], 2), (["predict", "-o", "out"], 2),
        (["predict", "a.png", "-o", "out", "--fit", "stretch"], 2),
        (["export", "--help"], 0), (["export"], 2), (["export", "-o", "out", "--format", "pickle"], 2),
        (["predict", "a.png", "-o", "out", "--seed", "x"], 2), (["study", "--port", "x"], 2), (["study", "now"], 2),
        (["app", "--port", "http"], 2), (["app", "--port", "0"], 2), (["app", "--port", "65536"], 2),
    ],
)  # fmt: skip
def test_help_and_mistakes_are_told_without_waiting_for_numpy_or_tensorflow(words, status):
    done = python("-c", QUICK, *words)
    assert done.returncode == status
    assert done.stdout.splitlines()[-1] == "[]"
    assert status == 0 or (done.stderr.startswith("error: ") and done.stderr.count("\n") == 1), done.stderr


def test_an_input_that_is_not_there_is_told_without_waiting_for_tensorflow(tmp_path):
    done = python("-c", QUICK, "predict", "absent.png", "-o", "out", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (2, "error: absent.png: no such file or folder\n")
    assert done.stdout.splitlines()[-1] == "['numpy']"


@pytest.mark.parametrize("command", ["predict", "export", "promote", "info", "study", "app"])
def test_help_shows_examples_that_can_be_said(command, capsys):
    with pytest.raises(SystemExit):
        parser().parse_args([command, "--help"])
    lines = [line.strip() for line in capsys.readouterr().out.splitlines()]
    examples = [line.removeprefix("python -m pix2pix ") for line in lines if line.startswith("python -m pix2pix ")]
    assert len(examples) >= 2
    for example in examples:
        assert parser().parse_args(example.replace("'", "").split()).command == command


@pytest.mark.parametrize("format_", get_args(Format))
def test_every_format_can_be_said(format_):
    assert parser().parse_args(["export", "-o", "out", "--format", format_]).format == format_


@pytest.mark.parametrize("fit", get_args(Fit))
def test_every_fit_can_be_said(fit):
    words = ["predict", "a.png", "-o", "out"]
    assert parser().parse_args([*words, "--fit", fit]).fit == fit
    assert parser().parse_args(words).fit == "exact"
