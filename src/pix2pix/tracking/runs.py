"""MLflow runs: one a training, found again by its fingerprint; one nested in it for each evaluation.

Nothing here can stop a stage. When the store is down or locked, one warning is given, and the figures are where the
stages write them anyway.
"""

import json
import logging
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
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
from mlflow.tracking import MlflowClient
from mlflow.utils.mlflow_tags import MLFLOW_GIT_COMMIT, MLFLOW_PARENT_RUN_ID, MLFLOW_SOURCE_NAME

from pix2pix.data.records import Manifest
from pix2pix.errors import UserError
from pix2pix.files import CHECKOUT, home
from pix2pix.params import SAVING, WHEREABOUTS, Params
from pix2pix.tracking.model import log_generator

# A locked database is told in one line of ours; MLflow would print its whole traceback first.
logging.getLogger("mlflow.store.db.utils").setLevel(logging.CRITICAL)

# Makes `mlflow ui` show an experiment as trained models, not as chats with one.
TRAINED_MODELS = {"mlflow.experimentKind": "custom_model_development"}
FINGERPRINT, KIND = "fingerprint", "kind"
# After a failure the store is left alone for so long.
QUIET_SECONDS = 120
Answer = TypeVar("Answer")


def tracking_uri() -> str:
    """The environment's `MLFLOW_TRACKING_URI`, else SQLite in the project's home."""
    return os.environ.get("MLFLOW_TRACKING_URI") or f"sqlite:///{home() / 'mlflow.db'}"


class Run:
    """One MLflow run. Every method is an attempt: it may fail, and the caller goes on."""

    def __init__(self, open_: Callable[[], tuple[MlflowClient, str]]) -> None:
        """`open_` finds or makes the run; when that fails, all later attempts are left out."""
        self.id: str | None = None
        self._quiet_until = 0.0
        self._warned = False
        self._steps: dict[str, int] = {}
        opened = self._attempt(open_, always=True)
        if opened:
            self._client, self.id = opened

    def metrics(self, values: Mapping[str, float], step: float) -> None:
        """Log figures of a step; what a run that was interrupted has already logged is not logged twice."""

        def log(client: MlflowClient, run: str) -> None:
            figures = {name: value for name, value in values.items() if name not in ("epoch", "step")}
            fresh = {name: value for name, value in figures.items() if self._last_step(client, run, name) < step}
            now = int(time.time() * 1000)
            client.log_batch(run, [Metric(name, float(value), now, int(step)) for name, value in fresh.items()])
            self._steps |= dict.fromkeys(fresh, int(step))

        self._call(log)

    def scores(self, values: Mapping[str, float], step: int) -> None:
        """Log final figures; a value that already stands there is not logged again."""

        def log(client: MlflowClient, run: str) -> None:
            there = client.get_run(run).data.metrics
            now = int(time.time() * 1000)
            fresh = {name: value for name, value in values.items() if there.get(name) != value}
            client.log_batch(run, [Metric(name, float(value), now, step) for name, value in fresh.items()])

        self._call(log)

    def params(self, values: Mapping[str, Any]) -> None:
        """Log parameters, as text."""
        self._call(lambda client, run: client.log_batch(run, params=[Param(k, str(v)) for k, v in values.items()]))

    def tags(self, values: Mapping[str, Any]) -> None:
        """Set tags, as text."""
        self._call(lambda client, run: client.log_batch(run, tags=[RunTag(k, str(v)) for k, v in values.items()]))

    def picture(self, picture: NDArray[np.uint8], name: str) -> None:
        """Log a uint8 RGB picture as the artifact `name`."""
        self._call(lambda client, run: client.log_image(run, picture, artifact_file=name))

    def files(self, path: Path, folder: str | None = None) -> None:
        """Log a file, or all files of a folder, as artifacts below `folder`."""
        if path.is_dir():
            self._call(lambda client, run: client.log_artifacts(run, str(path), folder))
        else:
            self._call(lambda client, run: client.log_artifact(run, str(path), folder))

    def dataset(self, manifest: Manifest, digest: str, context: str) -> None:
        """Name the pairs the run used: the data set with the digest of its records."""
        source = json.dumps({"archive_sha256": manifest.archive})
        sizes = json.dumps({role: entry.pairs for role, entry in manifest.roles.items()})
        dataset = Dataset(manifest.dataset, digest[:16], "local", source, profile=sizes)
        entry = DatasetInput(dataset, [InputTag("mlflow.data.context", context)])
        self._call(lambda client, run: client.log_inputs(run, [entry]))

    def generator(self, folder: Path, size: int) -> None:
        """Log a model folder as an MLflow model with signature and input example, unless the run has one."""

        def log(client: MlflowClient, run: str) -> None:
            outputs = client.get_run(run).outputs
            if not (outputs and outputs.model_outputs):
                log_generator(tracking_uri(), run, folder, size)

        self._call(log)

    def end(self, status: str) -> None:
        """Set the run's status: FINISHED, FAILED or KILLED."""
        self._call(lambda client, run: client.set_terminated(run, status), always=True)

    def _last_step(self, client: MlflowClient, run: str, name: str) -> int:
        if name not in self._steps:
            history = client.get_metric_history(run, name)
            self._steps[name] = max((point.step for point in history), default=-1)
        return self._steps[name]

    def _call(self, action: Callable[[MlflowClient, str], Any], always: bool = False) -> None:
        run = self.id
        if run is not None:
            self._attempt(lambda: action(self._client, run), always)

    def _attempt(self, action: Callable[[], Answer], always: bool = False) -> Answer | None:
        """Whatever goes wrong in a tracking store (network, lock, disk, its own bugs) is not the stage's problem."""
        if time.monotonic() < self._quiet_until and not always:
            return None
        try:
            return action()
        except Exception as error:
            self._quiet_until = time.monotonic() + QUIET_SECONDS
            if not self._warned:
                reason = " ".join(str(error).split())[:200]
                print(f"warning: MLflow at {tracking_uri()} fails, going on without: {reason}", file=sys.stderr)
                self._warned = True
            return None


