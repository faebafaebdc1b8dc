"""One MLflow run that a stage writes to, and that cannot stop the stage.

If the store is down or locked, the run prints one warning. Nothing is lost: the stages write the figures to files
anyway, and a store that comes back gets what it missed, if need be from a later process.
"""

import json
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from mlflow.entities import Metric
from mlflow.tracking import MlflowClient
from numpy.typing import NDArray

from pix2pix.base.errors import number_of, one_line
from pix2pix.base.secrets import hidden
from pix2pix.data.manifests import Manifest
from pix2pix.tracking import entries, missed
from pix2pix.tracking.entries import Entry
from pix2pix.tracking.opening import Opening
from pix2pix.tracking.owners import BEAT_SECONDS, beat
from pix2pix.tracking.store import shown_uri, why

# The time after a failure in which the store is left alone.
QUIET_SECONDS = 120
# The columns of a row that count time. They are not figures.
_AXES = {"epoch", "step"}
# Stands for the rows that wait.
_ROWS = Entry("rows", {})


class Patience:
    """Leaves a store that fails alone for a while, and prints one warning. Several runs can share it."""

    def __init__(self) -> None:
        self.quiet_until = 0.0
        self._warned = False

    def fails(self, error: Exception) -> None:
        """Note that something went wrong in the store."""
        self.quiet_until = time.monotonic() + QUIET_SECONDS
        self.warn(error)

    def warn(self, error: Exception) -> None:
        """Print the warning, unless it was printed already."""
        if not self._warned:
            with suppress(OSError):  # nobody reads it any more
                print(f"warning: MLflow at {shown_uri()} fails, continuing without it: {why(error)}", file=sys.stderr)
            self._warned = True


