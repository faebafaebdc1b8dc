"""A measure: what its score is called, which way is better, and which pictures it needs."""

from dataclasses import dataclass
from typing import Protocol

from pix2pix.base.errors import number_of


class Target(Protocol):
    """What a measure has to know of the field of the targets; see `data.tasks.Field`."""

    @property
    def is_label(self) -> bool:
        """Whether the targets are label maps."""

    @property
    def channels(self) -> int:
        """The number of values of a pixel."""


_NO_PAIRS = "the set has no pairs: no target is known to belong to an input"


@dataclass(frozen=True)
class Group:
    """Measures that are counted in the same way and stand in one table.

    Attributes:
        key: the name of the group among what an evaluation leaves out.
        needs_pairs: the input and the target of an example have to belong together.
        needs_photos: the targets have to be photos.
        needs_rgb: the targets have to have three colours.
        needs_classes: the data set has to have classes.
        reason: why an evaluation leaves the group out, if the data set lacks what it needs.
    """

    key: str
    needs_pairs: bool = False
    needs_photos: bool = False
    needs_rgb: bool = False
    needs_classes: bool = False
    reason: str = ""

    def lacks(self, target: Target, classes: bool, pairs: bool = True) -> str | None:
        """Return why this group cannot measure a data set, or None if it can.

        Args:
            target: the field of the targets.
            classes: the data set has classes.
            pairs: input and target belong together.
        """
        if self.needs_pairs and not pairs:
            return _NO_PAIRS
        if (self.needs_photos and target.is_label) or (self.needs_classes and not classes):
            return self.reason
        if self.needs_rgb and target.channels != 3:
            return f"it takes the colours of RGB, and the targets have {number_of(target.channels, 'channel')}"
        return None


_NO_LOOKS = "the colours of label maps stand for classes, not for how a picture looks"
# A number for each image, from its real and its generated picture. A split scores the mean of these numbers.
LIKENESS = Group("likeness", needs_pairs=True)
# A number for each image, from its input and from what comes back when the answer is translated back.
CYCLE = Group("cycle")
# A number from the histograms of all pixels of the split.
COLOUR = Group("lab", needs_pairs=True, needs_photos=True, needs_rgb=True, reason=_NO_LOOKS)
# A number for each image, from one picture alone: generated pictures have it, and real ones, too.
APPEARANCE = Group("colourfulness", needs_photos=True, needs_rgb=True, reason=_NO_LOOKS)
# The same of the pattern that a network may leave in the pixels, whatever their colours.
PATTERN = Group("checkerboard", needs_photos=True, reason="label maps have flat colours, and no texture to compare")
# What is measured in one picture alone.
ALONE = (APPEARANCE, PATTERN)
# A number from the confusion matrix of all pixels of the split.
SEGMENTATION = Group(
    "fcn_scores",
    needs_pairs=True,
    needs_classes=True,
    reason="data.palette is none: there are no classes to read",
)

# A number for each input, from several answers to it.
ANSWERS = Group("diversity")

# A number from two sets of pictures, which have no partners in each other: what is made from noise, and real pictures.
SAMPLES = Group("samples")
# A number from the classes that pictures were asked for, and those that a classifier reads from them.
ASKED = Group("asked_class")
# Real pictures of the evaluation, with their own class and with any other one.
HELD_OUT, OTHER_CLASS = "held_out", "other_class"


@dataclass(frozen=True)
class Measure:
    """A row of the table of measures. `scoring` finds the function of a measure by its key.

    Attributes:
        key: the name in files, on the command line and in MLflow.
        title: the name for people, with its range or unit in brackets.
        group: how it is counted.
        higher_is_better: whether more is better.
        digits: decimals that are worth showing.
        note: how to read it, in a sentence.
        smallest: the least height and width of a picture, in pixels.
        each_image: whether a single image has a meaningful score, which then stands in `images.csv`.
        compared: whether the difference of two models is tested on the same images. This is impossible for colours,
            because the histograms of single images are not kept.
        headline: whether it is one of the few that are shown where room is short.
        leads: whether it ranks models and pictures for its group.
        wanted: which score is better, in words, if neither more nor less is.
    """

    key: str
    title: str
    group: Group
    higher_is_better: bool = True
    digits: int = 3
    note: str = ""
    smallest: int = 1
    each_image: bool = True
    compared: bool = True
    headline: bool = True
    leads: bool = False
    wanted: str = ""

    @property
    def short(self) -> str:
        """The title without its brackets."""
        return self.title.partition(" (")[0]

    @property
    def direction(self) -> str:
        """Which score is better, in words."""
        if self.group in ALONE:
            return "nearer to that of real pictures"
        return self.wanted or ("higher" if self.higher_is_better else "lower")

    def figure(self, subject: str = "generated") -> str:
        """Return the name that a subject's score has in `metrics/evaluate.json`.

        Measures of likeness and of colours compare a generated picture with the real one, so their names have no
        subject. Of the others, the generated pictures have the plain key, but for segmentation scores.
        """
        others = self.group in (*ALONE, ANSWERS, SAMPLES, ASKED) and subject != "generated"
        several = self.group is SEGMENTATION or others
        return f"{subject}_{self.key}" if several else self.key

    def too_small(self, side: int) -> str | None:
        """Return why pictures with this smaller side, in pixels, cannot be measured, or None if they can be."""
        if side < self.smallest:
            return f"it needs sides of at least {self.smallest} pixels; the smaller side of these has {side}"
        return None

    def show(self, value: float, sign: str = "") -> str:
        """Format a value with `digits` decimals; `sign` is `+` for a difference."""
        return f"{value:{sign}.{self.digits}f}"
