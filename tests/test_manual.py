"""The README and the manual name only what exists: links, commands, targets, parameters, files and measured figures."""

import argparse
import re
import shlex
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from string import Template
from typing import Any
from urllib.parse import unquote

import pytest
from conftest import CHECKOUT
from ruamel.yaml import YAML

from pix2pix import params
from pix2pix.commands.arguments import parser
from pix2pix.params import Params, recipes
from pix2pix.params.file import parsed
from pix2pix.params.model import SYSTEMS
from pix2pix.pipeline import workspace

README, CONTRIBUTING, CHANGELOG = (CHECKOUT / f"{name}.md" for name in ("README", "CONTRIBUTING", "CHANGELOG"))
MANUAL = sorted((CHECKOUT / "docs").glob("*.md"))
POINTERS = [CHECKOUT / place / "README.md" for place in ("data", "data/own", "models/beside")]
PAGES = [README, CONTRIBUTING, *MANUAL, *POINTERS]
LONGEST_README = 250

LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SPAN = re.compile(r"`([^`]+)`")
# A value with its interval, such as 0.593 [0.571, 0.614].
FIGURE = re.compile(r"\d+\.\d+ \[\d+\.\d+, \d+\.\d+\]")
# What a command line names in capitals, or leaves open, is for the reader to replace.
OPEN = re.compile(r"[A-Z]+|…|\.\.\.")
SPECIAL = ("stages", "docs", "src", "tests")