class Run:
    """One MLflow run. Every method is an attempt: it may fail, and the caller continues.

    Calls that fail are tried again at the next call, and when the run ends. What then still waits is kept on disk, and
    a later process sends it; see `missed`.
    """

    def __init__(self, opening: Opening, patience: Patience | None = None) -> None:
        """Take the opening, which finds or makes the run. If it fails, the next attempt tries it again."""
        self.opening = opening
        self.patience = patience or Patience()
        self._opened: tuple[MlflowClient, str | None] | None = None
        self._waiting: list[Entry] = []
        self._rows: dict[tuple[str, int], Metric] = {}
        self._logged: dict[str, set[int]] = {}
        self._is_kept = False
        self._beat_at = 0.0
        self._attempt(self._catch_up)

    @property
    def id(self) -> str | None:
        """MLflow's id of the run; None until the store answers, or if there is no such run."""
        return self._opened[1] if self._opened else None

    @property
    def waits(self) -> bool:
        """Whether something has not arrived: it waits, or is kept for a later process."""
        return bool(self._waiting) or self._is_kept

    @property
    def is_unknown(self) -> bool:
        """Whether the store answers, and has no such run."""
        return self._opened is not None and self._opened[1] is None

    def metrics(self, values: Mapping[str, float], step: float) -> None:
        """Log the figures of a step, but neither `epoch` nor `step`, unless the run has them already."""
        now, step = _now(), int(step)
        for name in values.keys() - _AXES:
            if step not in self._logged.get(name, ()):
                self._rows.setdefault((name, step), Metric(name, float(values[name]), now, step))
        if self._rows:
            self._soon(_ROWS)

    def scores(self, values: Mapping[str, float], step: int) -> None:
        """Log final figures, unless the run has the same values already."""
        numbers = {name: float(value) for name, value in values.items()}
        self._soon(Entry("scores", {"values": numbers, "step": step, "time": _now()}))

    def params(self, values: Mapping[str, Any]) -> None:
        """Log parameters as text. A parameter that the run has already stays as it is: MLflow refuses to change it."""
        self._soon(Entry("params", _texts(values)))

    def tags(self, values: Mapping[str, Any]) -> None:
        """Set tags, as text."""
        self._soon(Entry("tags", _texts(values)))

    def picture(self, picture: NDArray[np.uint8], name: str) -> None:
        """Log a uint8 RGB picture as the artifact `name`."""
        self._soon(Entry("picture", {"name": name}, picture))

    def sample(self, grid: NDArray[np.uint8], epoch: int) -> None:
        """Log the sample pictures of an epoch."""
        self.picture(grid, f"samples/{epoch:04d}.png")

    def files(self, path: Path, folder: str | None = None) -> None:
        """Log a file, or all files of a folder, as artifacts below `folder`. They stay as they are until the end."""
        self._soon(Entry("files", {"folder": folder}, path))

    def text(self, text: str, name: str) -> None:
        """Log a text as the artifact `name`, without the secrets that addresses in it have."""
        self._soon(Entry("text", {"text": hidden(text), "name": name}))

    def dataset(self, name: str, manifest: Manifest, digest: str, context: str) -> None:
        """Name the pairs the run used: the data set `name`, with the digest of its records."""
        source = json.dumps({"archive_sha256": manifest.archive})
        sizes = json.dumps({role: entry.pairs for role, entry in manifest.roles.items()})
        told = {"name": name, "digest": digest[:16], "source_type": "local", "source": source}
        self._soon(Entry("dataset", {"context": context, "dataset": told | {"profile": sizes}}))

    def generator(self, folder: Path) -> None:
        """Log a model folder as an MLflow model with signature and input example, unless the run has one."""
        self._soon(Entry("generator", {}, folder))

    def generators(self, models: Path, names: Iterable[str]) -> None:
        """Log the model folders of these names; see `generator`."""
        for name in names:
            self.generator(models / name)

    def table(self, table: pd.DataFrame, name: str) -> None:
        """Log a table as the artifact `name`, CSV."""
        self.text(table.to_csv(lineterminator="\n"), name)

    def challenge(self, evaluation: "Run", model: str, logged: str = "generator") -> None:
        """Make a model of this training the challenger of a registered model, with the scores of the run `evaluation`.

        Args:
            evaluation: the run with the scores.
            model: the name of the registered model.
            logged: the name under which this training has logged its model.
        """
        entry = Entry("challenge", {"evaluation": evaluation.opening.key, "model": model, "logged": logged})
        if evaluation.waits:
            self._waiting.append(entry)  # the scores have to come first
        else:
            self._soon(entry)

    def end(self, status: str) -> None:
        """Set the run's status, FINISHED, FAILED or KILLED, log what still waits, and keep what does not arrive."""
        # The status comes first: nothing that waits may keep a run from ending. An ended run still takes figures.
        self._waiting.insert(0, Entry("end", {"status": status, "time": _now()}))
        self.settle()

    def settle(self, at_once: bool = True) -> None:
        """Log everything that still waits, if `at_once`, and keep on disk what does not arrive."""
        if self._waiting and at_once:
            self._attempt(self._catch_up, always=True)
        if self._waiting:
            self._keep()

    def _keep(self) -> None:
        points = [[each.key, each.value, each.timestamp, each.step] for each in self._rows.values()]
        waiting = [replace(each, said={"points": points}) if each is _ROWS else each for each in self._waiting]
        # The run that the store has already is the one that is meant.
        opening = replace(self.opening, known=self.id or self.opening.known)
        try:
            missed.keep(opening, waiting)
        except OSError as error:
            with suppress(OSError):
                print(f"warning: what MLflow has missed cannot be kept: {one_line(error)}", file=sys.stderr)
            return
        self._waiting.clear()
        self._is_kept = True
        with suppress(OSError):
            print(f"what MLflow has missed is in {missed.folder()}; the next run sends it, and so does `pix2pix sync`")

    def _send_rows(self, client: MlflowClient, run: str) -> None:
        entries.rows(client, run, list(self._rows.values()), self._logged)
        self._rows.clear()

    def _soon(self, entry: Entry) -> None:
        """Log an entry now, or, if that fails, with a later attempt."""
        if entry is not _ROWS or _ROWS not in self._waiting:
            self._waiting.append(entry)
        self._attempt(self._catch_up)

    def _catch_up(self, client: MlflowClient, run: str) -> None:
        while self._waiting:
            # Figures come first. A failed entry goes to the back, so that it cannot block the others for ever.
            entry = next((each for each in self._waiting if each.is_figure), self._waiting[0])
            self._waiting.remove(entry)
            try:
                self._tell(client, run, entry)
            except BaseException:
                self._waiting.append(entry)
                raise

    def _tell(self, client: MlflowClient, run: str, entry: Entry) -> None:
        if entry is _ROWS:
            self._send_rows(client, run)
        else:
            missed.tell(client, run, entry)

    def _attempt(self, action: Callable[[MlflowClient, str], None], always: bool = False) -> None:
        """Do an action, or print a warning: a tracking store that fails in any way must not stop the stage."""
        if time.monotonic() < self.patience.quiet_until and not always:
            return
        try:
            if self._opened is None:
                self._send_missed()
                self._opened = self.opening.open()
                self._beat_at = time.monotonic()
            client, run = self._opened
            if run is None:
                self._waiting.clear()
            else:
                self._beat(client, run)
                action(client, run)
        except Exception as error:
            # A call that failed may still have arrived, so the store has to be asked again what it has.
            self._logged.clear()
            self.patience.fails(error)

    def _beat(self, client: MlflowClient, run: str) -> None:
        """Note now and then that this process lives. A run that this process only adds to is another's."""
        if self.opening.made and time.monotonic() - self._beat_at > BEAT_SECONDS:
            beat(client, run)
            self._beat_at = time.monotonic()

    def _send_missed(self) -> None:
        """Send what the store has missed of earlier runs. If it fails, this run continues all the same."""
        try:
            if sent := missed.send():
                print(f"MLflow has got what it had missed of {number_of(sent, 'run')}")
        except Exception as error:
            self.patience.warn(error)


def _texts(values: Mapping[str, Any]) -> dict[str, str]:
    return {name: hidden(str(value)) for name, value in values.items()}


def _now() -> int:
    return int(time.time() * 1000)
