"""The entries of an MLflow run. They are data, so they can be logged at once, or later by another process.

An entry may be logged twice: what a run has already is not logged again.
"""

import os
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
from mlflow.entities import Dataset, DatasetInput, InputTag, Metric, Param, RunTag
from mlflow.tracking import MlflowClient
from numpy.typing import NDArray

from pix2pix.base.files import remove
from pix2pix.base.pictures import save_png
from pix2pix.tracking import champion
from pix2pix.tracking.model import log_generator, logged_model
from pix2pix.tracking.opening import KEY
from pix2pix.tracking.owners import acquit
from pix2pix.tracking.store import one_at_a_time, tracking_uri
from pix2pix.tracking.timeouts import size_of, waiting_for

# The most metrics that MLflow takes in one call.
BATCH = 1000
# The registered model of entries that an earlier version has kept: it had one name for the models of all data sets.
_EARLIER_MODEL = "facades"


@dataclass(frozen=True, eq=False)
class Entry:
    """One thing that is logged to a run.

    Attributes:
        what: a key of `_TELL`.
        said: the values, which JSON can hold.
        content: a file or a folder, or a uint8 RGB picture `(height, width, 3)`.
    """

    what: str
    said: Mapping[str, Any]
    content: Path | NDArray[np.uint8] | None = None

    @property
    def is_figure(self) -> bool:
        """Whether the entry goes to MLflow's database alone. Such entries are small and come first."""
        return self.what in ("end", "rows", "scores", "params", "tags", "dataset")

    def tell(self, client: MlflowClient, run: str) -> None:
        """Log the entry to a run.

        Raises:
            Exception: of many kinds, if the store does not take it.
        """
        _TELL[self.what](client, run, self)

    def kept(self, folder: Path) -> dict[str, Any]:
        """Return the values that keep the entry for another process. Its content goes into `folder`, which is made."""
        if self.content is None:
            return {"what": self.what, "said": dict(self.said)}
        folder.mkdir()
        if isinstance(self.content, Path):
            if not self.content.exists():
                return {"what": "nothing", "said": {}}
            _link(self.content, folder / self.content.name)
            return {"what": self.what, "said": dict(self.said), "content": f"{folder.name}/{self.content.name}"}
        name = PurePosixPath(self.said["name"])
        save_png(folder / name.name, self.content)
        said = {"folder": None if name.parent == PurePosixPath() else str(name.parent)}
        return {"what": "files", "said": said, "content": f"{folder.name}/{name.name}"}


def of_kept(kept: Mapping[str, Any], folder: Path) -> Entry:
    """Return the entry that was kept in a folder."""
    content = kept.get("content")
    return Entry(kept["what"], kept["said"], folder / content if content else None)


def _link(source: Path, target: Path) -> None:
    """Link files to another name, or copy them between disks. The project replaces its files and never edits them."""

    def link(one: str, other: str) -> None:
        try:
            os.link(one, other)
        except OSError:
            remove(Path(other))
            shutil.copyfile(one, other)

    if source.is_dir():
        shutil.copytree(source, target, copy_function=link)
    else:
        link(str(source), str(target))


def rows(client: MlflowClient, run: str, metrics: list[Metric], there: dict[str, set[int]]) -> None:
    """Log the figures of the steps that a run does not have; `there` holds the steps that it has, by name."""
    for name in {metric.key for metric in metrics} - there.keys():
        there[name] = {point.step for point in client.get_metric_history(run, name)}
    fresh = [metric for metric in metrics if metric.step not in there[metric.key]]
    for first in range(0, len(fresh), BATCH):
        client.log_batch(run, fresh[first : first + BATCH])
    for metric in fresh:
        there[metric.key].add(metric.step)


def _rows(client: MlflowClient, run: str, entry: Entry) -> None:
    rows(client, run, [Metric(*point) for point in entry.said["points"]], {})


def _scores(client: MlflowClient, run: str, entry: Entry) -> None:
    there = client.get_run(run).data.metrics
    fresh = {name: value for name, value in entry.said["values"].items() if there.get(name) != value}
    time, step = entry.said["time"], entry.said["step"]
    client.log_batch(run, [Metric(name, value, time, step) for name, value in fresh.items()])


def _params(client: MlflowClient, run: str, entry: Entry) -> None:
    """Log parameters. MLflow refuses to change one, so the parameters that the run has stay as they are."""
    there = client.get_run(run).data.params
    client.log_batch(run, params=[Param(name, text) for name, text in entry.said.items() if name not in there])


def _tags(client: MlflowClient, run: str, entry: Entry) -> None:
    client.log_batch(run, tags=[RunTag(name, text) for name, text in entry.said.items()])


def _dataset(client: MlflowClient, run: str, entry: Entry) -> None:
    tags = [InputTag("mlflow.data.context", entry.said["context"])]
    client.log_inputs(run, [DatasetInput(Dataset(**entry.said["dataset"]), tags)])


def _picture(client: MlflowClient, run: str, entry: Entry) -> None:
    assert isinstance(entry.content, np.ndarray)
    client.log_image(run, entry.content, artifact_file=entry.said["name"])


def _files(client: MlflowClient, run: str, entry: Entry) -> None:
    path = entry.content
    assert isinstance(path, Path)
    log = client.log_artifacts if path.is_dir() else client.log_artifact
    with waiting_for(size_of(path)):
        log(run, str(path), entry.said["folder"])


def _text(client: MlflowClient, run: str, entry: Entry) -> None:
    client.log_text(run, entry.said["text"], entry.said["name"])


def _generator(client: MlflowClient, run: str, entry: Entry) -> None:
    assert isinstance(entry.content, Path)
    if logged_model(client, run, entry.content.name) is None:
        with waiting_for(size_of(entry.content)):
            log_generator(tracking_uri(), run, entry.content)


def _challenge(client: MlflowClient, run: str, entry: Entry) -> None:
    wanted = f"tags.{KEY} = '{entry.said['evaluation']}'"
    found = client.search_runs([client.get_run(run).info.experiment_id], wanted)
    name, logged = entry.said.get("model", _EARLIER_MODEL), entry.said.get("logged", "generator")
    for evaluation in found:
        with one_at_a_time():  # two evaluations of one model make one version of it
            number = champion.enter(tracking_uri(), name, run, evaluation.info.run_id, logged)
        if number is not None:
            print(f"MLflow has the model as {name} version {number}; `pix2pix promote` compares")


def _end(client: MlflowClient, run: str, entry: Entry) -> None:
    client.set_terminated(run, entry.said["status"], entry.said["time"])
    acquit(client, run)


_TELL: dict[str, Callable[[MlflowClient, str, Entry], None]] = {
    "end": _end,
    "rows": _rows,
    "scores": _scores,
    "params": _params,
    "tags": _tags,
    "dataset": _dataset,
    "picture": _picture,
    "files": _files,
    "text": _text,
    "generator": _generator,
    "challenge": _challenge,
    "nothing": lambda *_: None,
}