def text(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def fences(page: Path) -> list[tuple[str, str]]:
    """The blocks of code of a page: language and content."""
    return FENCE.findall(text(page))


def spans(page: Path) -> list[str]:
    """What stands in code font within sentences and tables, each on one line."""
    return [" ".join(span.split()) for span in SPAN.findall(FENCE.sub("", text(page)))]


def code(page: Path) -> list[str]:
    """Everything in code font: spans, and the lines of blocks with continued ones joined, without their comments."""
    lines = [line for _, block in fences(page) for line in re.sub(r"\\\n *", "", block).splitlines()]
    return [*spans(page), *(line.removeprefix("$ ").partition(" #")[0] for line in lines)]


def commands(page: Path, *programs: str) -> Iterator[list[str]]:
    """The words after a program's name, of every command line of a page that calls it."""
    for line in code(page):
        for program in programs:
            if line == program or line.startswith(f"{program} "):
                yield shlex.split(line.removeprefix(program))


def anchors(page: Path) -> set[str]:
    """What links to a page's headings say after #, as GitHub makes it."""
    headings = HEADING.findall(FENCE.sub("", text(page)))
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def shown(page: Path) -> str:
    return page.relative_to(CHECKOUT).as_posix()


def parameters() -> dict[str, Any]:
    """The keys of `params.yaml`, and those of `model` of every system."""
    known = YAML(typ="safe", pure=True).load((CHECKOUT / "params.yaml").read_text(encoding="utf-8"))
    others = dict.fromkeys(key for section in SYSTEMS.values() for key in section.model_fields)
    return known | {"model": others | known["model"]}


def commands_of_pix2pix() -> set[str]:
    (found,) = [action for action in parser()._actions if isinstance(action, argparse._SubParsersAction)]
    return set(found.choices)


def makefile() -> str:
    return text(CHECKOUT / "Makefile")


def test_the_readme_is_short() -> None:
    assert len(text(README).splitlines()) <= LONGEST_README


@pytest.mark.parametrize("page", [*PAGES, CHANGELOG], ids=shown)
def test_links_and_pictures_lead_somewhere(page: Path) -> None:
    for link in LINK.findall(FENCE.sub("", text(page))):
        if re.match(r"https?://", link):
            continue
        place, _, anchor = unquote(link).partition("#")
        target = (page.parent / place).resolve() if place else page
        assert target.exists(), f"{link}: no such file"
        assert not anchor or anchor in anchors(target), f"{link}: no such heading"


def test_the_contents_list_every_page_of_the_manual() -> None:
    listed = set(LINK.findall(text(CHECKOUT / "docs/README.md")))
    assert {page.name for page in MANUAL} - {"README.md"} <= listed


def test_every_picture_is_shown() -> None:
    pictures = {path for kind in ("jpg", "webp") for path in (CHECKOUT / "docs").glob(f"*.{kind}")}
    links = {(page.parent / link).resolve() for page in PAGES for link in LINK.findall(text(page))}
    assert pictures and pictures <= links


OWN = [block for language, block in fences(CHECKOUT / "docs/own.md") if language == "yaml"]


@pytest.mark.parametrize("block", OWN)
def test_the_keys_for_own_pictures_fit_the_recipe_beside_them(block: str, tmp_path: Path) -> None:
    (recipe,) = re.findall(r"^# pix2pix recipe (\w+) --out params.yaml --force$", block, re.MULTILINE)
    content = parsed(recipes.text(recipe), recipe)
    told = YAML(typ="safe", pure=True).load(block)["data"]
    assert told.keys() <= content["data"].keys()
    content["data"] |= told | {"path": str(tmp_path)}
    assert params.check(content).data.dataset == "custom"


@pytest.mark.parametrize("page", PAGES, ids=shown)
def test_commands_can_be_given(page: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for words in commands(page, "pix2pix", "python -m pix2pix"):
        if not words or OPEN.fullmatch(words[0]):
            continue
        if len(words) == 1:  # a command's name in a sentence
            assert words[0] in commands_of_pix2pix()
        else:
            with suppress(SystemExit):
                parser().parse_args(words)
            assert capsys.readouterr().err == ""


def test_commands_of_the_workflow_can_be_given() -> None:
    workflow = YAML(typ="safe", pure=True).load((CHECKOUT / "docs/ci/pull-request.yml").read_text(encoding="utf-8"))
    (job,) = workflow["jobs"].values()
    lines = [line.strip() for step in job["steps"] for line in step.get("run", "").splitlines()]
    given = [Template(line).safe_substitute(workflow["env"]) for line in lines if line.startswith("pix2pix ")]
    assert len(given) == 5
    for line in given:
        words = shlex.split(line.partition(" >")[0])[1:]
        if (options := parser().parse_args(words)).command == "run":
            assert workspace.overrides(options.parameters, Params().model_dump())


def test_the_manual_tells_of_every_command() -> None:
    told = {words[0] for page in PAGES for words in commands(page, "pix2pix") if words}
    assert commands_of_pix2pix() <= told


@pytest.mark.parametrize("page", PAGES, ids=shown)
def test_make_targets_and_their_variables_exist(page: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", makefile(), re.MULTILINE))
    for words in commands(page, "make"):
        for word in words:
            name, sign, _ = word.partition("=")
            if sign:
                assert re.search(rf"\b{name}\b", makefile()), f"make {' '.join(words)}: nothing reads {name}"
            else:
                assert name in targets, f"make {name}: no such target"


@pytest.mark.parametrize("page", PAGES, ids=shown)
def test_modules_that_are_run_exist(page: Path) -> None:
    for module, *_ in commands(page, "python -m"):
        place = Path(*module.split("."))
        found = [CHECKOUT / root / place for root in ("", "src")]
        assert any(path.with_suffix(".py").is_file() or (path / "__main__.py").is_file() for path in found), module


@pytest.mark.parametrize("page", PAGES, ids=shown)
def test_parameters_exist(page: Path) -> None:
    known = parameters()
    sections = "|".join(key for key, value in known.items() if isinstance(value, dict))
    # Not of a path or a file: models/beside, metrics/train.json, data.md.
    key = re.compile(rf"(?<![\w/.-])({sections})\.([a-z]\w*)(?![\w/])")
    for line in code(page):
        for section, name in key.findall(line):
            if not (page.parent / f"{section}.{name}").exists():
                assert name in known[section], f"{section}.{name}: no such parameter"


@pytest.mark.parametrize("page", PAGES, ids=shown)
def test_blocks_of_parameters_are_possible(page: Path) -> None:
    known = parameters()
    for language, block in fences(page):
        if language == "yaml":
            for section, values in YAML(typ="safe", pure=True).load(block).items():
                assert values.keys() <= known[section].keys(), block


@pytest.mark.parametrize("page", PAGES, ids=shown)
def test_source_files_exist(page: Path) -> None:
    for span in spans(page):
        top, slash, _ = span.partition("/")
        if slash and top in SPECIAL and not OPEN.search(span):
            assert (CHECKOUT / span).exists(), f"{span}: no such file"


def test_contributing_names_every_folder_of_the_library() -> None:
    folders = {shown(path.parent) + "/" for path in (CHECKOUT / "src/pix2pix").glob("*/__init__.py")}
    assert folders <= set(spans(CONTRIBUTING))


@pytest.mark.parametrize("page", PAGES, ids=shown)
def test_figures_with_an_interval_are_those_that_were_measured(page: Path) -> None:
    assert set(FIGURE.findall(text(page))) <= set(FIGURE.findall(text(CHECKOUT / "docs/measured.md")))


def test_who_is_told_to_start_mlflows_page_is_told_how_it_stays_silent():
    lines = [line for page in PAGES for _, fence in fences(page) for line in fence.splitlines() if "mlflow ui" in line]
    assert lines and all(line.startswith("MLFLOW_DISABLE_TELEMETRY=true mlflow ui") for line in lines)


def test_the_makefile_installs_the_locked_uv_which_trusts_what_the_system_trusts():
    assert re.search(r"^export UV_SYSTEM_CERTS := 1$", makefile(), re.MULTILINE)
    (install,) = [line for line in makefile().splitlines() if "pip install" in line and "uv.lock" in line]
    assert "--require-hashes" in install
