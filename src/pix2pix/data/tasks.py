"""What is input and what is target: the two halves of a pair, either way round."""

from dataclasses import dataclass
from typing import TypeVar

from pix2pix.params import Data, Direction

Half = TypeVar("Half")

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


@dataclass(frozen=True)
class Task:
    """How a pair of halves becomes a question and its answer.

    Attributes:
        input_is_left: the left half is the input, the right one the target; or the other way round.
        input_is_label, target_is_label: which of them is a label map, whose colours are classes; never both.
    """

    input_is_left: bool
    input_is_label: bool
    target_is_label: bool

    def input_and_target(self, left: Half, right: Half) -> tuple[Half, Half]:
        """The halves in the order (input, target)."""
        return (left, right) if self.input_is_left else (right, left)

    def photo_and_label(self, input_: Half, target: Half) -> tuple[Half, Half]:
        """Input and target of a task with classes in the order (photo, label map)."""
        return (input_, target) if self.target_is_label else (target, input_)


def direction(data: Data) -> Direction:
    """`data.direction`; for `auto` the one that the dataset is usually used in."""
    return USUAL_DIRECTION[data.dataset] if data.direction == "auto" else data.direction


def task(data: Data) -> Task:
    """The task that `data.direction`, `data.palette` and `data.label_half` describe."""
    input_is_left = direction(data) == "left_to_right"
    has_labels = data.palette != "none"
    input_is_label = has_labels and (data.label_half == "left") == input_is_left
    return Task(input_is_left, input_is_label, has_labels and not input_is_label)
