"""The JSON files of a run's results, checked as they are read: a key with an impossible value is named, never shown.

The forms have only the keys that pages need, and allow others, so that pages can compare runs of other versions, too.
"""

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from pydantic import (
    AfterValidator,
    AllowInfNan,
    BaseModel,
    ConfigDict,
    Field,
    NonNegativeInt,
    PositiveInt,
    TypeAdapter,
    ValidationError,
)
from pydantic_core import ErrorDetails

from pix2pix.base.errors import DataError, one_line
from pix2pix.base.files import regular
from pix2pix.data.rows import Sha256
from pix2pix.data.tasks import Kind
from pix2pix.evaluation import measures
from pix2pix.evaluation.intervals import BOUNDS, too_few
from pix2pix.evaluation.measure import ASKED, CYCLE, HELD_OUT, LIKENESS, SEGMENTATION, Group
from pix2pix.params import Half, TaskName
from pix2pix.params import palette as palettes
from pix2pix.training.curves import Curve

Read = TypeVar("Read")
_LONG = 40  # the most characters of a wrong value that a message shows
_Number = Annotated[float, AllowInfNan(False)]
Figures = dict[str, _Number]


class _Told(BaseModel):
    model_config = ConfigDict(frozen=True)


class _Role(_Told):
    split: str
    pairs: PositiveInt
    shards: list[Any]
    sides: dict[str, PositiveInt] | None = None
    classes: dict[str, NonNegativeInt] | None = None
    shares: dict[str, _Number] | None = None
    pictures: Sha256
    ids: Sha256


def _needed(roles: dict[str, _Role]) -> dict[str, _Role]:
    if not {"train", "evaluation"} <= roles.keys():
        raise ValueError
    return roles


class Manifest(_Told):
    """What pages need of `manifest.json`; see `data.manifests.Manifest`."""

    dataset: str
    archive: str
    direction: str
    classes: list[str] | None
    roles: Annotated[dict[str, _Role], AfterValidator(_needed)]
    notes: dict[str, PositiveInt] = {}
    remarks: list[str] = []

    @property
    def paired(self) -> bool:
        """Whether inputs and targets belong together."""
        return all(role.sides is None for role in self.roles.values())


def _possible(palette: Any) -> Any:
    palettes.agree(palette, None)
    return palette


class _Field(_Told):
    kind: Kind
    height: PositiveInt
    width: PositiveInt
    channels: PositiveInt
    bits: Literal[8, 16] = 8


class _Fields(_Told):
    target: _Field
    input: _Field | None = None


class _Halves(_Told):
    target: Half
    input: Half | None = None


class Made(_Told):
    """What pages need of `about.json`; see `models.about.About`."""

    fingerprint: str
    epoch: PositiveInt
    selected_by: str
    fields: _Fields
    halves: _Halves | None = None
    palette: Annotated[palettes.InFile, AfterValidator(_possible)]
    ignore: Any = None
    noise: PositiveInt | None = None
    made_for: TaskName = "pairs"
    classes: list[str] = []


class _Finding(_Told):
    name: str
    words: str
    rule: str
    change: str


class Health(_Told):
    """The contents of `health.json`; see `training.health.verdict`."""

    verdict: str
    findings: Annotated[list[_Finding], Field(min_length=1)]


class Times(_Told):
    """The contents of `times.json`: the cost of a training, and where its code came from."""

    steps: PositiveInt
    seconds: _Number
    seconds_per_step: _Number
    images_per_second: _Number
    peak_memory_gb: _Number | None
    exact: bool
    device: str
    versions: dict[str, str]
    commit: str | None
    dirty: bool | None
    command: str


class Lasts(_Told):
    """What pages need of `metrics/train.json`."""

    epochs: PositiveInt
    steps: PositiveInt


_EXACT = ConfigDict(allow_inf_nan=False, extra="forbid")
ABOUT, HEALTH, TIMES, LASTS = (TypeAdapter(form) for form in (Made, Health, Times, Lasts))
_MANIFEST = TypeAdapter(Manifest)
CURVES: TypeAdapter[tuple[Curve, ...]] = TypeAdapter(tuple[Curve, ...], config=_EXACT)
REASONS, _FIGURES = TypeAdapter(dict[str, str]), TypeAdapter(Figures)
# The distances to training pictures that the page judges, and the counts of copies; see `evaluation.memorisation`.
_JUDGED, _COPIES = ("nearest_minus_real", "nearest_gap_minus_real"), ("nearest_copies", "real_nearest_copies")
_WANTED = {
    "finite_number": "a finite number",
    "float_type": "a number",
    "int_type": "a whole number",
    "greater_than": "a number above 0",
    "string_type": "a text",
    "bool_type": "true or false",
    "list_type": "a list",
    "tuple_type": "a list",
    "too_short": "a list with entries",
    "literal_error": "possible",
    "value_error": "possible",
    "unexpected_keyword_argument": "known here",
}


