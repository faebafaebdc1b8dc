"""The training of a system on pairs: each example has an input and a target."""

import inspect
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import tensorflow as tf

from pix2pix import systems
from pix2pix.base import code
from pix2pix.data import records
from pix2pix.data.batches import Jitter, epoch_batches
from pix2pix.data.tasks import Task, direction, task
from pix2pix.params import Model, Params
from pix2pix.training.fingerprint import deciding, decisive, fingerprint
from pix2pix.training.job import Job, Setup
from pix2pix.training.looks import Measure, PairedLook
from pix2pix.training.plan import Plan
from pix2pix.training.start import Start
from pix2pix.training.watched import Watched, column


def job(params: Params, folder: Path, measures: Mapping[Watched, Measure], start: Start | None) -> Job:
    """The training that `params` describe.

    Args:
        params: the sections seed, data, model and train.
        folder: of the records.
        measures: by what pairs of the selection split are measured.
        start: the weights it begins with.

    Raises:
        DataError: the records are absent, damaged or of other parameters.
    """
    manifest, digest = records.expected(folder, params.data), records.digest(folder)
    # Those of the evaluation, too: damage is to be found before the training, not after it.
    pairs = {role: records.load(folder, role) for role in manifest.roles}
    plan = _plan(params, len(pairs["train"]), measures)

    def set_up() -> Setup:
        size, work = params.data.image_size, task(params.data)
        system = systems.load(params.model.system).build(params.model, params.train.precision, size, params.seed)
        watched = pairs.get("selection")
        look = PairedLook(
            system.products["generator"],
            work,
            validated=watched,
            drawn=pairs["train"] if watched is None else watched,
            measures=measures,
            validation_pairs=params.train.validation_pairs,
            sample_pairs=params.train.sample_pairs,
            epochs=plan.epochs,
        )
        return Setup(system, Batches(params, work, pairs["train"]), look)

    measuring = (Path(inspect.getfile(measure)) for measure in measures.values())
    decided = decisive(params, digest, code.training_digest(params.model.system, Path(__file__), *measuring))
    if start:
        decided["train.start_from"] = start.digest()
    return Job(
        kind="training",
        source="stages/train.py",
        name=f"{params.data.dataset} {_objective(params.model)}",
        parameters=deciding(params),
        decisive=decided,
        seed=params.seed,
        plan=plan,
        set_up=set_up,
        data=(manifest, digest),
        reports=Path("reports/training"),
        models=Path("models"),
        about=_about(params, fingerprint(decided)),
        start=start,
    )


def _objective(model: Model) -> str:
    """The loss, and λ where there is something to weigh."""
    return f"{model.loss} λ={model.lambda_l1:g}" if model.loss.endswith("+l1") else model.loss


def _about(params: Params, fingerprint: str) -> dict[str, Any]:
    """What the model folder says of the generator."""
    return {
        "fingerprint": fingerprint,
        "direction": direction(params.data),
        "image_size": params.data.image_size,
        "palette": params.data.palette,
        "label_half": params.data.label_half,
        "generator": params.model.generator,
        "loss": params.model.loss,
    }


class Batches:
    """The batches of a training on pairs: `input` and `target`, uint8 `(steps, batch, height, width, channels)`."""

    def __init__(self, params: Params, work: Task, pairs: records.Pairs) -> None:
        self._params, self._task, self._pairs = params, work, pairs
        self._jitter = _jitter(params, work)

    def __call__(self, epoch: int, windows: Sequence[range]) -> Iterator[dict[str, tf.Tensor]]:
        """See `training.loop.Source`."""
        train, seed = self._params.train, self._params.seed
        batches = epoch_batches(
            self._pairs, self._task, self._jitter, train.batch_size, train.buffer_size, seed, epoch, windows
        )
        for inputs, targets in batches:
            yield {"input": inputs, "target": targets}


def _jitter(params: Params, work: Task) -> Jitter:
    """Label maps are never smoothed: colours between two classes are none."""
    train, smooth = params.train, params.train.resize == "bicubic"
    return Jitter(
        params.data.image_size,
        train.jitter_scale,
        train.mirror,
        smooth_input=smooth and not work.input_is_label,
        smooth_target=smooth and not work.target_is_label,
    )


def _plan(params: Params, examples: int, measures: Mapping[Watched, Measure]) -> Plan:
    train = params.train
    select = next((each for each in measures if column(each) == train.select), None)
    return Plan(
        examples=examples,
        batch_size=train.batch_size,
        constant_epochs=train.epochs,
        decay_epochs=train.decay_epochs,
        log_every=train.log_every,
        checkpoint_epochs=train.checkpoint_epochs,
        keep_checkpoints=train.keep_checkpoints,
        checkpoint_minutes=train.checkpoint_minutes,
        select=column(select) if select else None,
        lower_is_better=select is not None and not select.higher_is_better,
    )
