"""The task: the named fields of an example (pictures, label maps, classes), and which is input and which is target."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Annotated, Any, Literal, TypeVar

import numpy as np
from numpy.typing import NDArray
from pydantic import BeforeValidator, ConfigDict, PlainSerializer, PositiveInt, Strict
from pydantic import Field as AtLeast
from pydantic.dataclasses import dataclass

from pix2pix.base.errors import number_of
from pix2pix.data.channels import Asked
from pix2pix.params import Data, Direction, Half, TaskName

Kind = Literal["picture", "label map", "instance map", "class"]
Value = TypeVar("Value")
# Where pictures belong that hold both halves of a pair.
HALVES_LAYOUT = "pictures belong in train/, val/ or test/, all under at most one folder (pairs/train/1.jpg)"
# The place of pictures that may be in any folder and have any name.
ANYWHERE = "*"
Pixels = Annotated[PositiveInt, Strict()]
# The value of each field, by its name; see `Field.shape` and `Field.dtype`.
Example = Mapping[str, NDArray[Any]]

# For each direction, the half of an archive's picture that becomes the input and the target.
HALVES: dict[Direction, dict[str, Half]] = {
    "left_to_right": {"input": "left", "target": "right"},
    "right_to_left": {"input": "right", "target": "left"},
}
# The names of the fields for the way back.
TURNED = {"input": "target", "target": "input"}
# The fields that a generator may read.
READ = ("input", "instances")


@dataclass(frozen=True, config=ConfigDict(extra="forbid"))
class Field:
    """One field of every example.

    Attributes:
        name: `input`, `target` and so on.
        kind: a `picture` has colours as its values. The colours of a `label map` stand for classes, and a mixture of
            two colours may stand for a third class. The values of an `instance map` are ids: pixels of one object have
            one id. A `class` is one class id for the whole example.
        height, width: the size in pixels; 1 for a class.
        channels: the number of values of a pixel; 1 for a class. A picture has 1 for grey, 3 for RGB, 4 for RGBA, and
            other numbers for bands.
        bits: 8 or 16 for a value of a picture.
    """

    name: str
    kind: Kind
    height: Pixels
    width: Pixels
    channels: Annotated[PositiveInt, Strict()]
    bits: Literal[8, 16] = 8

    @property
    def is_label(self) -> bool:
        """Whether the field is a label map."""
        return self.kind == "label map"

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of a value: `(height, width, channels)`, or `()` for a class."""
        return () if self.kind == "class" else (self.height, self.width, self.channels)

    @property
    def dtype(self) -> np.dtype[Any]:
        """The dtype of a value: uint8 or, of 16 bits, uint16; int32 for a class."""
        return np.dtype("<i4" if self.kind == "class" else "<u2" if self.bits == 16 else np.uint8)

    @property
    def asked(self) -> Asked:
        """What is asked of a picture file that holds the field."""
        return Asked(self.channels, self.bits)

    def __str__(self) -> str:
        """Describe the field: `label map of 256x256 pixels`, with channels and bits if they are not three and 8."""
        if self.kind == "class":
            return "class"
        channels = "" if self.channels == 3 else f" of {number_of(self.channels, 'channel')}"
        bits = "" if self.bits == 8 else f" of {self.bits} bits"
        return f"{self.kind} of {self.width}x{self.height} pixels{channels}{bits}"


def _by_name(told: Any) -> Any:
    """Read `{name: {kind, height, width, channels, …}}` from a file as fields in the order of their names."""
    if not isinstance(told, Mapping):
        return told
    entries = sorted((name, entry) for name, entry in told.items() if isinstance(entry, Mapping))
    return tuple({**entry, "name": name} for name, entry in entries) if len(entries) == len(told) else told


def told(fields: tuple[Field, ...]) -> dict[str, dict[str, Any]]:
    """Return fields as a file has them: `{name: {kind, height, width, channels}}`, and `bits` where they are not 8."""
    return {
        field.name: {"kind": field.kind, "height": field.height, "width": field.width, "channels": field.channels}
        | ({} if field.bits == 8 else {"bits": field.bits})
        for field in fields
    }


# The type of fields in a pydantic model; the model's file has a mapping.
Fields = Annotated[tuple[Field, ...], AtLeast(min_length=1), BeforeValidator(_by_name), PlainSerializer(told)]


