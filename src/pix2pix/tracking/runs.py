"""MLflow runs: one a training, which goes on after an interruption; one nested in it for each evaluation.

Nothing here can stop a stage. When the store is down or locked, one warning is given, and the figures are where the
stages write them anyway; a store that comes back gets what it missed. A run whose process died is ended by the next
start on the same machine.
"""

import json
import logging
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import psutil
from filelock import FileLock
from numpy.typing import NDArray

os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
# A server that is down should cost a training seconds, not minutes.
os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "1")
os.environ.setdefault("MLFLOW_HTTP_REQUEST_TIMEOUT", "10")
os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
os.environ.setdefault("MLFLOW_LOGGING_LEVEL", "WARNING")

from mlflow.entities import Dataset, DatasetInput, InputTag, Metric, Param, RunTag
from mlflow.exceptions import MlflowException
from mlflow.store.db import utils as database
from mlflow.tracking import MlflowClient
from mlflow.utils.mlflow_tags import MLFLOW_GIT_COMMIT, MLFLOW_PARENT_RUN_ID, MLFLOW_SOURCE_NAME

from pix2pix.base.errors import StoppedError, UserError, one_line
from pix2pix.base.files import CHECKOUT, home, sha256_of
from pix2pix.data.records import Manifest
from pix2pix.data.tasks import direction
from pix2pix.params import Params, Tracking
from pix2pix.tracking import champion
from pix2pix.tracking.model import log_generator

if TYPE_CHECKING:  # the stage evaluate uses this module, and no code that trains
    from pix2pix.training.job import Job

# A locked database is told in one line of ours; MLflow would print its whole traceback first.
logging.getLogger("mlflow.store.db.utils").setLevel(logging.CRITICAL)
# And it would try for 100 seconds to open one that cannot be opened.
database.MAX_RETRY_COUNT = 4

# Makes `mlflow ui` show an experiment as trained models, not as chats with one.
_TRAINED_MODELS = {"mlflow.experimentKind": "custom_model_development"}
FINGERPRINT, _KIND = "fingerprint", "kind"
# `host/pid/created` of the process that writes a run, and what stands on a run that another process had to end.
_PROCESS, _ENDED_BY = "process", "ended_by"
# After a failure the store is left alone for so long.
QUIET_SECONDS = 120
# MLflow takes no more at once.
BATCH = 1000
# What a row counts in; not figures.
_AXES = {"epoch", "step"}
_Action = Callable[[MlflowClient, str], Any]


def tracking_uri() -> str:
    """The environment's `MLFLOW_TRACKING_URI`, else SQLite in the project's home."""
    return os.environ.get("MLFLOW_TRACKING_URI") or f"sqlite:///{home() / 'mlflow.db'}"


