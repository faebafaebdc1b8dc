"""Answers without a network, which a generator has to beat; each learns from the training pairs only.

For label maps there is each class in its mean colour (see `class_means`). For grey pictures that are to get colours
there are the grey picture as it is, and each level of grey in the mean colour that it has in training. For other
pictures there are the input as it is, and the mean of all training targets.
"""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pix2pix.data.channels import brought
from pix2pix.data.examples import Examples
from pix2pix.data.tasks import Task
from pix2pix.evaluation.segmenter_worth import FLOOR as CLASS_MEANS

Image = NDArray[Any]
GREY, LIGHTNESS_MEANS = "grey_input", "lightness_means"
ITSELF, MEAN = "input_itself", "mean_target"
# The names that people read, by the subject.
NAMES = {
    CLASS_MEANS: "each class in its mean colour (floor)",
    GREY: "the grey picture itself (floor)",
    LIGHTNESS_MEANS: "each lightness in its mean colour (floor)",
    ITSELF: "the input itself (floor)",
    MEAN: "the mean training target (floor)",
}
_OTHER_CHANNELS = "the input has other channels than the target, so it cannot stand in its place"
_NO_PAIRS = "the set has no pairs: no answer can be compared with a target"
_LEVELS = 256


def of_pictures(task: Task, training: Examples) -> Mapping[str, Callable[[Image], Image]]:
    """Return the floors of a task whose inputs are pictures, by their subjects; none for label maps."""
    if task.input.is_label:
        return {}
    if _gives_colours(task):
        return _of_grey(training)
    mean, bits = mean_target(training), task.target.bits
    itself = {ITSELF: lambda given: _of_bits(given, bits)} if _can_be_answers(task) else {}
    return {**itself, MEAN: lambda _: mean}


def left_out(task: Task, paired: bool) -> Mapping[str, str]:
    """Return the floors that a task whose inputs are pictures lacks, each with the reason."""
    if task.input.is_label or _gives_colours(task):
        return {}
    if not paired:
        return dict.fromkeys((ITSELF, MEAN), _NO_PAIRS)
    return {} if _can_be_answers(task) else {ITSELF: _OTHER_CHANNELS}


def mean_target(training: Examples) -> Image:
    """Return the mean of all training targets at each pixel, in their type: `(height, width, channels)`."""
    total = sum(example["target"].astype(np.int64) for example in training)
    return np.rint(total / len(training)).astype(training.task.target.dtype)


def _gives_colours(task: Task) -> bool:
    return not task.target.is_label and (task.input.channels, task.target.channels) == (1, 3)


def _can_be_answers(task: Task) -> bool:
    return task.input.channels == task.target.channels


def _of_grey(training: Examples) -> Mapping[str, Callable[[Image], Image]]:
    """Return the floors of a task that gives colours to grey pictures."""
    made, means = training.task.target, lightness_means(training)
    return {
        GREY: lambda grey: _of_bits(brought(grey, 3), made.bits),
        LIGHTNESS_MEANS: lambda grey: means[_levels(grey)],
    }


def lightness_means(training: Examples) -> Image:
    """Return the mean colour of each of the 256 levels of grey, in the type of the targets: `(256, 3)`.

    Where 16 bits are given, pictures are divided into 256 levels. A level without a pixel gets its own grey.

    Args:
        training: pairs of a grey input `(height, width, 1)` and a target `(height, width, 3)`.
    """
    made = training.task.target
    sums, counts = np.zeros((_LEVELS, 3), np.int64), np.zeros(_LEVELS, np.int64)
    for example in training:
        levels = _levels(example["input"]).ravel()
        counts += np.bincount(levels, minlength=_LEVELS)
        for channel in range(3):
            # The sums are whole numbers below 2⁵³, which float64 holds exactly.
            sums[:, channel] += np.bincount(levels, example["target"][..., channel].ravel(), _LEVELS).astype(np.int64)
    own = np.arange(_LEVELS)[:, None] * (257 if made.bits == 16 else 1)
    return np.rint(np.where(counts[:, None] > 0, sums / np.maximum(counts, 1)[:, None], own)).astype(made.dtype)


def _levels(grey: Image) -> NDArray[np.uint8]:
    """Return the level of each pixel, uint8 `(height, width)`."""
    level = grey[..., 0]
    return level if level.dtype == np.uint8 else (level >> 8).astype(np.uint8)


def _of_bits(picture: Image, bits: int) -> Image:
    """Bring a picture to 8 or 16 bits for a value."""
    if bits == 8:
        return picture if picture.dtype == np.uint8 else (picture >> 8).astype(np.uint8)
    return picture if picture.dtype == np.uint16 else picture.astype(np.uint16) * np.uint16(257)
