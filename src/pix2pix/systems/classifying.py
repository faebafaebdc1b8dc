"""The training of the classifier on the training photos and their classes."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np

from pix2pix.base.shown import shown
from pix2pix.data.augmentation import Augmentation, AugmentedAndJittered
from pix2pix.data.batches import Batch, epoch_batches
from pix2pix.data.examples import Examples
from pix2pix.data.jitter import Jitter
from pix2pix.data.tasks import Field, Task
from pix2pix.params import Params
from pix2pix.systems import readers
from pix2pix.systems.classifier import Classifier, draw_seed
from pix2pix.systems.readers import Judge, Reader, ReaderLook
from pix2pix.training.job import Job, Setup
from pix2pix.training.plan import Plan

# Photos are enlarged by so much before a random crop to their size, 64 to 72 pixels, and half of them are mirrored.
_ENLARGED = 1.125
# How far brightness, contrast and saturation go from 1.
_COLOUR = 0.2
# Keys of the section that say nothing about a network for whole pictures; the others mean what they always do.
_WITHOUT_EFFECT = ["crop"]


class Views:
    """The batches of the classifier: `photo`, uint8 `(steps, batch, height, width, 3)`, and `class`, int32."""

    def __init__(self, photos: Examples, batch_size: int, seed: int) -> None:
        """Take examples with the fields `photo` and `class`; views follow from (seed, epoch, position)."""
        self._photos, self._batch_size, self._seed = photos, batch_size, seed
        jitter = Jitter(photos.task, _ENLARGED, mirror=True, smooth=True)
        self._variation = AugmentedAndJittered(Augmentation(photos.task, colour=_COLOUR), jitter)

    def __call__(self, epoch: int, windows: Sequence[range]) -> Iterator[Batch]:
        """See `training.source.Source`."""
        whole = len(self._photos)
        return epoch_batches(self._photos, self._variation, self._batch_size, whole, self._seed, epoch, windows)


def job(params: Params, folder: Path, judge: Judge) -> Job:
    """Return the training of the classifier.

    Args:
        params: the sections seed, data and segmenter.
        folder: the folder of the records.
        judge: the judge that chooses the epoch; its function takes photos and their class ids.

    Raises:
        DataError: see `readers.job`.
    """
    classes, seed = params.data.class_names, draw_seed(params.seed)

    def set_up(roles: Mapping[str, Examples], plan: Plan) -> Setup:
        photos = as_shown(roles["train"])
        counts = np.bincount([example["class"] for example in photos], minlength=len(classes)).tolist()
        system = Classifier(params.segmenter, params.data.size, counts, plan.steps_an_epoch, params.seed)
        watched = roles.get("selection")
        score = judge.of(*_photos_and_classes(as_shown(watched))) if watched else None
        look = ReaderLook(system.products[readers.PRODUCT], judge.measure, score, plan.epochs)
        return Setup(system, Views(photos, params.segmenter.batch_size, seed), look)

    reader = Reader(
        system="classifier",
        name="classifier",
        fields=lambda task: [field.name for field in task.fields],
        judge=judge,
        seed=seed,
        set_up=set_up,
        about={"classes": list(classes), "reads": "whole pictures", "keys_without_effect": _WITHOUT_EFFECT},
    )
    return readers.job(params, folder, reader)


def as_shown(examples: Examples) -> Examples:
    """Return examples of `photo`, the picture as it is shown, and `class`. The classifier sees all pictures so."""
    target = examples.task.target
    task = Task((Field("photo", "picture", target.height, target.width, 3), examples.task["class"]))

    def read(number: int) -> Mapping[str, np.ndarray]:
        example = examples[number]
        return {"photo": shown(example["target"]), "class": example["class"]}

    return Examples(examples.ids, task, read)


def _photos_and_classes(photos: Examples) -> tuple[list[np.ndarray], list[int]]:
    return [example["photo"] for example in photos], [int(example["class"]) for example in photos]
