"""The terms of an evaluation: the task of the model, and the pictures. Only scores of equal terms are compared."""

from collections.abc import Mapping
from dataclasses import dataclass

from pix2pix.base.errors import number_of
from pix2pix.data.labels import Palette
from pix2pix.data.tasks import Field

# A longer value is not shown.
_LONGEST_SHOWN = 60


@dataclass(frozen=True)
class Terms:
    """The terms of an evaluation, in words.

    Attributes:
        input, target: the fields, with kind and size; `noise` for the input of a model that starts from noise.
        direction: the direction in which the model translates.
        classes: the names and colours of the classes, or `none`.
        data_set: the name of the data set.
        evaluated: the number of examples and their split.
        pictures: the SHA-256 of the ids and values of these examples, 64 hexadecimal digits.
    """

    input: str
    target: str
    direction: str
    classes: str
    data_set: str
    evaluated: str
    pictures: str

    def other_task(self, other: "Terms") -> str:
        """Say how the other task differs; "" for the same task.

        Equal pictures are of one data set, whatever its name is.
        """
        data_set = () if self.pictures == other.pictures else ("data_set",)
        return self._differing(other, "input", "target", "direction", "classes", *data_set)

    def other_pictures(self, other: "Terms") -> str:
        """Say how the other evaluation pictures differ; "" for the same pictures."""
        if self.pictures == other.pictures:
            return ""
        return self._differing(other, "evaluated") or f"both are {self.evaluated}, with other ids or pixels"

    def _differing(self, other: "Terms", *names: str) -> str:
        pairs = {name: (str(getattr(self, name)), str(getattr(other, name))) for name in names}
        return "; ".join(
            _difference(name.replace("_", " "), *both) for name, both in pairs.items() if both[0] != both[1]
        )


def terms(
    fields: Mapping[str, Field],
    direction: str,
    palette: Palette | None,
    data_set: str,
    split: str,
    pairs: int,
    pictures: str,
    example: str = "pair",
) -> Terms:
    """Return the terms of an evaluation.

    Args:
        fields: the fields `input`, if there is one, and `target` of the model.
        direction: the direction in which it translates, as in `data.direction`.
        palette: the classes, if there are any.
        data_set: the name of the data set.
        split: the split of the evaluation.
        pairs: the number of evaluated examples.
        pictures: the SHA-256 of their ids and values; see `RoleEntry.pictures`.
        example: the word for an example.
    """
    return Terms(
        input=str(fields.get("input", "noise")),
        target=str(fields["target"]),
        direction=direction,
        classes=_classes(palette),
        data_set=data_set,
        evaluated=f"{number_of(pairs, example)} of {split}",
        pictures=pictures,
    )


def _classes(palette: Palette | None) -> str:
    if palette is None:
        return "none"
    return ", ".join(f"{name} {colour}" for name, colour in zip(palette.names, palette.colours.tolist(), strict=True))


def _difference(name: str, one: str, other: str) -> str:
    return f"other {name}" if max(map(len, (one, other))) > _LONGEST_SHOWN else f"{name}: {one} against {other}"
