"""The training of the segmenter on the photos and label maps of the training pairs."""

import inspect
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import keras
import numpy as np
from numpy.typing import NDArray

from pix2pix.base import code, files
from pix2pix.base.determinism import make_deterministic
from pix2pix.base.shown import shown
from pix2pix.data import records
from pix2pix.data.examples import Examples
from pix2pix.data.labels import Palette
from pix2pix.data.views import ClassMaps, Photos, Views
from pix2pix.params import Params, names
from pix2pix.systems.segmenter import Segmenter, draw_seed
from pix2pix.training.fingerprint import SEGMENTER, deciding, decisive
from pix2pix.training.job import Job, Setup
from pix2pix.training.loop import Trained
from pix2pix.training.plan import Plan
from pix2pix.training.progress import Row
from pix2pix.training.watched import Watched, column

REPORTS, MODELS = Path("reports/segmenter"), Path("models")
# The number of epochs between two looks at the selection split.
LOOK_EVERY = 10


Score = Callable[[keras.Model], float]
Pair = tuple[NDArray[np.uint8], NDArray[np.uint8]]


class Judge(NamedTuple):
    """A judge of a model on pairs that are not trained on.

    Attributes:
        measure: the measure.
        of: a function of (photo, label map) pairs and their palette. It returns the function that measures a model.
    """

    measure: Watched
    of: Callable[[Sequence[Pair], Palette], Score]


class SegmenterLook:
    """A `training.looks.Look` that scores the selection split every `LOOK_EVERY` epochs and after the last."""

    def __init__(self, model: keras.Model, measure: Watched, score: Score | None, epochs: int) -> None:
        self._model, self._measure, self._score, self._epochs = model, measure, score, epochs
        self.watched: tuple[Watched, ...] = (measure,) if score else ()

    def validation(self, epoch: int) -> Row | None:
        """Return the score if the model is scored after this epoch, otherwise None."""
        if self._score is None or not (epoch % LOOK_EVERY == 0 or epoch == self._epochs):
            return None
        return {"epoch": epoch, column(self._measure): self._score(self._model)}

    def draws(self, epoch: int) -> bool:  # noqa: ARG002
        """Nothing is drawn."""
        return False

    def sample(self, epoch: int) -> Photos:
        """Nothing is drawn."""
        raise NotImplementedError


def job(params: Params, folder: Path, palette: Palette, judge: Judge) -> Job:
    """Return the training of the segmenter.

    Args:
        params: the sections seed, data and segmenter.
        folder: the folder of the records.
        palette: the classes.
        judge: the judge that chooses the epoch; among equally good epochs the first. Without a selection split the
            last epoch is taken.

    Raises:
        DataError: the records are missing, damaged or made for other parameters.
    """
    manifest = records.expected(folder, params.data)
    # The records of the evaluation are loaded, too, so that damage is found before the training and not after it.
    roles = {role: records.load(folder, role) for role in manifest.roles}
    examples, looked_at = roles["train"], roles.get("selection")
    # The segmenter is the same in both directions, so the digest names photo and label map, not input and target.
    digest = records.digest(folder, [examples.task.photo.name, examples.task.label.name])
    settings = params.segmenter
    plan = Plan(
        examples=len(examples),
        batch_size=settings.batch_size,
        constant_epochs=settings.epochs,
        decay_epochs=0,
        log_every=settings.log_every,
        checkpoint_epochs=LOOK_EVERY,
        keep_checkpoints=1,
        checkpoint_minutes=settings.checkpoint_minutes,
        select=column(judge.measure) if looked_at else None,
    )

    decided_by = code.training_digest("segmenter", Path(__file__), Path(inspect.getfile(judge.of)))

    def set_up() -> Setup:
        make_deterministic(params.seed)
        photos, classes = photos_and_classes(examples, palette)
        system = Segmenter(settings, palette, classes, plan.steps_an_epoch, params.seed)
        views = Views(photos, classes, settings.crop, settings.batch_size, params.seed)
        score = judge.of(_photos_and_labels(looked_at), palette) if looked_at else None
        return Setup(system, views, SegmenterLook(system.products["segmenter"], judge.measure, score, plan.epochs))

    return Job(
        kind="segmenter",
        source="stages/segmenter.py",
        name=f"segmenter {settings.backbone}",
        parameters=deciding(params, SEGMENTER),
        decisive=decisive(params, digest, decided_by, SEGMENTER),
        seed=draw_seed(params.seed),
        plan=plan,
        set_up=set_up,
        data=(names.data_set(params.data), manifest, digest),
        reports=REPORTS,
        models=MODELS,
        about=lambda _, epoch, chosen: {
            "classes": list(palette.names),
            "colours": palette.colours.tolist(),
            "epoch": epoch,
            "selected_by": chosen,
        },
    )


def photos_and_classes(examples: Examples, palette: Palette) -> tuple[Photos, ClassMaps]:
    """Return all photos, uint8 `(n, height, width, 3)`, and their class maps, uint8 `(n, height, width)`."""
    pairs = _photos_and_labels(examples)
    return np.stack([photo for photo, _ in pairs]), np.stack([palette.classes(label) for _, label in pairs])


def _photos_and_labels(examples: Examples) -> list[Pair]:
    """Return the photos as they are shown, which is how the segmenter sees them, and the label maps."""
    pairs = map(examples.task.photo_and_label, examples)
    return [(shown(photo), label) for photo, label in pairs]


def chosen(trained: Trained) -> dict[str, float]:
    """Return `selected_epoch` (from 1) and, if a judge chose it, the judge's score `selection_class_iou`."""
    found = next((row for row in trained.progress.validation if row["epoch"] == trained.epoch), {})
    scores = {f"selection_{each.key}": found[column(each)] for each in trained.watched}
    return {"selected_epoch": trained.epoch, **scores}


def write_absent() -> None:
    """Write outputs that say that a data set without classes has no segmenter."""
    for folder in (MODELS / "segmenter", REPORTS):
        with files.whole(folder) as new:
            files.write_json(new / "about.json", {"classes": None})
