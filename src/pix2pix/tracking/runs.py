"""The MLflow runs of the project.

A training has one, which goes on after an interruption; each evaluation has one nested in its training's; an ablation
has one above its trainings'.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from mlflow.tracking import MlflowClient
from mlflow.utils.mlflow_tags import MLFLOW_PARENT_RUN_ID, MLFLOW_SOURCE_NAME

from pix2pix.base.errors import StoppedError
from pix2pix.base.files import home, sha256_of
from pix2pix.params import Params, Tracking
from pix2pix.tracking import champion
from pix2pix.tracking.owners import OWNER, end_the_dead, go_on, this_process
from pix2pix.tracking.provenance import provenance_tags
from pix2pix.tracking.run import Run
from pix2pix.tracking.store import one_at_a_time, tracking_uri

if TYPE_CHECKING:  # the stage evaluate uses this module, and no code that trains
    from pix2pix.training.job import Job

# Makes `mlflow ui` show an experiment as trained models, not as chats with one.
_TRAINED_MODELS = {"mlflow.experimentKind": "custom_model_development"}
FINGERPRINT, _KIND = "fingerprint", "kind"


@contextmanager
def training_run(job: "Job", tracking: Tracking, known: str | None = None) -> Iterator[Run]:
    """The run of a training: it goes on, or is made.

    It ends FINISHED; FAILED when a `UserError` or a bug ends the block; KILLED when an interrupt or a `StoppedError`
    does. Only one process at a time may be in it for a training.

    Args:
        job: the training; equal fingerprints are one run.
        tracking: the `tracking` section.
        known: the id of the run that an earlier session of this training had, if any.
    """

    def open_() -> tuple[MlflowClient, str]:
        with one_at_a_time():
            client, experiment = _connect(tracking)
            end_the_dead(client, experiment)
            run = find(client, experiment, job.fingerprint, known, job.kind)
            if run is None:
                tags = {FINGERPRINT: job.fingerprint, _KIND: job.kind, MLFLOW_SOURCE_NAME: job.source}
                name = f"{job.name} {job.fingerprint[:6]}"
                run = client.create_run(experiment, tags=tags | {OWNER: this_process()}, run_name=name).info.run_id
            else:
                go_on(client, run)
            return client, run

    run = Run(open_)
    run.params(job.parameters)
    run.tags(provenance_tags())
    with _ended(run):
        yield run


@contextmanager
def evaluation_run(params: Params, fingerprint: str) -> Iterator[tuple[Run, Run | None]]:
    """A new run for an evaluation, nested in its training's run; yields both (None: that training is not known)."""
    parents: list[tuple[MlflowClient, str]] = []

    def open_() -> tuple[MlflowClient, str]:
        with one_at_a_time():
            client, experiment = _connect(params.tracking)
            end_the_dead(client, experiment)
            tags = {FINGERPRINT: fingerprint, _KIND: "evaluation", MLFLOW_SOURCE_NAME: "stages/evaluate.py"}
            training = find(client, experiment, fingerprint)
            if training is not None:
                tags[MLFLOW_PARENT_RUN_ID] = training
                parents[:] = [(client, training)]
            name = f"evaluation of {fingerprint[:6]} on {params.data.evaluation_split}"
            run = client.create_run(experiment, tags=tags | {OWNER: this_process()}, run_name=name)
            return client, run.info.run_id

    run = Run(open_)
    run.params({path: value for path, value in params.flat().items() if path.startswith(("evaluate.", "segmenter."))})
    run.params({champion.DIRECTION: params.data.direction})
    run.tags(provenance_tags())
    training = Run(lambda: parents[0]) if parents else None
    with _ended(run):
        yield run, training
    if training:
        training.settle()


@contextmanager
def ablation_run(params: Params, fingerprints: Sequence[str]) -> Iterator[Run]:
    """The run of an ablation, which the runs of its trainings become children of.

    Args:
        params: of the row that the others differ from.
        fingerprints: of the trainings. The same ones are the same ablation, whose run goes on.
    """
    together = sha256_of(fingerprints)[:16]

    def open_() -> tuple[MlflowClient, str]:
        with one_at_a_time():
            client, experiment = _connect(params.tracking)
            end_the_dead(client, experiment)
            run = find(client, experiment, together, kind="ablation")
            if run is None:
                name = f"ablation {together[:6]}, {len(fingerprints)} trainings"
                tags = {FINGERPRINT: together, _KIND: "ablation", MLFLOW_SOURCE_NAME: "pix2pix ablation"}
                run = client.create_run(experiment, tags=tags | {OWNER: this_process()}, run_name=name).info.run_id
            else:
                go_on(client, run)
            for training in (find(client, experiment, fingerprint) for fingerprint in fingerprints):
                if training is not None:
                    client.set_tag(training, MLFLOW_PARENT_RUN_ID, run)
            return client, run

    run = Run(open_)
    run.tags(provenance_tags())
    with _ended(run):
        yield run


def _connect(tracking: Tracking) -> tuple[MlflowClient, str]:
    """A client, and the id of the experiment."""
    client = MlflowClient(tracking_uri())
    found = client.get_experiment_by_name(tracking.experiment)
    if found:
        if found.lifecycle_stage == "deleted":
            client.restore_experiment(found.experiment_id)
        return client, found.experiment_id
    # A server keeps artifacts where it likes; our own store keeps them beside it.
    place = (home() / "mlartifacts").as_uri() if tracking_uri().startswith("sqlite:") else None
    name = tracking.experiment
    return client, client.create_experiment(name, artifact_location=place, tags=_TRAINED_MODELS)


def find(
    client: MlflowClient, experiment: str, fingerprint: str, known: str | None = None, kind: str = "training"
) -> str | None:
    """The training's run: the known one if it is among those that could be it, else the oldest.

    The oldest, because it stays the oldest: a training and all its evaluations find the same one, whatever is added.
    """
    wanted = f"tags.{FINGERPRINT} = '{fingerprint}' and tags.{_KIND} = '{kind}'"
    found = client.search_runs([experiment], wanted, order_by=["attributes.start_time ASC"])
    ids = [run.info.run_id for run in found]
    return known if known in ids else next(iter(ids), None)


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
