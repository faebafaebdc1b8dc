"""The space of a search: the parameters that it varies, each with the values that it may have."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, Protocol, get_args, get_origin

from pix2pix import params
from pix2pix.base.errors import ParamsError
from pix2pix.pipeline.workspace import assigned, overridden

_NUMBER = r"[-+]?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?"
_RANGE = re.compile(rf"({_NUMBER})\.\.({_NUMBER})(:log)?")
# A value that begins with one of these is one value, whatever stands in it.
_WHOLE = ("[", "{", '"', "'")


class Suggesting(Protocol):
    """What is needed of Optuna's trial."""

    def suggest_int(self, name: str, low: int, high: int, *, log: bool) -> int:
        """Suggest a whole number, both ends included."""

    def suggest_float(self, name: str, low: float, high: float, *, log: bool) -> float:
        """Suggest a number, both ends included."""

    def suggest_categorical(self, name: str, choices: Sequence[Any]) -> Any:
        """Suggest one of the choices."""


@dataclass(frozen=True)
class Range:
    """All numbers from `low` to `high`: whole ones, or any; evenly spread, or their logarithms."""

    low: float
    high: float
    logarithmic: bool
    whole: bool

    @property
    def probes(self) -> Sequence[Any]:
        """Values to check. If they are possible, the whole range is taken to be possible.

        The second whole number finds parameters that allow the multiples of a number only.
        """
        return tuple(dict.fromkeys((self.low, self.low + 1, self.high) if self.whole else (self.low, self.high)))

    def suggested(self, trial: Suggesting, path: str) -> Any:
        """Let a trial choose a value."""
        if self.whole:
            return trial.suggest_int(path, int(self.low), int(self.high), log=self.logarithmic)
        return trial.suggest_float(path, float(self.low), float(self.high), log=self.logarithmic)

    def __str__(self) -> str:
        return f"{self.low}..{self.high}{':log' if self.logarithmic else ''}"


@dataclass(frozen=True)
class Choice:
    """One of several values."""

    values: tuple[Any, ...]

    @property
    def probes(self) -> Sequence[Any]:
        """All values."""
        return self.values

    def suggested(self, trial: Suggesting, path: str) -> Any:
        """Let a trial choose a value."""
        return trial.suggest_categorical(path, self.values)

    def __str__(self) -> str:
        return ",".join(map(str, self.values))


Space = dict[str, Range | Choice]


class Asked(NamedTuple):
    """What a command line asks for.

    Attributes:
        space: the parameters that are varied, by path.
        fixed: the values, by path, that all trials have instead of those of the file.
    """

    space: Space
    fixed: dict[str, Any]


def read(words: Sequence[str], base: dict[str, Any]) -> Asked:
    """Read words such as `lambda_l1=10..300:log`, `train.resize=nearest,bicubic` and `epochs=5`, and check them.

    Args:
        words: the words of a command line. Names are those of `workspace.overrides`.
        base: the content of the parameters file.

    Raises:
        ParamsError: a name is unknown or given twice, a value or an end of a range is impossible, or nothing varies.
    """
    asked = Asked({}, {})
    for path, entry in _entries(words, base):
        if path == "model.system" and not isinstance(entry, str):
            raise ParamsError(f"{path} = {entry}: a search varies the parameters of one system; search once for each")
        if path in asked.space or path in asked.fixed:
            raise ParamsError(f"{path}: given twice")
        if isinstance(entry, Range | Choice):
            asked.space[path] = entry
        else:
            asked.fixed[path] = entry
    if not asked.space:
        raise ParamsError("nothing varies: give a parameter a range (NAME=LOW..HIGH) or several values (NAME=A,B)")
    _check(asked, base)
    return asked


def _entries(words: Sequence[str], base: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield each path with a range, a choice, or a value that all trials have."""
    for word in words:
        name, _, text = word.partition("=")
        if found := _RANGE.fullmatch(text):
            (path, low), (_, high) = (_assigned(name, end, base) for end in found.groups()[:2])
            yield path, _range(path, low, high, bool(found[3]), base)
        elif "," in text and not text.startswith(_WHOLE):
            values = [_assigned(name, part, base) for part in text.split(",")]
            yield values[0][0], Choice(tuple(value for _, value in values))
        else:
            yield from assigned([word], base).items()


def _assigned(name: str, text: str, base: dict[str, Any]) -> tuple[str, Any]:
    ((path, value),) = assigned([f"{name}={text}"], base).items()
    return path, value


def _range(path: str, low: float, high: float, logarithmic: bool, base: dict[str, Any]) -> Range:
    shown = f"{path} = {low:g}..{high:g}"
    types = _types(path, base)
    if not types & {int, float}:
        raise ParamsError(f"{shown}: this parameter takes no range; give its values, {path}=A,B")
    if low >= high:
        raise ParamsError(f"{shown}: the first number of a range must be the smaller one")
    if logarithmic and low <= 0:
        raise ParamsError(f"{shown}:log: a range with :log must begin above 0")
    return Range(low, high, logarithmic, whole=float not in types)


def _types(path: str, base: dict[str, Any]) -> set[type]:
    """Return the types of values that the schema allows at a path, without those of lists of words."""
    section, _, key = path.rpartition(".")
    place = getattr(params.check(base), section) if section else params.check(base)
    return _below(type(place).model_fields[key].annotation)


def _below(annotation: Any) -> set[type]:
    if get_origin(annotation) is Literal:
        return set()
    inner = get_args(annotation)
    return set().union(*map(_below, inner)) if inner else {annotation}


def _check(asked: Asked, base: dict[str, Any]) -> None:
    """Check every end of a range and every choice by the schema, with the first values of the other parameters."""
    first = overridden(base, {**asked.fixed, **{path: entry.probes[0] for path, entry in asked.space.items()}})
    for path, entry in asked.space.items():
        if isinstance(entry, Choice) and len({repr(value) for value in entry.probes}) < len(entry.probes):
            raise ParamsError(f"{path} = {entry}: a value is given twice")
        for value in entry.probes:
            params.check(overridden(first, {path: value}), "parameters")
