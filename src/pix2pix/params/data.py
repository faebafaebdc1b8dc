"""The section `data`: the pairs, the meaning of their halves, and the splits."""

import unicodedata
from collections import Counter
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import unquote, urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, PlainValidator, model_validator

from pix2pix.base.files import CHECKOUT
from pix2pix.params.messages import ProblemError
from pix2pix.params.section import WHEREABOUTS, Count, Neutral, Section, Whole, is_there

Direction = Literal["left_to_right", "right_to_left"]
Half = Literal["left", "right"]
Dataset = Literal["facades", "cityscapes", "maps", "edges2shoes", "edges2handbags", "night2day", "sample", "custom"]
AUTO = "auto"
# What `auto` stands for, by data set: labels -> photo, photo -> map, edges -> photo, day -> night. Of your own pairs
# nobody else knows it.
_ITS_OWN: dict[Dataset, dict[str, str]] = {
    "facades": {"direction": "right_to_left", "palette": "cmp", "label_half": "right"},
    "sample": {"direction": "right_to_left", "palette": "cmp", "label_half": "right"},
    "cityscapes": {"direction": "right_to_left", "palette": "none", "label_half": "right"},
    "maps": {"direction": "left_to_right", "palette": "none", "label_half": "right"},
    "edges2shoes": {"direction": "left_to_right", "palette": "none", "label_half": "left"},
    "edges2handbags": {"direction": "left_to_right", "palette": "none", "label_half": "left"},
    "night2day": {"direction": "left_to_right", "palette": "none"},
    "custom": {},
}
_JOINERS = "\N{ZERO WIDTH NON-JOINER}\N{ZERO WIDTH JOINER}"
_OWN_PAIRS = "auto: only for known data sets; `pix2pix look PATH` shows what your own pairs are"


def _one_of(*allowed: str) -> BeforeValidator:
    def check(value: Any) -> Any:
        if value not in allowed:
            raise ValueError(f"must be {' or '.join(allowed)} ({_OWN_PAIRS})")
        return value

    return BeforeValidator(check)


def _power_of_two(value: int) -> int:
    if value < 32 or value > 1024 or value & (value - 1):
        raise ValueError("must be a power of two from 32 to 1024 (the U-Net halves it down to 1)")
    return value


def _palette(value: Any) -> Any:
    if value in ("cmp", "none"):
        return value
    if not isinstance(value, dict):
        kinds = "cmp, none, or a mapping of class names to colours such as {road: [128, 64, 128]}"
        raise ValueError(f"must be {kinds} ({_OWN_PAIRS})")
    for name, colour in value.items():
        if not isinstance(name, str):
            raise ValueError(f"must have words for the names of classes, not {name!r}")
        if not _is_name(name):
            raise ValueError(f"must have names of classes with letters and no control characters, not {name!a}")
        if not _is_colour(colour):
            raise ProblemError(name, colour, "three whole numbers from 0 to 255: [red, green, blue]")
    if twice := [name for name, count in Counter(map(_folded, value)).items() if count > 1]:
        raise ValueError(f"must have another name for every class, and {twice[0]!r} is there twice")
    return value


def _is_name(name: str) -> bool:
    """Whether a page, a table and a terminal show a name as it is; words of many scripts have joiners."""
    return bool(name.strip()) and all(letter.isprintable() or letter in _JOINERS for letter in name)


def _folded(name: str) -> str:
    """One form for names that look the same."""
    return " ".join(unicodedata.normalize("NFC", name).translate(dict.fromkeys(map(ord, _JOINERS))).split())


def _is_colour(value: Any) -> bool:
    return isinstance(value, list) and len(value) == 3 and all(type(c) is int and 0 <= c <= 255 for c in value)


def _address(value: str | None) -> str | None:
    scheme = (value or "").partition("://")[0]
    if value is None or ("://" in value and scheme in ("http", "https") and value.isprintable()):
        return value
    if scheme != "file" or not value.startswith("file:///"):
        raise ValueError("must be an address that starts with http://, https:// or file:///, or null")
    if not is_there(unquote(urlsplit(value).path), Path.is_file):
        raise ValueError("must name a file that exists")
    return value


def refused_place(path: str) -> str | None:
    """What the place of own pairs must be, in words, if `path` cannot be one; None if it can."""
    # DVC watches the path for every dataset, and does not expand ~.
    if not path or path.startswith("~") or not is_there(path, _is_readable):
        return "a folder or an archive that exists, its name written out (no ~)"
    return "another place than what the pipeline makes, such as data/own" if _is_made_here(Path(path)) else None


def _is_readable(path: Path) -> bool:
    """Whether a path is a folder or a file, and no device or pipe, which might never end."""
    return path.is_dir() or path.is_file()


def _is_made_here(path: Path) -> bool:
    """Whether a path is, holds, or lies in a folder that a stage makes: DVC takes no output as an input."""
    place = path.resolve()
    made = [CHECKOUT / name for name in ("data/raw", "data/records")]
    return any(place == each or place in each.parents or each in place.parents for each in made)


