"""The training of the segmenter on the photos and label maps of the training pairs."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pix2pix.base.shown import shown
from pix2pix.data.examples import Examples
from pix2pix.data.labels import Palette
from pix2pix.data.views import ClassMaps, Photos, Views
from pix2pix.params import Params
from pix2pix.systems import readers
from pix2pix.systems.readers import Judge, Reader, ReaderLook
from pix2pix.systems.segmenter import Segmenter, draw_seed
from pix2pix.training.job import Job, Setup
from pix2pix.training.plan import Plan

Pair = tuple[NDArray[np.uint8], NDArray[np.uint8]]


def job(params: Params, folder: Path, palette: Palette, judge: Judge) -> Job:
    """Return the training of the segmenter.

    Args:
        params: the sections seed, data and segmenter.
        folder: the folder of the records.
        palette: the classes.
        judge: the judge that chooses the epoch; its function takes (photo, label map) pairs and their palette.

    Raises:
        DataError: see `readers.job`.
    """
    settings = params.segmenter

    def set_up(roles: Mapping[str, Examples], plan: Plan) -> Setup:
        photos, classes = photos_and_classes(roles["train"], palette)
        system = Segmenter(settings, palette, classes, plan.steps_an_epoch, params.seed)
        views = Views(photos, classes, settings.crop, settings.batch_size, params.seed)
        watched = roles.get("selection")
        score = judge.of(_photos_and_labels(watched), palette) if watched else None
        return Setup(system, views, ReaderLook(system.products[readers.PRODUCT], judge.measure, score, plan.epochs))

    reader = Reader(
        system="segmenter",
        name=f"segmenter {settings.backbone}",
        # The segmenter is the same in both directions, so the digest names photo and label map, not input and target.
        fields=lambda task: [task.photo.name, task.label.name],
        judge=judge,
        seed=draw_seed(params.seed),
        set_up=set_up,
        about={"classes": list(palette.names), "colours": palette.colours.tolist()},
    )
    return readers.job(params, folder, reader)


def photos_and_classes(examples: Examples, palette: Palette) -> tuple[Photos, ClassMaps]:
    """Return all photos, uint8 `(n, height, width, 3)`, and their class maps, uint8 `(n, height, width)`."""
    pairs = _photos_and_labels(examples)
    return np.stack([photo for photo, _ in pairs]), np.stack([palette.classes(label) for _, label in pairs])


def _photos_and_labels(examples: Examples) -> list[Pair]:
    """Return the photos as they are shown, which is how the segmenter sees them, and the label maps."""
    pairs = map(examples.task.photo_and_label, examples)
    return [(shown(photo), label) for photo, label in pairs]
