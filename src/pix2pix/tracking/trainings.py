"""A training from its start to its end, logged to MLflow and TensorBoard."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from pix2pix.base import files, hardware
from pix2pix.base.errors import StoppedError
from pix2pix.tracking.provenance import provenance
from pix2pix.tracking.run import Run
from pix2pix.tracking.runs import training_run
from pix2pix.tracking.tensorboard import Summaries
from pix2pix.training import outputs, run_folder, trial
from pix2pix.training.ancestry import ancestors
from pix2pix.training.curves import Caption, captioned
from pix2pix.training.followers import Followers
from pix2pix.training.health.verdict import health, line
from pix2pix.training.job import Job, Setup
from pix2pix.training.layout import layout
from pix2pix.training.loop import Trained
from pix2pix.training.session import Stop

# The files in reports/ that the MLflow run gets.
_LOGGED = ("losses.csv", "curves.json", "health.json")


@contextmanager
def carried_out(
    job: Job, captions: Mapping[str, Caption], experiment: str, stop: Stop
) -> Iterator[tuple[Trained, Run]]:
    """Train, log to MLflow and TensorBoard meanwhile, and write the results.

    Of several processes the first one does this. The others train along, and then end with status 0.

    Args:
        job: the training.
        captions: the words for the system's curves, by key.
        experiment: the name of the MLflow experiment; see `names.experiment`.
        stop: the signal that asks training to stop, or None.

    Yields:
        The result and its MLflow run, which ends with the block.

    Raises:
        StoppedError, TrainingError, DataError: see `Job.prepared` and `Job.train`.
    """
    setup = job.prepared()  # what cannot begin leaves no run behind
    if not layout(job.plan.replicas).chief:
        _help(job, setup, stop)
        raise SystemExit
    fingerprint = job.fingerprint
    folder = run_folder.checkpoints() / fingerprint
    # The lock comes first: a second trainer must not touch the MLflow run and the logs of the first.
    with run_folder.alone(folder), training_run(job, experiment, run_folder.mlflow_run(folder)) as run:
        run_folder.remember(folder, run.id)
        run.dataset(*job.data, "training")
        print(f"training on {hardware.device()}; MLflow run {run.id or 'not reached'}")
        if news := run_folder.describe(folder, dict(job.decisive)):
            print(f"a new run: {news}")
        with (
            Summaries(files.home() / "logs" / fingerprint) as board,
            trial.asking(fingerprint, stop, run.tags) as (asked, stopped),
        ):
            trained = job.train(setup, folder, ancestors(folder, job.decisive), Followers(run, board, *asked), stopped)
        trained = replace(trained, curves=captioned(trained.curves, captions))
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
        raise StoppedError(
            f"{late.name} came after the last step: the training is finished, and will be used again", late
        )


def _help(job: Job, setup: Setup, stop: Stop) -> None:
    """Train along with the first process, and write nothing."""
    folder = run_folder.checkpoints() / job.fingerprint
    print(f"training on {hardware.device()}, together with the first process, which writes everything")
    job.train(setup, folder, ancestors(folder, job.decisive), Followers(), stop)


def _tell_health(trained: Trained, run: Run, job: Job) -> None:
    """Write, print and log the verdict on the curves."""
    tables, paired = trained.tables(), job.data[1].paired
    found = health(*tables, trained.curves, trained.watched, job.parameters, job.example, paired)
    files.write_json(job.reports / "health.json", found)
    print(line(found))
    run.tags({"health": found["verdict"]})


def _tell_cost(trained: Trained, run: Run, reports: Path) -> None:
    """Write and log the time and memory of the training, the device, and the versions of the packages."""
    cost = trained.progress.cost() | {"device": hardware.device(), "versions": hardware.versions()}
    files.write_json(reports / "times.json", cost | provenance())
    run.scores({name: cost[name] for name in ("seconds_per_step", "images_per_second", "peak_memory_gb")}, 0)
    run.tags({"device": cost["device"], "exact": cost["exact"], **cost["versions"]})
