import json
import shlex
import subprocess
import sys
import tomllib
from importlib.metadata import EntryPoint
from importlib.util import find_spec
from typing import get_args

import pytest
from conftest import CHECKOUT

from pix2pix import __main__ as program
from pix2pix.commands import help
from pix2pix.commands.arguments import COMMANDS, parser
from pix2pix.models.export import Format
from pix2pix.models.fitting import Fit

# Runs command lines, a JSON list each; prints which of the slow packages were imported on the way.
QUICK = """
import json, sys
from pix2pix.commands.main import main
for words in map(json.loads, sys.argv[1:]):
    try:
        main(words)
    except SystemExit:
        pass
slow = ("tensorflow", "keras", "mlflow", "pydantic", "numpy", "pandas")
print([name for name in slow if name in sys.modules])
"""
MISTAKES = [
    [], ["paint"], ["predict"], ["predict", "a.png"], ["predict", "-o", "out"],
    ["predict", "a.png", "-o", "out", "--fit", "stretch"], ["predict", "a.png", "-o", "out", "--seed", "x"],
    ["predict", "a.png", "-o", "out", "--mod", "x"], ["export"], ["export", "-o", "out", "--format", "pickle"],
    ["promote", "--metric", "beauty"], ["study", "--port", "x"], ["study", "now"],
    ["app", "--port", "http"], ["app", "--port", "0"], ["app", "--port", "65536"],
    ["run"], ["run", "--defaults"], ["compare"], ["clean"], ["clean", "--all", "abc"], ["clean", "--al"],
    ["recipe", "paper", "tutorial"], ["migrate", "a", "b"], ["ablation", "--epochs", "3"],
    ["look", "own", "--fort", "a=1"],
]  # fmt: skip


def python(*words, **options):
    source = {"PYTHONPATH": str(CHECKOUT / "src")}
    return subprocess.run([sys.executable, *words], env=source, capture_output=True, text=True, check=False, **options)


def test_the_installed_command_is_the_module():
    scripts = tomllib.loads((CHECKOUT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["scripts"]
    assert EntryPoint("pix2pix", scripts["pix2pix"], "console_scripts").load() is program.main


@pytest.mark.parametrize(
    ("words", "name", "expected"),
    [
        (["look", "own", "--force", "task=colourise", "fit=pad"], "changes", ["task=colourise", "fit=pad"]),
        (["look", "own", "a=1", "-o", "x.png", "b=2"], "changes", ["a=1", "b=2"]),
        (["predict", "a.png", "-o", "out", "b.png"], "inputs", ["a.png", "b.png"]),
        (["search", "x=1..2", "--trials", "3", "y=3"], "values", ["x=1..2", "y=3"]),
    ],
)
def test_a_list_of_words_goes_on_after_an_option(words, name, expected):
    assert getattr(parser().parse_args(words), name) == expected


@pytest.mark.parametrize("words", MISTAKES, ids=shlex.join)
def test_a_mistake_is_one_line_that_says_where_help_is(words, capsys):
    with pytest.raises(SystemExit) as caught:
        parser().parse_args(words)
    assert caught.value.code == 2
    out, err = capsys.readouterr()
    assert out == "" and err.startswith("error: ") and err.count("\n") == 1
    name = words[0] if words and words[0] in COMMANDS else ""
    assert f"`{f'pix2pix {name}'.strip()} --help`" in err


def test_help_and_mistakes_are_told_without_waiting_for_slow_packages():
    asked = [["--help"], *([name, "--help"] for name in COMMANDS), *MISTAKES]
    done = python("-c", QUICK, *map(json.dumps, asked))
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "[]")
    assert done.stdout.count("usage: ") == 1 + len(COMMANDS)
    assert done.stderr.count("error: ") == len(MISTAKES)


def test_an_input_that_is_not_there_is_told_without_waiting_for_tensorflow(tmp_path):
    done = python("-c", QUICK, json.dumps(["predict", "absent.png", "-o", "out"]), cwd=tmp_path)
    assert done.stderr == "error: absent.png: no such file or folder\n"
    assert "numpy" in done.stdout and "tensorflow" not in done.stdout


def test_the_whole_helps_list_has_every_command_once_in_its_group(capsys):
    with pytest.raises(SystemExit):
        parser().parse_args(["--help"])
    listed = [line.split()[0] for line in capsys.readouterr().out.split("options:")[0].splitlines() if line[:2] == "  "]
    assert sorted(listed) == sorted(COMMANDS) and list(help.PURPOSES) == listed


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_a_file_and_help_with_examples_that_can_be_said(command, capsys):
    assert find_spec(f"pix2pix.commands.{command}")
    with pytest.raises(SystemExit):
        parser().parse_args([command, "--help"])
    lines = [line.strip() for line in capsys.readouterr().out.replace("\\\n", "").splitlines()]
    examples = [shlex.split(line) for line in lines if line.startswith("pix2pix ")]
    assert len(examples) >= (1 if command == "sync" else 2)  # which takes no arguments
    for example in examples:
        assert parser().parse_args(example[1:]).command == command


def test_what_follows_the_folder_of_a_run_are_parameters():
    options = parser().parse_args(["run", "--defaults", "copy", "--train.lambda_l1", "-1", "--defaults", "2"])
    assert (options.defaults, options.share_cache, str(options.folder)) == (True, False, "copy")
    assert options.parameters == ["--train.lambda_l1", "-1", "--defaults", "2"]


@pytest.mark.parametrize("format_", get_args(Format))
def test_every_format_can_be_said(format_):
    assert parser().parse_args(["export", "-o", "out", "--format", format_]).format == format_


@pytest.mark.parametrize("fit", get_args(Fit))
def test_every_fit_can_be_said(fit):
    words = ["predict", "a.png", "-o", "out"]
    assert parser().parse_args([*words, "--fit", fit]).fit == fit
    assert parser().parse_args(words).fit == "exact"