class Run:
    """One MLflow run. Every method is an attempt: it may fail, and the caller goes on.

    Figures, tags, parameters and data sets that fail are tried again with what is logged next, and when the run ends.
    Pictures, files and models are not: they lie on the disk anyway.
    """

    def __init__(self, open_: Callable[[], tuple[MlflowClient, str]]) -> None:
        """`open_` finds or makes the run; when that fails, the next attempt tries it again."""
        self._open = open_
        self._opened: tuple[MlflowClient, str] | None = None
        self._quiet_until = 0.0
        self._warned = False
        self._waiting: list[_Action] = []
        self._rows: dict[tuple[str, int], Metric] = {}
        self._logged: dict[str, set[int]] = {}
        self._attempt(self._catch_up)

    @property
    def id(self) -> str | None:
        """MLflow's id of the run; None until the store answers."""
        return self._opened[1] if self._opened else None

    def metrics(self, values: Mapping[str, float], step: float) -> None:
        """Log the figures of a step (`epoch` and `step` are none), unless the run has them."""
        now, step = int(time.time() * 1000), int(step)
        for name in values.keys() - _AXES:
            if step not in self._logged.get(name, ()):
                self._rows.setdefault((name, step), Metric(name, float(values[name]), now, step))
        if self._rows:
            self._soon(self._send_rows)

    def scores(self, values: Mapping[str, float], step: int) -> None:
        """Log final figures; a value that already stands there is not logged again."""
        now = int(time.time() * 1000)

        def log(client: MlflowClient, run: str) -> None:
            there = client.get_run(run).data.metrics
            fresh = {name: value for name, value in values.items() if there.get(name) != value}
            client.log_batch(run, [Metric(name, float(value), now, step) for name, value in fresh.items()])

        self._soon(log)

    def params(self, values: Mapping[str, Any]) -> None:
        """Log parameters, as text; one that the run has stays as it is, MLflow would refuse to change it."""

        def log(client: MlflowClient, run: str) -> None:
            there = client.get_run(run).data.params
            client.log_batch(run, params=[Param(name, str(values[name])) for name in values if name not in there])

        self._soon(log)

    def tags(self, values: Mapping[str, Any]) -> None:
        """Set tags, as text."""
        self._soon(lambda client, run: client.log_batch(run, tags=[RunTag(k, str(v)) for k, v in values.items()]))

    def picture(self, picture: NDArray[np.uint8], name: str) -> None:
        """Log a uint8 RGB picture as the artifact `name`."""
        self._attempt(lambda client, run: client.log_image(run, picture, artifact_file=name))

    def sample(self, grid: NDArray[np.uint8], epoch: int) -> None:
        """Log the sample pictures of an epoch."""
        self.picture(grid, f"samples/{epoch:04d}.png")

    def files(self, path: Path, folder: str | None = None) -> None:
        """Log a file, or all files of a folder, as artifacts below `folder`."""
        if path.is_dir():
            self._attempt(lambda client, run: client.log_artifacts(run, str(path), folder))
        else:
            self._attempt(lambda client, run: client.log_artifact(run, str(path), folder))

    def dataset(self, manifest: Manifest, digest: str, context: str) -> None:
        """Name the pairs the run used: the data set with the digest of its records."""
        source = json.dumps({"archive_sha256": manifest.archive})
        sizes = json.dumps({role: entry.pairs for role, entry in manifest.roles.items()})
        dataset = Dataset(manifest.dataset, digest[:16], "local", source, profile=sizes)
        entry = DatasetInput(dataset, [InputTag("mlflow.data.context", context)])
        self._soon(lambda client, run: client.log_inputs(run, [entry]))

    def generator(self, folder: Path) -> None:
        """Log a model folder as an MLflow model with signature and input example, unless the run has one."""

        def log(client: MlflowClient, run: str) -> None:
            outputs = client.get_run(run).outputs
            if not (outputs and outputs.model_outputs):
                log_generator(tracking_uri(), run, folder)

        self._attempt(log)

    def table(self, table: pd.DataFrame, name: str) -> None:
        """Log a table as the artifact `name`, CSV."""
        text = table.to_csv(lineterminator="\n")
        self._attempt(lambda client, run: client.log_text(run, text, name))

    def challenge(self, evaluation: str) -> None:
        """Make the model of this training, with the scores of that run, the challenger among the registered models."""

        def enter(_: MlflowClient, run: str) -> None:
            with _one_at_a_time():  # two evaluations of one model make one version of it
                number = champion.enter(tracking_uri(), run, evaluation)
            if number is not None:
                print(f"MLflow has the model as {champion.NAME} version {number}; `pix2pix promote` compares")

        self._attempt(enter)

    def end(self, status: str) -> None:
        """Set the run's status, FINISHED, FAILED or KILLED, and log what still waits."""

        def end(client: MlflowClient, run: str) -> None:
            # The status first: nothing that waits may keep a run from ending, and an ended one still takes figures.
            client.set_terminated(run, status)
            self._catch_up(client, run)

        self._attempt(end, always=True)

    def settle(self) -> None:
        """Log what still waits."""
        if self._waiting:
            self._attempt(self._catch_up, always=True)

    def _send_rows(self, client: MlflowClient, run: str) -> None:
        for name in {name for name, _ in self._rows} - self._logged.keys():
            self._logged[name] = {point.step for point in client.get_metric_history(run, name)}
        fresh = [metric for metric in self._rows.values() if metric.step not in self._logged[metric.key]]
        for first in range(0, len(fresh), BATCH):
            client.log_batch(run, fresh[first : first + BATCH])
        for metric in fresh:
            self._logged[metric.key].add(metric.step)
        self._rows.clear()

    def _soon(self, action: _Action) -> None:
        """Do it now, else with a later attempt."""
        if action not in self._waiting:
            self._waiting.append(action)
        self._attempt(self._catch_up)

    def _catch_up(self, client: MlflowClient, run: str) -> None:
        while self._waiting:
            try:
                self._waiting[0](client, run)
            except Exception:
                # To the back, so that one which can never succeed does not hold up the others for good.
                self._waiting.append(self._waiting.pop(0))
                raise
            self._waiting.pop(0)

    def _attempt(self, action: _Action, always: bool = False) -> None:
        """Whatever goes wrong in a tracking store (network, lock, disk, its own bugs) is not the stage's problem."""
        if time.monotonic() < self._quiet_until and not always:
            return
        try:
            self._opened = self._opened or self._open()
            action(*self._opened)
        except Exception as error:
            self._quiet_until = time.monotonic() + QUIET_SECONDS
            # A call that failed may still have arrived: what was logged has to be asked again.
            self._logged.clear()
            if not self._warned:
                reason = one_line(error)
                with suppress(OSError):  # nobody reads it any more
                    print(f"warning: MLflow at {tracking_uri()} fails, going on without: {reason}", file=sys.stderr)
                self._warned = True


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
        with _one_at_a_time():
            client, experiment = _connect(tracking)
            _end_the_dead(client, experiment)
            run = _find(client, experiment, job.fingerprint, known, job.kind)
            if run is None:
                tags = {FINGERPRINT: job.fingerprint, _KIND: job.kind, MLFLOW_SOURCE_NAME: job.source}
                name = f"{job.name} {job.fingerprint[:6]}"
                run = client.create_run(experiment, tags=tags | {_PROCESS: _process()}, run_name=name).info.run_id
            else:
                _go_on(client, run)
            return client, run

    run = Run(open_)
    run.params(job.parameters)
    run.tags(_provenance())
    with _ended(run):
        yield run


