"""One MLflow run that a stage writes to, and that cannot stop the stage.

If the store is down or locked, the run prints one warning. Nothing is lost: the stages write the figures to files
anyway, and a store that comes back gets what it missed.
"""

import json
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from mlflow.entities import Dataset, DatasetInput, InputTag, Metric, Param, RunTag
from mlflow.tracking import MlflowClient
from numpy.typing import NDArray

from pix2pix.base.errors import one_line
from pix2pix.data.records import Manifest
from pix2pix.tracking import champion
from pix2pix.tracking.model import log_generator
from pix2pix.tracking.store import one_at_a_time, tracking_uri

# The time after a failure in which the store is left alone.
QUIET_SECONDS = 120
# The most metrics that MLflow takes in one call.
BATCH = 1000
# The columns of a row that count time. They are not figures.
_AXES = {"epoch", "step"}
_Action = Callable[[MlflowClient, str], Any]


class Run:
    """One MLflow run. Every method is an attempt: it may fail, and the caller goes on.

    Figures, tags, parameters and data sets that fail are tried again at the next call, and when the run ends.
    Pictures, files and models are not tried again, because they are on the disk anyway.
    """

    def __init__(self, open_: Callable[[], tuple[MlflowClient, str]]) -> None:
        """Take the function that finds or makes the run. If it fails, the next attempt calls it again."""
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
        """Log the figures of a step, but neither `epoch` nor `step`, unless the run has them already."""
        now, step = int(time.time() * 1000), int(step)
        for name in values.keys() - _AXES:
            if step not in self._logged.get(name, ()):
                self._rows.setdefault((name, step), Metric(name, float(values[name]), now, step))
        if self._rows:
            self._soon(self._send_rows)

    def scores(self, values: Mapping[str, float], step: int) -> None:
        """Log final figures, unless the run has the same values already."""
        now = int(time.time() * 1000)

        def log(client: MlflowClient, run: str) -> None:
            there = client.get_run(run).data.metrics
            fresh = {name: value for name, value in values.items() if there.get(name) != value}
            client.log_batch(run, [Metric(name, float(value), now, step) for name, value in fresh.items()])

        self._soon(log)

    def params(self, values: Mapping[str, Any]) -> None:
        """Log parameters as text. A parameter that the run has already stays as it is: MLflow refuses to change it."""

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
        """Make this training's model the challenger, with the scores of the run whose id is `evaluation`."""

        def enter(_: MlflowClient, run: str) -> None:
            with one_at_a_time():  # two evaluations of one model make one version of it
                number = champion.enter(tracking_uri(), run, evaluation)
            if number is not None:
                print(f"MLflow has the model as {champion.NAME} version {number}; `pix2pix promote` compares")

        self._attempt(enter)

    def end(self, status: str) -> None:
        """Set the run's status, FINISHED, FAILED or KILLED, and log what still waits."""

        def end(client: MlflowClient, run: str) -> None:
            # The status comes first: nothing that waits may keep a run from ending. An ended run still takes figures.
            client.set_terminated(run, status)
            self._catch_up(client, run)

        self._attempt(end, always=True)

    def settle(self) -> None:
        """Log everything that still waits."""
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
        """Do an action now, or, if that fails, with a later attempt."""
        if action not in self._waiting:
            self._waiting.append(action)
        self._attempt(self._catch_up)

    def _catch_up(self, client: MlflowClient, run: str) -> None:
        while self._waiting:
            try:
                self._waiting[0](client, run)
            except Exception:
                # The failed action goes to the back, so that it cannot block the others for ever.
                self._waiting.append(self._waiting.pop(0))
                raise
            self._waiting.pop(0)

    def _attempt(self, action: _Action, always: bool = False) -> None:
        """Do an action, or print a warning: a tracking store that fails in any way must not stop the stage."""
        if time.monotonic() < self._quiet_until and not always:
            return
        try:
            self._opened = self._opened or self._open()
            action(*self._opened)
        except Exception as error:
            self._quiet_until = time.monotonic() + QUIET_SECONDS
            # A call that failed may still have arrived, so the store has to be asked again what it has.
            self._logged.clear()
            if not self._warned:
                reason = one_line(error)
                with suppress(OSError):  # nobody reads it any more
                    print(f"warning: MLflow at {tracking_uri()} fails, going on without it: {reason}", file=sys.stderr)
                self._warned = True
