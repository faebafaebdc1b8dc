from pathlib import Path

import pytest

from pix2pix import params
from pix2pix.params import recipes


def test_all_recipes_are_listed_with_their_first_line(command):
    status, out, err = command("recipe")
    assert (status, err) == (0, "")
    assert [line.split(maxsplit=1) for line in out.splitlines()] == [list(each) for each in recipes.names().items()]
    assert {"paper", "tutorial"} <= recipes.names().keys()


@pytest.mark.parametrize("name", ["paper", "tutorial"])
def test_a_recipe_is_printed_as_the_file_it_will_be(command, name):
    status, out, _ = command("recipe", name)
    assert (status, out) == (0, recipes.text(name))
    assert out.count("\n  #") > 10, "comments included"


def test_a_recipe_that_is_written_can_be_used(command):
    assert command("recipe", "paper", "--out", "deep/params.yaml") == (0, "deep/params.yaml: the recipe paper\n", "")
    assert params.load(Path("deep/params.yaml"))


def test_nothing_is_written_over_unless_forced(command):
    Path("params.yaml").write_text("mine")
    asked = command("recipe", "paper", "-o", "params.yaml")
    assert asked == (2, "", "error: params.yaml exists already; --force writes over it\n")
    assert Path("params.yaml").read_text() == "mine"
    assert command("recipe", "paper", "-o", "params.yaml", "--force")[0] == 0
    assert Path("params.yaml").read_text(encoding="utf-8") == recipes.text("paper")


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["cake"], "cake: no such recipe; there are "),
        (["../paper"], "../paper: no such recipe; "),
        (["--out", "x"], "--out needs the name of a recipe; "),
    ],
)
def test_what_cannot_be_is_a_line(command, words, line):
    status, out, err = command("recipe", *words)
    assert (status, out) == (2, "") and err.startswith(f"error: {line}") and err.count("\n") == 1
    assert not list(Path().iterdir())