@contextmanager
def evaluation_run(params: Params, fingerprint: str) -> Iterator[tuple[Run, Run | None]]:
    """A new run for an evaluation, nested in its training's run; yields both (None: that training is not known)."""
    parents: list[tuple[MlflowClient, str]] = []

    def open_() -> tuple[MlflowClient, str]:
        with _one_at_a_time():
            client, experiment = _connect(params.tracking)
            _end_the_dead(client, experiment)
            tags = {FINGERPRINT: fingerprint, _KIND: "evaluation", MLFLOW_SOURCE_NAME: "stages/evaluate.py"}
            training = _find(client, experiment, fingerprint)
            if training is not None:
                tags[MLFLOW_PARENT_RUN_ID] = training
                parents[:] = [(client, training)]
            name = f"evaluation of {fingerprint[:6]} on {params.data.evaluation_split}"
            run = client.create_run(experiment, tags=tags | {_PROCESS: _process()}, run_name=name)
            return client, run.info.run_id

    run = Run(open_)
    run.params({path: value for path, value in params.flat().items() if path.startswith(("evaluate.", "segmenter."))})
    run.params({champion.DIRECTION: direction(params.data)})
    run.tags(_provenance())
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
        with _one_at_a_time():
            client, experiment = _connect(params.tracking)
            _end_the_dead(client, experiment)
            run = _find(client, experiment, together, kind="ablation")
            if run is None:
                name = f"ablation {together[:6]}, {len(fingerprints)} trainings"
                tags = {FINGERPRINT: together, _KIND: "ablation", MLFLOW_SOURCE_NAME: "pix2pix ablation"}
                run = client.create_run(experiment, tags=tags | {_PROCESS: _process()}, run_name=name).info.run_id
            else:
                _go_on(client, run)
            for training in (_find(client, experiment, fingerprint) for fingerprint in fingerprints):
                if training is not None:
                    client.set_tag(training, MLFLOW_PARENT_RUN_ID, run)
            return client, run

    run = Run(open_)
    run.tags(_provenance())
    with _ended(run):
        yield run


def summarise(run_id: str, scores: Mapping[str, float], fingerprint: str, experiment: str) -> None:
    """Write the headline scores, and which training they are of, to the run that `mlflow run` opened.

    Raises:
        UserError: the tracking store does not answer.
    """
    try:
        client = MlflowClient(tracking_uri())
        named = client.get_experiment_by_name(experiment)
        training = _find(client, named.experiment_id, fingerprint) if named else None
        now = int(time.time() * 1000)
        metrics = [Metric(name, float(value), now, 0) for name, value in scores.items()]
        tags = {FINGERPRINT: fingerprint, "training_run": str(training)}
        client.log_batch(run_id, metrics, tags=[RunTag(name, value) for name, value in tags.items()])
    except MlflowException as error:
        raise UserError(f"MLflow at {tracking_uri()} does not take the scores of run {run_id}: {error}") from None


def judged(
    scores: Mapping[str, float], images: str, participants: int, fingerprint: str, experiment: str
) -> str | None:
    """Write what people said of a model's pictures to the run of its training, as it is: ended or not.

    Args:
        scores: by name; those that stand there already are not logged again.
        images: a CSV table with a row a pair, which becomes the artifact `study/images.csv`.
        participants: how many have taken part, the step of the scores.
        fingerprint: of the training.
        experiment: its experiment's name.

    Returns:
        The id of the run; None if there is none of this training.

    Raises:
        UserError: the tracking store does not answer.
    """
    try:
        with _one_at_a_time():
            client = MlflowClient(tracking_uri())
            named = client.get_experiment_by_name(experiment)
        run = _find(client, named.experiment_id, fingerprint) if named else None
        if run is None:
            return None
        there, now = client.get_run(run).data.metrics, int(time.time() * 1000)
        fresh = [Metric(name, value, now, participants) for name, value in scores.items() if there.get(name) != value]
        client.log_batch(run, fresh)
        client.log_text(run, images, "study/images.csv")
        return run
    except Exception as error:  # a damaged database is told of in SQLAlchemy's words, a locked one in others
        raise UserError(f"MLflow at {tracking_uri()} does not take the study's result: {one_line(error)}") from None


