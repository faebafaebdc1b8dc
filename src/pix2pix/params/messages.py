"""The messages about a parameters file, one line for each problem: the key's path, the value, what is allowed."""

import difflib
from collections.abc import Collection, Mapping
from typing import Any

from pydantic_core import ErrorDetails

from pix2pix.base.errors import one_line
from pix2pix.params.renamed import now

# The known keys, by the name of their section; "" stands for the file itself.
Known = Mapping[str, Collection[str]]


class ProblemError(ValueError):
    """A value is impossible together with another value."""

    def __init__(self, key: str, value: Any, allowed: str) -> None:
        super().__init__(allowed)
        self.key, self.value, self.allowed = key, value, allowed


class MissingError(ValueError):
    """A parameters file lacks a key."""


def line(problem: ErrorDetails, known: Known) -> str:
    """Describe one problem in one line."""
    location = [one_line(part) for part in problem["loc"]]
    kind, value = problem["type"], problem["input"]
    cause = problem.get("ctx", {}).get("error")
    if isinstance(cause, ProblemError):
        return f"{'.'.join([*location, one_line(cause.key)])} = {_shown(cause.value)}: must be {cause.allowed}"
    path = ".".join(location)
    if kind == "extra_forbidden":
        return f"{path}: unknown key; {_advice(path, known)}"
    if isinstance(cause, MissingError):
        path = ".".join([*location, str(cause)])
        return f"{path}: missing; the file needs every key, and `pix2pix migrate` adds new ones"
    message = str(cause) if cause else problem["msg"][0].lower() + problem["msg"][1:]
    allowed = message.replace("input should", "must").replace("string should", "must")
    return f"{path} = {_shown(value)}: {allowed}"


def listed(values: Any) -> str:
    """Join values with commas."""
    return ", ".join(str(value) for value in values)


def nearest(name: str, paths: Collection[str]) -> str | None:
    """Return the path that is nearest to a misspelt name, which may lack its section; None if none is near.

    Of paths with the same key, that of the named section is taken, or else that of `model` or `train`, or the last one.
    """
    section, _, key = name.rpartition(".")
    # The name of a section that exists says nothing about the key.
    sought = key if any(path.startswith(f"{section}.") for path in paths) else name
    last = sorted(paths, key=lambda path: (path.startswith(f"{section}."), path.startswith(("model.", "train."))))
    words = {path.rpartition(".")[2]: path for path in last} | {path: path for path in paths}
    close = difflib.get_close_matches(sought, words, n=1)
    return words[close[0]] if close else None


def _advice(path: str, known: Known) -> str:
    """Return the new place of an unknown key, or the nearest known key, or all known keys of the section."""
    if moved := now(path):
        return moved
    section, _, key = path.rpartition(".")
    here = known.get(section, ())
    if near := _same(key, section, known) or nearest(key, [_joined(section, name) for name in here]):
        return f"did you mean {near}?"
    everywhere = [_joined(place, name) for place, names in known.items() for name in names]
    near = nearest(key, everywhere)
    return f"did you mean {near}?" if near else f"known here: {listed(here)}"


def _same(key: str, section: str, known: Known) -> str | None:
    """Return the paths of all keys with this name, joined by "or"."""
    return " or ".join(_joined(place, key) for place, names in known.items() if place != section and key in names)


def _joined(section: str, key: str) -> str:
    return f"{section}.{key}" if section else key


def _shown(value: Any) -> str:
    try:
        text = repr(value)
    except ValueError:
        return "a number of thousands of digits"  # Python refuses to write it
    return text if len(text) <= 80 else f"{text[:77]}…"
