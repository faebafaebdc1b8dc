"""The training of the segmenter on the photos and label maps of the training pairs."""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import keras
import numpy as np

from pix2pix.base import files
from pix2pix.data import records
from pix2pix.data.batches import plain
from pix2pix.data.labels import Palette
from pix2pix.data.tasks import Task, task
from pix2pix.data.views import ClassMaps, Photos, Views
from pix2pix.params import Params
from pix2pix.systems.segmenter import Segmenter, draw_seed
from pix2pix.training.fingerprint import SEGMENTER, deciding, decisive
from pix2pix.training.job import Job, Setup
from pix2pix.training.loop import Trained
from pix2pix.training.plan import Plan
from pix2pix.training.progress import Row
from pix2pix.training.watched import Watched, column

REPORTS, MODELS = Path("reports/segmenter"), Path("models")
# Epochs between two looks at the selection split.
LOOK_EVERY = 10


class Judge(NamedTuple):
    """How good a model is on pairs that are not trained on: what is measured, and the function that does it."""

    measure: Watched
    score: Callable[[keras.Model], float]


class SegmenterLook:
    """See `training.looks.Look`: a score on the selection split, every `LOOK_EVERY` epochs and after the last."""

    def __init__(self, model: keras.Model, judge: Judge | None, epochs: int) -> None:
        self._model, self._judge, self._epochs = model, judge, epochs
        self.watched: tuple[Watched, ...] = (judge.measure,) if judge else ()

    def validation(self, epoch: int) -> Row | None:
        """The figure, where there is a judge and the epoch is one of those."""
        if self._judge is None or not (epoch % LOOK_EVERY == 0 or epoch == self._epochs):
            return None
        return {"epoch": epoch, column(self._judge.measure): self._judge.score(self._model)}

    def draws(self, epoch: int) -> bool:  # noqa: ARG002
        """Nothing is drawn."""
        return False

    def sample(self, epoch: int) -> Photos:
        """Nothing is drawn."""
        raise NotImplementedError


def job(params: Params, folder: Path, palette: Palette, judge: Judge | None, code: str) -> Job:
    """The training of the segmenter.

    Args:
        params: the sections seed, data and segmenter.
        folder: of the records.
        palette: the classes.
        judge: chooses the best of the models looked at, of equally good ones the first; None: the last one.
        code: the digest of the code that decides the training.

    Raises:
        DataError: the records are absent, damaged or of other parameters.
    """
    manifest, digest = records.expected(folder, params.data), records.digest(folder)
    pairs = records.load(folder, "train")
    settings = params.segmenter
    plan = Plan(
        examples=len(pairs),
        batch_size=settings.batch_size,
        constant_epochs=settings.epochs,
        decay_epochs=0,
        log_every=settings.log_every,
        checkpoint_epochs=LOOK_EVERY,
        keep_checkpoints=1,
        checkpoint_minutes=settings.checkpoint_minutes,
        select=column(judge.measure) if judge else None,
    )

    def set_up() -> Setup:
        photos, classes = photos_and_classes(pairs, task(params.data), palette)
        system = Segmenter(settings, palette, classes, plan.steps_an_epoch, params.seed)
        views = Views(photos, classes, settings.crop, settings.batch_size, params.seed)
        return Setup(system, views, SegmenterLook(system.products["segmenter"], judge, plan.epochs))

    return Job(
        kind="segmenter",
        source="stages/segmenter.py",
        name=f"segmenter {settings.backbone}",
        parameters=deciding(params, SEGMENTER),
        decisive=decisive(params, digest, code, SEGMENTER),
        seed=draw_seed(params.seed),
        plan=plan,
        set_up=set_up,
        data=(manifest, digest),
        reports=REPORTS,
        models=MODELS,
        about={"classes": list(palette.names), "colours": palette.colours.tolist()},
    )


def photos_and_classes(pairs: records.Pairs, work: Task, palette: Palette) -> tuple[Photos, ClassMaps]:
    """All photos, uint8 `(n, size, size, 3)`, and their class maps, uint8 `(n, size, size)`."""
    halves = [work.photo_and_label(*pair) for pair in plain(pairs, work)]
    photos = np.stack([photo for photo, _ in halves])
    return photos, np.stack([palette.classes(label) for _, label in halves])


def chosen(trained: Trained) -> dict[str, float]:
    """`selected_epoch`, from 1, and with a judge what it said of that epoch's model: `selection_class_iou`."""
    found = next((row for row in trained.progress.validation if row["epoch"] == trained.epoch), {})
    scores = {f"selection_{each.key}": found[column(each)] for each in trained.watched}
    return {"selected_epoch": trained.epoch, **scores}


def write_absent() -> None:
    """Say in the outputs of a data set without classes that there is no segmenter."""
    for folder in (MODELS / "segmenter", REPORTS):
        with files.whole(folder) as new:
            files.write_json(new / "about.json", {"classes": None})
