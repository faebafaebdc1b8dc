"""What `params.yaml` may say, checked whole before any work; the fingerprint of a run.

Reading takes a fraction of a second: nothing here imports TensorFlow.
"""

import difflib
import hashlib
import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import unquote, urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainValidator,
    ValidationError,
    ValidationInfo,
    model_validator,
)
from pydantic_core import ErrorDetails
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError
from ruamel.yaml.events import AliasEvent, CollectionEndEvent, CollectionStartEvent

from pix2pix.base.errors import ParamsError, one_line

Direction = Literal["left_to_right", "right_to_left"]
Dataset = Literal["facades", "cityscapes", "maps", "edges2shoes", "edges2handbags", "night2day", "sample", "custom"]
Loss = Literal["cgan+l1", "gan+l1", "cgan", "l1"]
ReceptiveField = Literal[1, 16, 70, 286]
Select = Literal["last", "validation_l1", "validation_ssim"]

# What each dataset is usually used for: labels -> photo, photo -> map, edges -> photo, day -> night.
USUAL_DIRECTION: dict[str, Direction] = {
    "facades": "right_to_left",
    "sample": "right_to_left",
    "cityscapes": "right_to_left",
    "maps": "left_to_right",
    "edges2shoes": "left_to_right",
    "edges2handbags": "left_to_right",
    "night2day": "left_to_right",
}

# The smallest picture on which each patch discriminator still has a patch to judge.
SMALLEST_IMAGE: dict[ReceptiveField, int] = {1: 32, 16: 32, 70: 32, 286: 128}


def _power_of_two(value: int) -> int:
    if value < 32 or value > 1024 or value & (value - 1):
        raise ValueError("must be a power of two from 32 to 1024 (the U-Net halves it down to 1)")
    return value


def _palette(value: Any) -> Any:
    if value in ("cmp", "none"):
        return value
    if not isinstance(value, dict):
        raise ValueError("must be cmp, none, or a mapping of class names to colours such as {road: [128, 64, 128]}")
    for name, colour in value.items():
        if not isinstance(name, str):
            raise ValueError(f"must have words for the names of classes, not {name!r}")
        if not _is_colour(colour):
            raise _problem(name, colour, "three whole numbers from 0 to 255: [red, green, blue]")
    return value


def _is_colour(value: Any) -> bool:
    return isinstance(value, list) and len(value) == 3 and all(type(c) is int and 0 <= c <= 255 for c in value)


def _no_bool(value: Any) -> Any:
    if isinstance(value, bool):
        raise ValueError("must be a whole number")  # Python takes true for 1
    return value


def _finite(value: float) -> float:
    if not math.isfinite(value):
        raise ValueError("must be a finite number")
    return value


def _address(value: str | None) -> str | None:
    scheme = (value or "").partition("://")[0]
    if value is None or ("://" in value and scheme in ("http", "https") and value.isprintable()):
        return value
    if scheme != "file" or not value.startswith("file:///"):
        raise ValueError("must be an address that starts with http://, https:// or file:///, or null")
    if not _there(unquote(urlsplit(value).path), Path.is_file):
        raise ValueError("must name a file that exists")
    return value


def _there(path: str, is_there: Callable[[Path], bool] = Path.exists) -> bool:
    try:
        return is_there(Path(path))
    except OSError:  # a name too long, a folder that may not be entered
        return False


def _split(value: str) -> str:
    if value in ("train", "val", "test", "none"):
        return value
    name, _, count = value.partition(":")
    if name != "train" or not count.isdecimal() or int(count) < 1:
        raise ValueError("must be train, val, test, none, or train:N for N pairs taken out of training")
    return value


FROM_FILE = "a parameters file"
# A parameters file has four levels: a section, a palette and its colours, in the whole.
DEEPEST = 9

Count = Annotated[int, Field(ge=1, le=10**9)]
Whole = Annotated[int, Field(ge=0, le=10**9)]
Positive = Annotated[float, Field(gt=0), AfterValidator(_finite)]
NonNegative = Annotated[float, Field(ge=0), AfterValidator(_finite)]
Fraction = Annotated[float, Field(ge=0, lt=1)]
Split = Annotated[str, AfterValidator(_split)]


