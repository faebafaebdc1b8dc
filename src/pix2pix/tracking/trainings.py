"""A training from its start to its end, told to MLflow and TensorBoard."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pix2pix.base import files, hardware
from pix2pix.base.errors import StoppedError
from pix2pix.params import Tracking
from pix2pix.tracking.provenance import provenance
from pix2pix.tracking.run import Run
from pix2pix.tracking.runs import training_run
from pix2pix.tracking.tensorboard import Summaries
from pix2pix.training import outputs, run_folder
from pix2pix.training.ancestry import ancestors
from pix2pix.training.followers import Followers
from pix2pix.training.health.verdict import health, line
from pix2pix.training.job import Job
from pix2pix.training.loop import Trained
from pix2pix.training.session import Stop

# What the MLflow run gets of the reports.
_LOGGED = ("losses.csv", "curves.json", "health.json")


@contextmanager
def carried_out(job: Job, tracking: Tracking, stop: Stop) -> Iterator[tuple[Trained, Run]]:
    """Train, write what came out, and tell MLflow and TensorBoard on the way.

    Args:
        job: the training.
        tracking: the `tracking` section.
        stop: the signal that asks training to stop, or None.

    Yields:
        The result and its MLflow run, which ends with the block.

    Raises:
        StoppedError, TrainingError, DataError: see `Job.prepared` and `Job.train`.
    """
    setup = job.prepared()  # what cannot begin leaves no run behind
    fingerprint = job.fingerprint
    folder = run_folder.checkpoints() / fingerprint
    # The lock first: a second trainer must not touch the first one's MLflow run and logs.
    with run_folder.alone(folder), training_run(job, tracking, run_folder.mlflow_run(folder)) as run:
        run_folder.remember(folder, run.id)
        run.dataset(*job.data, "training")
        print(f"training on {hardware.device()}; MLflow run {run.id or 'not reached'}")
        if news := run_folder.describe(folder, dict(job.decisive)):
            print(f"a new run: {news}")
        with Summaries(files.home() / "logs" / fingerprint) as board:
            trained = job.train(setup, folder, ancestors(folder, job.decisive), Followers(run, board), stop)
        if trained.ancestor:
            run.tags({"went_on_from": trained.ancestor})
        outputs.write(trained, job)
        _tell_health(trained, run, job)
        _tell_cost(trained, run, job.reports)
        for name in _LOGGED:
            run.files(job.reports / name)
        yield trained, run
        run_folder.remember(folder, run.id)  # the store may have been down at first
    if late := stop():
        raise StoppedError(f"{late.name} came after the last step: the training is finished, and is used again", late)


def _tell_health(trained: Trained, run: Run, job: Job) -> None:
    """Write and log what the curves mean."""
    found = health(*trained.tables(), trained.curves, trained.watched, job.parameters)
    files.write_json(job.reports / "health.json", found)
    print(line(found))
    run.tags({"health": found["verdict"]})


def _tell_cost(trained: Trained, run: Run, reports: Path) -> None:
    """Write and log what the training took, and on what."""
    cost = trained.progress.cost() | {"device": hardware.device(), "versions": hardware.versions()}
    files.write_json(reports / "times.json", cost | provenance())
    run.scores({name: cost[name] for name in ("seconds_per_step", "images_per_second", "peak_memory_gb")}, 0)
    run.tags({"device": cost["device"], "exact": cost["exact"], **cost["versions"]})