def _split(value: str) -> str:
    if value in ("train", "val", "test", "none"):
        return value
    name, _, count = value.partition(":")
    if name != "train" or not count.isdecimal() or int(count) < 1:
        raise ValueError("must be train, val, test, none, or train:N for N pairs taken out of training")
    return value


Split = Annotated[str, AfterValidator(_split)]
Sha256 = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]


def _resolved(content: dict[str, Any]) -> dict[str, Any]:
    """The section without `auto` wherever that stands for something."""
    # Of an unknown data set the message is about its name alone.
    own = dict(next((own for name, own in _ITS_OWN.items() if name == content.get("dataset")), _ITS_OWN["facades"]))
    palette = own.get("palette") if content.get("palette") == AUTO else content.get("palette")
    if palette == "none":
        own["label_half"] = "right"  # it has no effect, so nobody has to say it
    return content | {key: value for key, value in own.items() if content.get(key) == AUTO}


class Data(Section):
    """The pairs, the meaning of their halves, and the splits. `params.yaml` explains the keys."""

    dataset: Dataset = "facades"
    direction: Annotated[Direction, _one_of("left_to_right", "right_to_left")] = "right_to_left"
    palette: Annotated[Literal["cmp", "none"] | dict[str, list[int]], PlainValidator(_palette)] = "cmp"
    label_half: Annotated[Half, _one_of("left", "right")] = "right"
    image_size: Annotated[int, AfterValidator(_power_of_two)] = 256
    input_channels: Annotated[int, Field(ge=1, le=16), Neutral(3)] = 3
    target_channels: Annotated[Literal[1, 3, 4], Neutral(3)] = 3
    input_bits: Annotated[Literal[8, 16], Neutral(8)] = 8
    target_bits: Annotated[Literal[8, 16], Neutral(8)] = 8
    evaluation_split: Split = "test"
    selection_split: Split = "val"
    url: Annotated[str | None, AfterValidator(_address), WHEREABOUTS] = None
    sha256: Annotated[Sha256 | None, WHEREABOUTS] = None
    path: Annotated[str, WHEREABOUTS] = "data/own"
    sample_seed: Annotated[Whole, WHEREABOUTS] = 0
    sample_train: Annotated[Count, WHEREABOUTS] = 64
    sample_val: Annotated[Whole, WHEREABOUTS] = 16
    sample_test: Annotated[Whole, WHEREABOUTS] = 16

    @model_validator(mode="before")
    @classmethod
    def _known(cls, content: Any) -> Any:
        """The section with the data set's own values in place of `auto`, so that nobody else meets that word."""
        return _resolved(content) if isinstance(content, dict) else content

    @model_validator(mode="after")
    def _agree(self) -> "Data":
        self._check_palette()
        self._check_label_map()
        self._check_splits()
        watched = self.dataset == "custom" or self.path != Data.model_fields["path"].default
        if watched and (allowed := refused_place(self.path)):
            raise ProblemError("path", self.path, allowed)
        return self

    def _check_palette(self) -> None:
        if self.palette == "cmp" and self.dataset not in ("facades", "sample", "custom"):
            raise ProblemError("palette", "cmp", f"none, or a list of the classes of {self.dataset}")
        if isinstance(self.palette, dict):
            if not 2 <= len(self.palette) <= 256:
                raise ProblemError("palette", self.palette, "two to 256 classes with their colours")
            if len({tuple(colour) for colour in self.palette.values()}) < len(self.palette):
                raise ProblemError("palette", self.palette, "a different colour for every class")

    def _check_label_map(self) -> None:
        """Refuse label maps that are no 8-bit RGB: the palette's colours are."""
        is_input = (self.label_half == "left") == (self.direction == "left_to_right")
        label = "input" if is_input else "target"
        for part, needed in (("channels", 3), ("bits", 8)):
            value = getattr(self, f"{label}_{part}")
            if self.palette != "none" and value != needed:
                why = f"{needed}, because the {label} is a label map, with data.palette's colours; or `palette: none`"
                raise ProblemError(f"{label}_{part}", value, why)

    def _check_splits(self) -> None:
        if self.evaluation_split == "none":
            raise ProblemError("evaluation_split", "none", "train, val, test or train:N")
        # Two splits train:N never share pairs, because evaluation takes its pairs first.
        if self.evaluation_split == self.selection_split and ":" not in self.selection_split:
            raise ProblemError(
                "selection_split",
                self.selection_split,
                "another split than data.evaluation_split (pictures that choose the model flatter it), or none",
            )
        if self.dataset == "sample":
            for key in ("evaluation_split", "selection_split"):
                split = getattr(self, key)
                if split in ("val", "test") and getattr(self, f"sample_{split}") == 0:
                    raise ProblemError(key, split, f"a split that is drawn, and data.sample_{split} is 0")