class _Section(BaseModel):
    """One section. In code every key has its default; a parameters file has to name them all."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, validate_default=True)

    @model_validator(mode="before")
    @classmethod
    def _whole(cls, content: Any, info: ValidationInfo) -> Any:
        if info.context == FROM_FILE and isinstance(content, dict):
            unknown = [str(key) for key in content if key not in cls.model_fields]
            for key in cls.model_fields:
                if key not in content and not difflib.get_close_matches(key, unknown):
                    raise _MissingError(key)
        return content


class Data(_Section):
    """Which pairs, which half is what, and how they are split. The keys are explained in `params.yaml`."""

    dataset: Dataset = "facades"
    direction: Literal["left_to_right", "right_to_left", "auto"] = "right_to_left"
    palette: Annotated[Literal["cmp", "none"] | dict[str, list[int]], PlainValidator(_palette)] = "cmp"
    label_half: Literal["left", "right"] = "right"
    image_size: Annotated[int, AfterValidator(_power_of_two)] = 256
    evaluation_split: Split = "test"
    selection_split: Split = "val"
    url: Annotated[str | None, AfterValidator(_address)] = None
    sha256: Annotated[str, Field(pattern="^[0-9a-f]{64}$")] | None = None
    path: str = "data/own"
    sample_seed: Whole = 0
    sample_train: Count = 64
    sample_val: Whole = 16
    sample_test: Whole = 16

    @model_validator(mode="after")
    def _agree(self) -> "Data":
        if self.dataset == "custom" and self.direction == "auto":
            raise _problem("direction", "auto", "left_to_right or right_to_left for your own pairs")
        if self.palette == "cmp" and self.dataset not in ("facades", "sample", "custom"):
            raise _problem("palette", "cmp", f"none, or a list of the classes of {self.dataset}")
        if isinstance(self.palette, dict):
            if not 2 <= len(self.palette) <= 256:
                raise _problem("palette", self.palette, "two to 256 classes with their colours")
            if len({tuple(colour) for colour in self.palette.values()}) < len(self.palette):
                raise _problem("palette", self.palette, "a different colour for every class")
        if self.evaluation_split == "none":
            raise _problem("evaluation_split", "none", "train, val, test or train:N")
        # Two train:N are never the same pairs: evaluation takes its own first.
        if self.evaluation_split == self.selection_split and ":" not in self.selection_split:
            raise _problem(
                "selection_split",
                self.selection_split,
                "another split than data.evaluation_split (choosing by the pictures one reports on flatters), or none",
            )
        if self.dataset == "sample":
            for key in ("evaluation_split", "selection_split"):
                split = getattr(self, key)
                if split in ("val", "test") and getattr(self, f"sample_{split}") == 0:
                    raise _problem(key, split, f"a split that is drawn, and data.sample_{split} is 0")
        # DVC watches the path whatever the dataset, and does not expand ~.
        watched = self.dataset == "custom" or self.path != Data.model_fields["path"].default
        if watched and (not self.path or self.path.startswith("~") or not _there(self.path)):
            raise _problem("path", self.path, "a folder or an archive that exists, its name written out (no ~)")
        return self

    @property
    def resolved_direction(self) -> Direction:
        """`direction`, with `auto` resolved to what the dataset is usually used for."""
        return USUAL_DIRECTION[self.dataset] if self.direction == "auto" else self.direction


class Download(_Section):
    """Patience of the download."""

    timeout_s: Positive = 30


class Prepare(_Section):
    """Limits on what is unpacked, and the shape of the record files."""

    max_files: Count = 250_000
    max_unpacked_gb: Positive = 20
    max_pixels: Count = 50_000_000
    pairs_per_shard: Count = 100
    preview_pairs: Count = 6


class Segmenter(_Section):
    """The FCN that reads class maps out of photos."""

    backbone: Literal["compact", "vgg16"] = "compact"
    weights: str | None = None
    epochs: Count = 120
    batch_size: Count = 8
    crop: Annotated[int, Field(ge=32, multiple_of=32)] = 192
    filters: Count = 24
    learning_rate: Positive = 1e-3

    @model_validator(mode="after")
    def _agree(self) -> "Segmenter":
        if self.weights is not None and self.backbone == "compact":
            raise _problem("weights", self.weights, "null with segmenter.backbone: compact, which has no others")
        if self.weights not in (None, "imagenet") and not _there(self.weights, Path.is_file):
            raise _problem("weights", self.weights, "null, imagenet, or a file that exists")
        return self


class Train(_Section):
    """The networks, their losses and optimisers, and when to save or log."""

    loss: Loss = "cgan+l1"
    lambda_l1: NonNegative = 100
    generator: Literal["unet", "encoder_decoder"] = "unet"
    generator_filters: Count = 64
    receptive_field: Annotated[ReceptiveField, BeforeValidator(_no_bool)] = 70
    discriminator_filters: Count = 64
    leaky_slope: Fraction = 0.3
    bottleneck_norm: bool = False
    norm_epsilon: Positive = 1e-3
    norm_gamma_stddev: NonNegative = 0
    epochs: Count = 150
    batch_size: Count = 1
    buffer_size: Count = 400
    jitter_scale: Annotated[float, Field(ge=1, le=4)] = 1.1171875
    mirror: bool = True
    resize: Literal["nearest", "bicubic"] = "nearest"
    precision: Literal["float32", "bfloat16"] = "float32"
    learning_rate: Positive = 2e-4
    learning_rate_schedule: Literal["constant", "linear_decay"] = "constant"
    beta_1: Fraction = 0.5
    discriminator_loss: Literal["sum", "mean"] = "sum"
    update_order: Literal["simultaneous", "discriminator_first"] = "simultaneous"
    select: Select = "last"
    checkpoint_epochs: Count = 20
    keep_checkpoints: Count = 2
    checkpoint_minutes: Positive = 10
    log_every: Count = 100
    sample_pairs: Count = 4
    validation_pairs: Count = 16


# These say when to save: neither the trained weights nor what is measured on the way depend on them.
SAVING = {"checkpoint_epochs", "keep_checkpoints", "checkpoint_minutes"}
# These say where pairs come from: the digest of the records says what they are.
WHEREABOUTS = {"url", "sha256", "path", "sample_seed", "sample_train", "sample_val", "sample_test"}


class Evaluate(_Section):
    """The scores of the trained generator."""

    dropout_seed: Whole = 0
    dropout_repeats: Count = 5
    beside: str = "models/beside"

    @model_validator(mode="after")
    def _agree(self) -> "Evaluate":
        if self.beside != Evaluate.model_fields["beside"].default and (
            not self.beside or self.beside.startswith("~") or not _there(self.beside, Path.is_dir)
        ):
            raise _problem("beside", self.beside, "a folder that exists, its name written out (no ~)")
        return self


class Report(_Section):
    """The page."""

    gallery_pairs: Count = 12


class Tracking(_Section):
    """MLflow."""

    experiment: Annotated[str, Field(min_length=1)] = "pix2pix-facades"
    log_model: bool = True


class Params(_Section):
    """All of `params.yaml`: one section a stage, plus `seed`, `data` and `tracking`."""

    seed: Annotated[int, Field(ge=0, lt=2**31)] = 42
    data: Data = Data()
    download: Download = Download()
    prepare: Prepare = Prepare()
    segmenter: Segmenter = Segmenter()
    train: Train = Train()
    evaluate: Evaluate = Evaluate()
    report: Report = Report()
    tracking: Tracking = Tracking()

    @model_validator(mode="after")
    def _agree(self) -> "Params":
        size, train = self.data.image_size, self.train
        if size < SMALLEST_IMAGE[train.receptive_field]:
            allowed = [field for field, smallest in SMALLEST_IMAGE.items() if smallest <= size]
            raise _problem(
                "train.receptive_field",
                train.receptive_field,
                f"one of {_listed(allowed)} for data.image_size {size}",
            )
        if train.select != "last" and self.data.selection_split == "none":
            raise _problem("train.select", train.select, "last, as data.selection_split is none")
        return self

    def flat(self) -> dict[str, Any]:
        """Every value by its path, as MLflow shows them: `{"train.lambda_l1": 100.0, …}`."""
        flat: dict[str, Any] = {}
        for name, value in self.model_dump().items():
            flat.update({f"{name}.{key}": v for key, v in value.items()} if isinstance(value, dict) else {name: value})
        return flat

    def decisive(self, manifest_digest: str, code_digest: str) -> dict[str, Any]:
        """What decides the trained weights, by name.

        The values of `seed`, `data` and `train`, less those that only say when to save and where the pairs come from,
        with the digests of the records' manifest and of the training code.
        """
        content = self.model_dump(
            mode="json",
            include={"seed": True, "data": True, "train": True},
            exclude={"train": SAVING, "data": WHEREABOUTS},
        )
        content["data"]["direction"] = self.data.resolved_direction
        values = {f"{section}.{key}": value for section in ("data", "train") for key, value in content[section].items()}
        return {"seed": self.seed, **values, "records": manifest_digest, "training code": code_digest}

    def fingerprint(self, manifest_digest: str, code_digest: str) -> str:
        """16 hexadecimal digits of the SHA-256 of all that is `decisive`."""
        told = json.dumps(self.decisive(manifest_digest, code_digest), sort_keys=True)
        return hashlib.sha256(told.encode()).hexdigest()[:16]


def load(path: Path = Path("params.yaml")) -> Params:
    """Read and check a parameters file.

    Raises:
        ParamsError: the file is absent, is not YAML, or says something impossible; one line for each problem, with
            the key's path, the value and what is allowed.
    """
    return check(read(path), str(path))


def read(path: Path) -> Any:
    """The unchecked content of a parameters file.

    Raises:
        ParamsError: it is absent or is not YAML.
    """
    try:
        # The parser DVC uses (YAML 1.2), so that both read the same: `2e-4` is a number, `off` a word.
        text = path.read_text(encoding="utf-8")
        _check_shape(path, text)
        return YAML(typ="safe", pure=True).load(text)
    except ParamsError:
        raise
    except FileNotFoundError:
        raise ParamsError(f"{path}: no such file; run from the project's root, or restore it from git") from None
    except MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else "?"
        raise ParamsError(f"{path}: line {line}: not YAML: {one_line(error.problem)}") from None
    except Exception as error:  # at tags such as `!!bool x` the parser lets KeyError, IndexError and more out
        raise ParamsError(f"{path}: cannot be read: {one_line(error)}") from None


def _check_shape(path: Path, text: str) -> None:
    """Refuse what makes a few bytes of YAML into a value that fills the memory, or takes hours to read."""
    depth = 0
    for event in YAML(typ="safe", pure=True).parse(text):
        depth += isinstance(event, CollectionStartEvent) - isinstance(event, CollectionEndEvent)
        if isinstance(event, AliasEvent) or depth > DEEPEST:
            what = "lists or mappings too deep in each other" if depth > DEEPEST else "an alias: write the value out"
            raise ParamsError(f"{path}: line {event.start_mark.line + 1}: {what}")


def check(content: Any, name: str = "params.yaml") -> Params:
    """`Params` of a parsed file; see `load`."""
    if not isinstance(content, dict):
        raise ParamsError(f"{name}: must be a mapping with the sections {_listed(Params.model_fields)}")
    try:
        return Params.model_validate(content, context=FROM_FILE)
    except ValidationError as error:
        raise ParamsError("\n".join(f"{name}: {_line(detail)}" for detail in error.errors())) from None


class _ProblemError(ValueError):
    """A value that is impossible beside another one."""

    def __init__(self, key: str, value: Any, allowed: str) -> None:
        super().__init__(allowed)
        self.key, self.value, self.allowed = key, value, allowed


class _MissingError(ValueError):
    """A key that a parameters file does not have."""


def _problem(key: str, value: Any, allowed: str) -> _ProblemError:
    return _ProblemError(key, value, allowed)


def _line(detail: ErrorDetails) -> str:
    """One problem in one line: path, value, what is allowed."""
    location = [one_line(part) for part in detail["loc"]]
    kind, value = detail["type"], detail["input"]
    cause = detail.get("ctx", {}).get("error")
    if isinstance(cause, _ProblemError):
        return f"{'.'.join([*location, one_line(cause.key)])} = {_shown(cause.value)}: must be {cause.allowed}"
    path = ".".join(location)
    if kind == "extra_forbidden":
        return f"{path}: unknown key; {_nearest(location)}"
    if isinstance(cause, _MissingError):
        return f"{'.'.join([*location, str(cause)])}: missing; every key has to be there"
    message = str(cause) if cause else detail["msg"][0].lower() + detail["msg"][1:]
    allowed = message.replace("input should", "must").replace("string should", "must")
    return f"{path} = {_shown(value)}: {allowed}"


def _nearest(location: list[str]) -> str:
    """The known key nearest to an unknown one, or all the known ones."""
    known = list(_section(location[:-1]).model_fields)
    close = difflib.get_close_matches(location[-1], known, n=1, cutoff=0.6)
    prefix = "".join(f"{part}." for part in location[:-1])
    return f"did you mean {prefix}{close[0]}?" if close else f"known here: {_listed(known)}"


def _section(location: list[str]) -> type[BaseModel]:
    return type(getattr(Params(), location[0])) if location else Params


def _shown(value: Any) -> str:
    try:
        text = repr(value)
    except ValueError:
        return "a number of thousands of digits"  # which Python refuses to write
    return text if len(text) <= 80 else f"{text[:77]}…"


def _listed(values: Any) -> str:
    return ", ".join(str(value) for value in values)
