"""The MLflow runs of the project.

A training has one run, which continues after an interruption. Each evaluation has a run nested in the training's run.
An ablation or a search has a run that is the parent of the runs of its trainings.
"""

import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from pix2pix.base.errors import StoppedError
from pix2pix.base.files import sha256_of
from pix2pix.params import Params, names
from pix2pix.tracking import champion
from pix2pix.tracking.opening import Opening
from pix2pix.tracking.provenance import provenance_tags
from pix2pix.tracking.run import Run

if TYPE_CHECKING:  # the stage evaluate imports this module, and must not import code that trains
    from pix2pix.training.job import Job


@contextmanager
def training_run(job: "Job", experiment: str, known: str | None = None) -> Iterator[Run]:
    """Continue the run of a training, or make it if there is none.

    The run ends FINISHED; or FAILED, if a `UserError` or a bug ends the block; or KILLED, if an interrupt or a
    `StoppedError` does. Only one process at a time may be in the block for a training.

    Args:
        job: the training. Trainings with equal fingerprints share a run.
        experiment: the name of the MLflow experiment; see `names.experiment`.
        known: the id of the run that an earlier session of this training had, if any.
    """
    name = f"{job.name} {job.fingerprint[:6]}"
    run = Run(Opening(experiment, job.kind, job.fingerprint, name, job.source, known))
    run.params(job.parameters)
    run.tags(provenance_tags())
    with _ended(run):
        yield run


@contextmanager
def evaluation_run(params: Params, fingerprint: str, back: bool = False) -> Iterator[tuple[Run, Run | None]]:
    """Make a run for an evaluation, nested in its training's run; yield both, None for a training without a run.

    Args:
        params: the sections data, segmenter, model, evaluate and tracking.
        fingerprint: the fingerprint of the training.
        back: whether the model for the way back was evaluated.
    """
    experiment, key = names.experiment(params), uuid.uuid4().hex
    name = f"evaluation of {fingerprint[:6]} on {params.data.evaluation_split}{', back' if back else ''}"
    source = "stages/evaluate.py"
    run = Run(Opening(experiment, "evaluation", fingerprint, name, source, key=key, parent=fingerprint))
    run.params({path: value for path, value in params.flat().items() if path.startswith(("evaluate.", "segmenter."))})
    run.params({champion.DIRECTION: f"{params.data.direction}{', back' if back else ''}"})
    run.tags(provenance_tags())
    training = Run(Opening(experiment, "training", fingerprint, made=False), run.patience)
    with _ended(run):
        yield run, None if training.is_unknown else training
    training.settle(at_once=not run.waits)


@contextmanager
def ablation_run(params: Params, fingerprints: Sequence[str]) -> Iterator[Run]:
    """Continue or make the run of an ablation, and make it the parent of the runs of its trainings.

    Args:
        params: the parameters of the row that all other rows differ from.
        fingerprints: the fingerprints of the trainings. An ablation of the same trainings continues the same run.
    """
    together = sha256_of(fingerprints)[:16]
    name = f"ablation {together[:6]}, {len(fingerprints)} trainings"
    with _parent(params, "ablation", together, name, fingerprints) as run:
        yield run


@contextmanager
def search_run(params: Params, search: str, fingerprints: Sequence[str]) -> Iterator[Run]:
    """Continue or make the run of a search, and make it the parent of the runs of its trainings.

    Args:
        params: the parameters, without the values that the search tries.
        search: the name of the search. A resumed search continues the same run.
        fingerprints: the fingerprints of the trainings.
    """
    with _parent(params, "search", search, search, fingerprints) as run:
        yield run


@contextmanager
def _parent(params: Params, kind: str, identity: str, name: str, fingerprints: Sequence[str]) -> Iterator[Run]:
    experiment, source = names.experiment(params), f"pix2pix {kind}"
    run = Run(Opening(experiment, kind, identity, name, source, children=tuple(fingerprints)))
    run.tags(provenance_tags())
    with _ended(run):
        yield run


@contextmanager
def _ended(run: Run) -> Iterator[None]:
    status = "FAILED"
    try:
        yield
        status = "FINISHED"
    except (KeyboardInterrupt, StoppedError):
        status = "KILLED"
        raise
    finally:
        run.end(status)
