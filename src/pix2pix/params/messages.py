"""What is wrong with a parameters file, one line a problem: the key's path, the value, what is allowed."""

import difflib
from collections.abc import Collection, Mapping
from typing import Any

from pydantic_core import ErrorDetails

from pix2pix.base.errors import one_line
from pix2pix.params.renamed import now

# The keys that are known, by the path of what holds them: a section's name, or "" for the file itself.
Known = Mapping[str, Collection[str]]


class ProblemError(ValueError):
    """A value that is impossible beside another one."""

    def __init__(self, key: str, value: Any, allowed: str) -> None:
        super().__init__(allowed)
        self.key, self.value, self.allowed = key, value, allowed


class MissingError(ValueError):
    """A key that a parameters file does not have."""


def line(problem: ErrorDetails, known: Known) -> str:
    """One problem in one line."""
    location = [one_line(part) for part in problem["loc"]]
    kind, value = problem["type"], problem["input"]
    cause = problem.get("ctx", {}).get("error")
    if isinstance(cause, ProblemError):
        return f"{'.'.join([*location, one_line(cause.key)])} = {_shown(cause.value)}: must be {cause.allowed}"
    path = ".".join(location)
    if kind == "extra_forbidden":
        return f"{path}: unknown key; {_advice(path, known)}"
    if isinstance(cause, MissingError):
        return f"{'.'.join([*location, str(cause)])}: missing; every key has to be there"
    message = str(cause) if cause else problem["msg"][0].lower() + problem["msg"][1:]
    allowed = message.replace("input should", "must").replace("string should", "must")
    return f"{path} = {_shown(value)}: {allowed}"


def listed(values: Any) -> str:
    """Values with commas between them."""
    return ", ".join(str(value) for value in values)


def _advice(path: str, known: Known) -> str:
    """Where an unknown key lives now, the known key nearest to it, or all the known ones beside it."""
    if moved := now(path):
        return moved
    section, _, key = path.rpartition(".")
    here = known.get(section, ())
    if near := _same(key, section, known) or _nearest(key, [_joined(section, name) for name in here]):
        return f"did you mean {near}?"
    everywhere = [_joined(place, name) for place, names in known.items() for name in names]
    near = _nearest(key, everywhere)
    return f"did you mean {near}?" if near else f"known here: {listed(here)}"


def _same(key: str, section: str, known: Known) -> str | None:
    """The places that have a key of that name, joined by "or"."""
    return " or ".join(_joined(place, key) for place, names in known.items() if place != section and key in names)


def _nearest(key: str, paths: list[str]) -> str | None:
    """The path whose last word is nearest to the key."""
    words = {path.rpartition(".")[2]: path for path in reversed(paths)}
    close = difflib.get_close_matches(key, list(words), n=1, cutoff=0.6)
    return words[close[0]] if close else None


def _joined(section: str, key: str) -> str:
    return f"{section}.{key}" if section else key


def _shown(value: Any) -> str:
    try:
        text = repr(value)
    except ValueError:
        return "a number of thousands of digits"  # which Python refuses to write
    return text if len(text) <= 80 else f"{text[:77]}…"