def provenance() -> dict[str, Any]:
    """Where the code came from: `commit`, and whether it is `dirty` (uncommitted changes); both None outside git.

    `dvc.lock` does not count: DVC is writing it while the stages run. A copy of the code (`workspace.py`) names the
    checkout it was made from in `PIX2PIX_CHECKOUT`, and the `command` that makes it again in `PIX2PIX_COMMAND`.
    """
    commit = _git("rev-parse", "HEAD") or None
    return {
        "commit": commit,
        "dirty": bool(_git("status", "--porcelain", "--", ".", ":(exclude)dvc.lock")) if commit else None,
        "command": os.environ.get("PIX2PIX_COMMAND", "dvc repro"),
    }


def _provenance() -> dict[str, Any]:
    code = provenance()
    tags = {MLFLOW_GIT_COMMIT: code["commit"], "git_dirty": code["dirty"]} if code["commit"] else {}
    experiment = os.environ.get("DVC_EXP_NAME")
    return {**tags, "dvc_experiment": experiment} if experiment else tags


def _git(*words: str) -> str:
    try:
        answer = subprocess.run(
            ["git", *words],
            cwd=os.environ.get("PIX2PIX_CHECKOUT", CHECKOUT),
            capture_output=True,
            text=True,
            timeout=20,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return answer.stdout.strip() if answer.returncode == 0 else ""


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    """Only one process with this home opens a run at a time.

    Several that migrate one fresh SQLite store at once break it; and one that looks for the dead must not meet a run
    that another is just taking up again.
    """
    home().mkdir(parents=True, exist_ok=True)
    with FileLock(home() / ".mlflow.lock", timeout=60):
        yield


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


def _find(
    client: MlflowClient, experiment: str, fingerprint: str, known: str | None = None, kind: str = "training"
) -> str | None:
    """The training's run: the known one if it is among those that could be it, else the oldest.

    The oldest, because it stays the oldest: a training and all its evaluations find the same one, whatever is added.
    """
    wanted = f"tags.{FINGERPRINT} = '{fingerprint}' and tags.{_KIND} = '{kind}'"
    found = client.search_runs([experiment], wanted, order_by=["attributes.start_time ASC"])
    ids = [run.info.run_id for run in found]
    return known if known in ids else next(iter(ids), None)


def _go_on(client: MlflowClient, run: str) -> None:
    """Take a run up again. MLflow cannot take its end time back; the next end replaces it."""
    # Whose it is now comes first: a run that is RUNNING for a dead process would be ended by the next start.
    client.set_tag(run, _PROCESS, _process())
    if _ENDED_BY in client.get_run(run).data.tags:
        client.delete_tag(run, _ENDED_BY)
    client.update_run(run, status="RUNNING")


def _end_the_dead(client: MlflowClient, experiment: str) -> None:
    """End the runs that are RUNNING for a process of this host that no longer lives: SIGKILL, a crash, a reboot."""
    for run in client.search_runs([experiment], "attributes.status = 'RUNNING'"):
        if _died(run.data.tags.get(_PROCESS, "")):
            points = (point for name in run.data.metrics for point in client.get_metric_history(run.info.run_id, name))
            last = max((point.timestamp for point in points), default=run.info.start_time)
            client.set_tag(run.info.run_id, _ENDED_BY, "found dead at the next start")
            client.set_terminated(run.info.run_id, "KILLED", last)


def _process() -> str:
    """This process, for the tag `process`; its creation time tells it from a later one with the same number."""
    return f"{socket.gethostname()}/{os.getpid()}/{psutil.Process().create_time():.2f}"


def _died(tag: str) -> bool:
    """Whether a tag `process` names a process of this host that no longer lives; what cannot be told is left alone."""
    try:
        host, pid, created = tag.rsplit("/", 2)
        process = psutil.Process(int(pid)) if host == socket.gethostname() else None
        # Creation times are read off the clock, which may be set by a second.
        return process is not None and (
            abs(process.create_time() - float(created)) > 2 or process.status() == psutil.STATUS_ZOMBIE
        )
    except psutil.NoSuchProcess:
        return True
    except (ValueError, psutil.AccessDenied):
        return False


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