def read(path: Path, stage: str, parse: Callable[[Path], Read]) -> Read:
    """Parse a file that a stage wrote.

    Raises:
        DataError: the file is missing or damaged; the message names the stage that makes it.
    """
    try:
        return parse(path)
    except FileNotFoundError:
        raise DataError(f"{path}: no such file; `dvc repro {stage}` makes it") from None
    except (ValueError, SyntaxError, OSError) as error:
        if isinstance(error, OSError) and error.errno:
            raise  # the disk fails; errors about the contents, such as Pillow's, have no number
        raise DataError(
            f"{path}: cannot be read ({one_line(error)}); remove it, and `dvc repro {stage}` makes it anew"
        ) from None


def read_json(path: Path, stage: str, form: TypeAdapter[Any]) -> Any:
    """Return the value of a JSON file of this form.

    Raises:
        DataError: see `read`; the message also names the first key whose value is missing or impossible.
    """

    def parse(path: Path) -> Any:
        try:
            return form.validate_json(regular(path).read_bytes(), strict=True)
        except ValidationError as error:
            raise ValueError(_told(error.errors()[0])) from None

    return read(path, stage, parse)


def manifest(path: Path) -> Manifest:
    """Read a `manifest.json`.

    Raises:
        DataError: see `read_json`; or a role has the shares of other classes.
    """
    found: Manifest = read_json(path, "prepare", _MANIFEST)
    classes = set(found.classes or ())
    for role, entry in found.roles.items():
        if set(entry.shares or classes) != classes:
            raise DataError(f"{path}: roles.{role}.shares is not of the classes; rerun `dvc repro -f prepare`")
    return found


def scores(path: Path, classes: bool, group: Group = LIKENESS, asked: bool = False) -> Figures:
    """Read an `evaluate.json`; its number of `pairs` decides whether it has to have bounds.

    Args:
        path: the file.
        classes: whether the data set has classes.
        group: the measures that rank models of this kind; see `measures.ranking`.
        asked: whether pictures were asked for classes.

    Raises:
        DataError: see `read_json`; or a figure is missing.
    """
    of_asked = [row.figure(of) for row in measures.of(ASKED) for of in ("generated", HELD_OUT) if asked]
    shown = measures.headlines()
    likeness = [measure.key for measure in (measures.MEASURES if group is CYCLE else shown) if measure.group is group]
    read_classes = [measure for measure in shown if classes and measure.group is SEGMENTATION]
    generated, ceiling = ([measure.figure(of) for measure in read_classes] for of in ("generated", "real"))
    figures = _figures(path, "evaluate", ["pairs", *likeness, *generated, *ceiling, *of_asked])
    bounds = () if too_few(int(figures["pairs"])) else BOUNDS[1:]
    wanted = [f"{key}{bound}" for key in (*likeness, *generated, *of_asked) for bound in bounds]
    return _with(figures, path, "evaluate", wanted)


def floor(path: Path, classes: bool) -> Figures:
    """Read a `segmenter.json`; see `scores`."""
    shown = [measure for measure in measures.headlines() if classes and measure.group is SEGMENTATION]
    naive = [measure.figure("constant") for measure in shown]
    return _figures(path, "segmenter", ["classes", *naive])


def memorisation(figures: Figures, path: Path, pictures: int) -> Figures:
    """Return the figures of an `evaluate.json`, if it has those of memorisation; see `scores`."""
    bounds = BOUNDS[:1] if too_few(pictures) else BOUNDS
    return _with(figures, path, "evaluate", [*_COPIES, *(f"{key}{bound}" for key in _JUDGED for bound in bounds)])


def _figures(path: Path, stage: str, wanted: Iterable[str]) -> Figures:
    """Read an object of numbers that has all wanted keys, and both bounds of a number that has one."""
    found: Figures = read_json(path, stage, _FIGURES)
    bounded = {name.removesuffix(bound) for name in found for bound in BOUNDS[1:] if name.endswith(bound)}
    return _with(found, path, stage, [*wanted, *(f"{name}{bound}" for name in sorted(bounded) for bound in BOUNDS)])


def _with(figures: Figures, path: Path, stage: str, wanted: Iterable[str]) -> Figures:
    if missing := [name for name in wanted if name not in figures]:
        raise DataError(f"{path}: {missing[0]} is missing; `dvc repro --single-item --force {stage}` writes it anew")
    return figures


def _told(wrong: ErrorDetails) -> str:
    """Say which value is wrong, and what belongs there."""
    where, kind = one_line(".".join(map(str, wrong["loc"]))), wrong["type"]
    if kind in ("missing", "json_invalid"):
        return f"{where} is missing" if kind == "missing" else "it is not JSON"
    shown = json.dumps(wrong["input"], default=str)
    shown = one_line(shown if len(shown) < _LONG else f"{shown[:_LONG]}…")
    return f"{where or 'the whole'} is {shown}, which is not {_WANTED.get(kind, 'an object')}"
