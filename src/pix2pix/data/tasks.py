"""What an example is: named fields, each a picture, a label map or a class; and which of them is input and target."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, TypeVar

import numpy as np
from numpy.typing import NDArray
from pydantic import BeforeValidator, ConfigDict, PlainSerializer, PositiveInt, Strict
from pydantic import Field as AtLeast
from pydantic.dataclasses import dataclass

from pix2pix.params import Data, Direction, Half

Kind = Literal["picture", "label map", "class"]
Value = TypeVar("Value")
Pixels = Annotated[PositiveInt, Strict()]
# One value a field, by the field's name; see `Field.shape` and `Field.dtype`.
Example = Mapping[str, NDArray[Any]]

# The half of an archive's picture that each field is.
HALVES: dict[Direction, dict[str, Half]] = {
    "left_to_right": {"input": "left", "target": "right"},
    "right_to_left": {"input": "right", "target": "left"},
}


@dataclass(frozen=True, config=ConfigDict(extra="forbid"))
class Field:
    """One field of every example.

    Attributes:
        name: `input`, `target`, ….
        kind: `picture`: its values are colours. `label map`: its colours stand for classes, so a mixture of two of
            them is the colour of a third. `class`: one class id for the whole example.
        height, width: in pixels; 1 for a class.
        channels: of a pixel; 1 for a class.
    """

    name: str
    kind: Kind
    height: Pixels
    width: Pixels
    channels: Annotated[PositiveInt, Strict()]

    @property
    def is_label(self) -> bool:
        """Whether it is a label map."""
        return self.kind == "label map"

    @property
    def shape(self) -> tuple[int, ...]:
        """Of one value: `(height, width, channels)`, `()` of a class."""
        return () if self.kind == "class" else (self.height, self.width, self.channels)

    @property
    def dtype(self) -> np.dtype[Any]:
        """Of a value: uint8, int32 of a class."""
        return np.dtype("<i4" if self.kind == "class" else np.uint8)

    def __str__(self) -> str:
        """`label map of 256x256 pixels`; the channels are named where they are not three."""
        channels = "" if self.channels == 3 else f" of {self.channels} channels"
        return f"{self.kind} of {self.width}x{self.height} pixels{channels}"


def _by_name(told: Any) -> Any:
    """What a file says of fields, `{name: {kind, height, width, channels}}`, as fields in the order of their names."""
    if not isinstance(told, Mapping):
        return told
    entries = sorted((name, entry) for name, entry in told.items() if isinstance(entry, Mapping))
    return tuple({**entry, "name": name} for name, entry in entries) if len(entries) == len(told) else told


def told(fields: tuple[Field, ...]) -> dict[str, dict[str, Any]]:
    """Fields as a file says them: `{name: {kind, height, width, channels}}`."""
    return {
        field.name: {"kind": field.kind, "height": field.height, "width": field.width, "channels": field.channels}
        for field in fields
    }


# Fields in a pydantic model: a mapping in its file.
Fields = Annotated[tuple[Field, ...], AtLeast(min_length=1), BeforeValidator(_by_name), PlainSerializer(told)]


@dataclass(frozen=True)
class Task:
    """The fields of every example, in order.

    The field named `input` is what a generator reads, the one named `target` what it is to make; a task may lack
    either.
    """

    fields: tuple[Field, ...]

    def __str__(self) -> str:
        """`input: label map of 256x256 pixels, target: picture of 256x256 pixels`, by name."""
        return ", ".join(f"{field.name}: {field}" for field in sorted(self.fields, key=lambda field: field.name))

    def __getitem__(self, name: str) -> Field:
        """The field of this name; a `KeyError` if there is none."""
        return {field.name: field for field in self.fields}[name]

    @property
    def input(self) -> Field:
        """What a generator reads."""
        return self["input"]

    @property
    def target(self) -> Field:
        """What a generator is to make."""
        return self["target"]

    @property
    def photo(self) -> Field:
        """The first field that is a picture."""
        return next(field for field in self.fields if field.kind == "picture")

    @property
    def label(self) -> Field:
        """The first field that is a label map."""
        return next(field for field in self.fields if field.is_label)

    def photo_and_label(self, example: Mapping[str, Value]) -> tuple[Value, Value]:
        """The values (photo, label map) of an example of a task with classes."""
        return example[self.photo.name], example[self.label.name]


def halves(data: Data) -> dict[str, Half]:
    """The half of an archive's picture that is the input, and the one that is the target: `data.direction`."""
    return HALVES[data.direction]


def task(data: Data) -> Task:
    """The task that the `data` section describes: its direction, palette, half with labels and size of pictures."""
    label = None if data.palette == "none" else data.label_half
    side = data.image_size
    kinds: dict[str, Kind] = {name: "label map" if half == label else "picture" for name, half in halves(data).items()}
    return Task(tuple(Field(name, kind, side, side, 3) for name, kind in kinds.items()))