@contextmanager
def training_run(params: Params, fingerprint: str) -> Iterator[Run]:
    """The run of the training with this fingerprint: found again, or made.

    It ends FINISHED, FAILED when a `UserError` or a bug ends the block, KILLED when an interrupt does.
    """

    def open_() -> tuple[MlflowClient, str]:
        client, experiment = _connect(params)
        run = _find(client, experiment, fingerprint)
        if run is None:
            name = f"{params.data.dataset} {params.train.loss} λ={params.train.lambda_l1:g} {fingerprint[:6]}"
            tags = {FINGERPRINT: fingerprint, KIND: "training", MLFLOW_SOURCE_NAME: "stages/train.py"}
            run = client.create_run(experiment, tags=tags, run_name=name).info.run_id
            decisive = {path: value for path, value in params.flat().items() if _decides_training(path)}
            client.log_batch(run, params=[Param(path, str(value)) for path, value in decisive.items()])
        client.update_run(run, status="RUNNING")
        return client, run

    run = Run(open_)
    run.tags(_provenance())
    with _ended(run):
        yield run


@contextmanager
def evaluation_run(params: Params, fingerprint: str) -> Iterator[tuple[Run, Run | None]]:
    """A new run for an evaluation, nested in its training's run; yields both (None: that training is not known)."""

    def parent() -> tuple[MlflowClient, str]:
        client, experiment = _connect(params)
        found = _find(client, experiment, fingerprint)
        if found is None:
            raise UserError(f"no run with fingerprint {fingerprint}")
        return client, found

    def open_() -> tuple[MlflowClient, str]:
        client, experiment = _connect(params)
        training = _find(client, experiment, fingerprint)
        tags = {FINGERPRINT: fingerprint, KIND: "evaluation", MLFLOW_SOURCE_NAME: "stages/evaluate.py"}
        if training is not None:
            tags[MLFLOW_PARENT_RUN_ID] = training
        name = f"evaluation of {fingerprint[:6]} on {params.data.evaluation_split}"
        return client, client.create_run(experiment, tags=tags, run_name=name).info.run_id

    run = Run(open_)
    run.params({path: value for path, value in params.flat().items() if path.startswith(("evaluate.", "segmenter."))})
    run.tags(_provenance())
    training = Run(parent) if run.id is not None else None
    with _ended(run):
        yield run, training if training and training.id else None


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


def _connect(params: Params) -> tuple[MlflowClient, str]:
    """A client, and the id of the experiment."""
    home().mkdir(parents=True, exist_ok=True)
    # Several processes that migrate one fresh SQLite store at once break it.
    with FileLock(home() / ".mlflow.lock", timeout=60):
        client = MlflowClient(tracking_uri())
        found = client.get_experiment_by_name(params.tracking.experiment)
        if found:
            if found.lifecycle_stage == "deleted":
                client.restore_experiment(found.experiment_id)
            return client, found.experiment_id
        # A server keeps artifacts where it likes; our own store keeps them beside it.
        place = (home() / "mlartifacts").as_uri() if tracking_uri().startswith("sqlite:") else None
        name = params.tracking.experiment
        return client, client.create_experiment(name, artifact_location=place, tags=TRAINED_MODELS)


def _find(client: MlflowClient, experiment: str, fingerprint: str) -> str | None:
    wanted = f"tags.{FINGERPRINT} = '{fingerprint}' and tags.{KIND} = 'training'"
    found = client.search_runs([experiment], wanted, max_results=1)
    return found[0].info.run_id if found else None


def _decides_training(path: str) -> bool:
    section, _, key = path.partition(".")
    return section in ("seed", "data", "train") and key not in SAVING | WHEREABOUTS


@contextmanager
def _ended(run: Run) -> Iterator[None]:
    status = "FAILED"
    try:
        yield
        status = "FINISHED"
    except KeyboardInterrupt:
        status = "KILLED"
        raise
    finally:
        run.end(status)
