"""What the trainings of the stage `segmenter` share: a network learns to read classes from real training photos.

The segmenter reads a class for each pixel, the classifier one for the whole picture.
"""

import inspect
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import keras

from pix2pix.base import code, files
from pix2pix.base.determinism import make_deterministic
from pix2pix.data import manifests, records
from pix2pix.data.examples import Examples
from pix2pix.data.tasks import Task
from pix2pix.params import Params, names
from pix2pix.params import Segmenter as Settings
from pix2pix.training.fingerprint import SEGMENTER, deciding, decisive
from pix2pix.training.job import Job, Setup
from pix2pix.training.layout import layout
from pix2pix.training.looks import Image
from pix2pix.training.loop import Trained
from pix2pix.training.plan import Plan
from pix2pix.training.progress import Row
from pix2pix.training.watched import Watched, column

REPORTS, MODELS = Path("reports/segmenter"), Path("models")
# The name of the network among the products, whichever it is: the stage and its outputs have this name.
PRODUCT = "segmenter"
# The number of epochs between two looks at the selection split.
LOOK_EVERY = 10
# The weight decay of AdamW (Loshchilov & Hutter 2019), which applies to the kernels only.
_WEIGHT_DECAY = 0.05

Score = Callable[[keras.Model], float]


class Judge(NamedTuple):
    """A judge of a model on photos that are not trained on.

    Attributes:
        measure: the measure.
        of: a function of the photos with what is to be read from them. It returns the function that measures a model.
    """

    measure: Watched
    of: Callable[..., Score]


class Reader(NamedTuple):
    """One of the trainings.

    Attributes:
        system: the name of its module in `systems`.
        name: the name for people.
        fields: a function of the task. It returns the names of the fields that decide the training.
        judge: the judge that chooses the epoch.
        seed: the seed of its draws.
        set_up: a function of the examples by role, and of the plan.
        about: what the model's `about.json` says besides the epoch.
    """

    system: str
    name: str
    fields: Callable[[Task], Sequence[str]]
    judge: Judge
    seed: int
    set_up: Callable[[Mapping[str, Examples], Plan], Setup]
    about: Mapping[str, Any]


class ReaderLook:
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

    def sample(self, epoch: int) -> Image:
        """Nothing is drawn."""
        raise NotImplementedError


def job(params: Params, folder: Path, reader: Reader) -> Job:
    """Return the training of a reader.

    Args:
        params: the sections seed, data and segmenter.
        folder: the folder of the records.
        reader: the reader. Among equally good epochs the judge chooses the first. Without a selection split the last
            epoch is taken.

    Raises:
        UsageError: several processes cannot share the replicas of a step.
        DataError: the records are missing, damaged or made for other parameters.
    """
    layout(params.segmenter.replicas)  # TensorFlow has to hear of other processes before it does anything
    manifest = manifests.expected(folder, params.data)
    # The evaluation's records are loaded, too: of sets that are checked at once, damage is found before the training.
    roles: dict[str, Examples] = {role: records.load(folder, role) for role in manifest.roles}
    digest = manifests.digest(manifest, reader.fields(roles["train"].task))
    plan = _plan(params.segmenter, len(roles["train"]), reader.judge.measure if "selection" in roles else None)
    modules = (Path(inspect.getfile(part)) for part in (reader.set_up, reader.judge.of))

    def set_up() -> Setup:
        make_deterministic(params.seed)
        return reader.set_up(roles, plan)

    return Job(
        kind="segmenter",
        source="stages/segmenter.py",
        name=reader.name,
        parameters=deciding(params, SEGMENTER),
        decisive=decisive(params, digest, code.training_digest(reader.system, *modules), SEGMENTER),
        seed=reader.seed,
        plan=plan,
        set_up=set_up,
        data=(names.data_set(params.data), manifest, digest),
        reports=REPORTS,
        models=MODELS,
        about=lambda _, epoch, chosen: {**reader.about, "epoch": epoch, "selected_by": chosen},
    )


def _plan(settings: Settings, examples: int, measure: Watched | None) -> Plan:
    return Plan(
        examples=examples,
        batch_size=settings.batch_size,
        replicas=settings.replicas,
        constant_epochs=settings.epochs,
        decay_epochs=0,
        log_every=settings.log_every,
        checkpoint_epochs=LOOK_EVERY,
        keep_checkpoints=1,
        checkpoint_minutes=settings.checkpoint_minutes,
        select=column(measure) if measure else None,
    )


def adamw(settings: Settings, steps: int, name: str) -> keras.optimizers.Optimizer:
    """Return AdamW, whose rate rises to the learning rate within an epoch and then falls to 0 along a cosine.

    Args:
        settings: the `segmenter` section.
        steps: the number of steps in an epoch.
        name: the name of its variables.
    """
    rate = settings.learning_rate
    schedule = keras.optimizers.schedules.CosineDecay(
        rate / steps, max((settings.epochs - 1) * steps, 1), warmup_target=rate, warmup_steps=steps
    )
    optimizer = keras.optimizers.AdamW(schedule, weight_decay=_WEIGHT_DECAY, name=name)
    optimizer.exclude_from_weight_decay(var_names=["bias", "gamma", "beta"])
    return optimizer


def chosen(trained: Trained) -> dict[str, float]:
    """Return `selected_epoch` (from 1) and, if a judge chose it, the judge's score, such as `selection_class_iou`."""
    found = next((row for row in trained.progress.validation if row["epoch"] == trained.epoch), {})
    scores = {f"selection_{each.key}": found[column(each)] for each in trained.watched}
    return {"selected_epoch": trained.epoch, **scores}


def write_absent() -> None:
    """Write outputs that say that a data set without classes has no reader."""
    for folder in (MODELS / PRODUCT, REPORTS):
        with files.whole(folder) as new:
            files.write_json(new / "about.json", {"classes": None})