@dataclass(frozen=True)
class Task:
    """The fields of every example, in order.

    A generator reads the field `input`, and with it `instances`, the instance map of a label map. It learns to make the
    field `target`. A task may lack any of them.
    """

    fields: tuple[Field, ...]

    def __str__(self) -> str:
        """Describe the fields: `input: label map of 256x256 pixels, target: picture of 256x256 pixels`."""
        return ", ".join(f"{field.name}: {field}" for field in sorted(self.fields, key=lambda field: field.name))

    def __getitem__(self, name: str) -> Field:
        """Return the field of a name; raise `KeyError` if there is none."""
        return {field.name: field for field in self.fields}[name]

    @property
    def input(self) -> Field:
        """The field that a generator reads."""
        return self["input"]

    @property
    def target(self) -> Field:
        """The field that a generator learns to make."""
        return self["target"]

    def turned(self) -> "Task":
        """Return the task of the way back: the target is the input, and the input the target."""
        return Task(tuple(replace(self[other], name=name) for name, other in TURNED.items()))

    @property
    def given(self) -> Field | None:
        """The field `input`, if there is one."""
        return next((field for field in self.fields if field.name == "input"), None)

    @property
    def read(self) -> tuple[Field, ...]:
        """The fields that a generator reads, in the order of `READ`."""
        named = {field.name: field for field in self.fields}
        return tuple(named[name] for name in READ if name in named)

    @property
    def has_instances(self) -> bool:
        """Whether a generator reads an instance map beside its input."""
        return len(self.read) > 1

    @property
    def photo(self) -> Field:
        """The first field that is a picture."""
        return next(field for field in self.fields if field.kind == "picture")

    @property
    def label(self) -> Field:
        """The first field that is a label map."""
        return next(field for field in self.fields if field.is_label)

    def photo_and_label(self, example: Mapping[str, Value]) -> tuple[Value, Value]:
        """Return the values (photo, label map) of an example. The task has to have a field of each kind."""
        return example[self.photo.name], example[self.label.name]


def beside(example: Example) -> dict[str, NDArray[Any]]:
    """Return what a generator reads of an example beside its input, by the name of the field."""
    return {name: example[name] for name in READ[1:] if name in example}


def halves(data: Data) -> dict[str, Half]:
    """Return the half of an archive's picture for each field that is read from it, by `data.direction`.

    Where each field has files of its own, the input counts as the left half, and the target as the right one.
    """
    cut = HALVES[data.direction]
    return {"target": cut["target"]} if data.single else cut


def places(data: Data) -> dict[str, str] | None:
    """Return where the files of each field are in an archive; None if the fields are halves of one picture."""
    if data.halved:
        return None
    if data.inputs is None or data.targets is None:
        return {"target": ANYWHERE}
    instances = {} if data.instances is None else {"instances": data.instances}
    return {"input": data.inputs, **instances, "target": data.targets}


def layout(data: Data) -> str:
    """Return in words where the pictures of an archive or a folder belong."""
    if data.halved:
        return HALVES_LAYOUT
    if data.single:
        return "pictures may lie in it, and in folders of any names below it"
    return "data.inputs and data.targets say where pictures belong"


def task(data: Data) -> Task:
    """Return the task that the `data` section describes."""
    return _TASKS[data.task](data)


def _pairs(data: Data) -> Task:
    """Return the fields of a pair, by direction, palette, label half and picture size, and its instance map."""
    height, width = data.size
    kinds: dict[str, Kind] = {
        name: "label map" if name == data.label_field else "picture" for name in ("input", "target")
    }
    channels = {"input": data.input_channels, "target": data.target_channels}
    bits = {"input": data.input_bits, "target": data.target_bits}
    fields = [Field(name, kind, height, width, channels[name], bits[name]) for name, kind in kinds.items()]
    if data.instances is not None:
        fields.insert(1, Field("instances", "instance map", height, width, 1, 16))  # by name, as files have them
    return Task(tuple(fields))


def _pictures(data: Data) -> Task:
    """Return the field of a single picture."""
    return Task((Field("target", "picture", *data.size, data.target_channels, data.target_bits),))


def _labelled(data: Data) -> Task:
    """Return the class of a single picture, and its field; files have fields in the order of their names, too."""
    return Task((Field("class", "class", 1, 1, 1), *_pictures(data).fields))


def _colourise(data: Data) -> Task:
    """Return the grey of a photo, and its colours."""
    grey = Field("input", "picture", *data.size, data.input_channels, data.input_bits)
    return Task((grey, Field("target", "picture", *data.size, data.target_channels, data.target_bits)))


# The fields of each task, by `data.task`.
_TASKS: dict[TaskName, Callable[[Data], Task]] = {
    "pairs": _pairs,
    "unpaired": _pairs,
    "pictures": _pictures,
    "colourise": _colourise,
    "labelled": _labelled,
}
