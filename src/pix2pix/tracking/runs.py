"""The MLflow runs of the project.

A training has one run, which goes on after an interruption. Each evaluation has a run nested in the training's run. An
ablation has a run that is the parent of the runs of its trainings.
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

if TYPE_CHECKING:  # the stage evaluate imports this module, and must not import code that trains
    from pix2pix.training.job import Job

# This tag makes `mlflow ui` show an experiment as trained models, not as chats with a model.
_TRAINED_MODELS = {"mlflow.experimentKind": "custom_model_development"}
FINGERPRINT, _KIND = "fingerprint", "kind"


@contextmanager
def training_run(job: "Job", tracking: Tracking, known: str | None = None) -> Iterator[Run]:
    """Continue the run of a training, or make it if there is none.

    The run ends FINISHED; or FAILED, if a `UserError` or a bug ends the block; or KILLED, if an interrupt or a
    `StoppedError` does. Only one process at a time may be in the block for a training.

    Args:
        job: the training. Trainings with equal fingerprints share a run.
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
    """Make a run for an evaluation, nested in its training's run; yield both, None for a training without a run."""
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
    """Continue or make the run of an ablation, and make it the parent of the runs of its trainings.

    Args:
        params: the parameters of the row that all other rows differ from.
        fingerprints: the fingerprints of the trainings. An ablation of the same trainings goes on in the same run.
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
    """Return a client, and the id of the experiment."""
    client = MlflowClient(tracking_uri())
    found = client.get_experiment_by_name(tracking.experiment)
    if found:
        if found.lifecycle_stage == "deleted":
            client.restore_experiment(found.experiment_id)
        return client, found.experiment_id
    # A server decides itself where it keeps artifacts; our own store keeps them beside its database.
    place = (home() / "mlartifacts").as_uri() if tracking_uri().startswith("sqlite:") else None
    name = tracking.experiment
    return client, client.create_experiment(name, artifact_location=place, tags=_TRAINED_MODELS)


def find(
    client: MlflowClient, experiment: str, fingerprint: str, known: str | None = None, kind: str = "training"
) -> str | None:
    """Find the run with a fingerprint: the `known` one if it has the fingerprint, otherwise the oldest that has it.

    The oldest run stays the oldest, so a training and all its evaluations always find the same one.
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
