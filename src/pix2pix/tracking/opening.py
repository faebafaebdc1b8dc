"""The description by which a run is found in the store, or made. It is data, so another process can use it later."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from mlflow.tracking import MlflowClient
from mlflow.utils.mlflow_tags import MLFLOW_PARENT_RUN_ID, MLFLOW_SOURCE_NAME

from pix2pix.base.files import home
from pix2pix.tracking.owners import end_the_dead, go_on, signs
from pix2pix.tracking.relocation import ARTIFACTS, EXPERIMENT
from pix2pix.tracking.store import one_at_a_time, tracking_uri

FINGERPRINT, _KIND = "fingerprint", "kind"
# The tag that tells the evaluations of one training apart: each is a run of its own.
KEY = "key"


def _now() -> int:
    return int(time.time() * 1000)


@dataclass(frozen=True)
class Opening:
    """The description of a run.

    Attributes:
        experiment: its name.
        kind: `training`, `segmenter`, `evaluation`, `ablation` or `search`.
        fingerprint: the fingerprint of the training, the identity of the ablation, or the name of the search.
        name, source: the name and the program of a run that is made.
        known: the id that the run had earlier, if it is known.
        key: the key of an evaluation.
        parent: the fingerprint of the training in whose run this one is nested.
        children: the fingerprints of the trainings whose runs are nested in this one.
        made: whether a run that is not there is made, and a run that is there continues. If not, its status stays.
        begun: the time when the run began, in milliseconds since 1970.
    """

    experiment: str
    kind: str
    fingerprint: str
    name: str = ""
    source: str = ""
    known: str | None = None
    key: str | None = None
    parent: str | None = None
    children: tuple[str, ...] = ()
    made: bool = True
    begun: int = field(default_factory=_now)

    def open(self) -> tuple[MlflowClient, str | None]:
        """Return a client of the store, and the id of the run; None if there is no run and none is made.

        Raises:
            Exception: of many kinds, if the store fails.
        """
        with one_at_a_time():
            client, experiment = _connect(self.experiment)
            end_the_dead(client, experiment)
            run = find(client, experiment, self.fingerprint, self.known, self.kind, self.key)
            if not self.made:
                return client, run
            if run is None:
                tags = self._tags(client, experiment)
                run = client.create_run(experiment, self.begun, tags, self.name).info.run_id
            else:
                go_on(client, run)
            for training in (find(client, experiment, child) for child in self.children):
                if training is not None:
                    client.set_tag(training, MLFLOW_PARENT_RUN_ID, run)
            return client, run

    def _tags(self, client: MlflowClient, experiment: str) -> dict[str, Any]:
        tags = {FINGERPRINT: self.fingerprint, _KIND: self.kind, MLFLOW_SOURCE_NAME: self.source}
        more = {KEY: self.key, MLFLOW_PARENT_RUN_ID: self.parent and find(client, experiment, self.parent)}
        return tags | signs() | {name: value for name, value in more.items() if value}


def of_kept(kept: Mapping[str, Any]) -> Opening:
    """Return the opening that `dataclasses.asdict` and JSON have kept."""
    return Opening(**{**kept, "children": tuple(kept["children"])})


def _connect(name: str) -> tuple[MlflowClient, str]:
    """Return a client, and the id of the experiment."""
    client = MlflowClient(tracking_uri())
    found = client.get_experiment_by_name(name)
    if found:
        if found.lifecycle_stage == "deleted":
            client.restore_experiment(found.experiment_id)
        return client, found.experiment_id
    # A server decides itself where it keeps artifacts; our own store keeps them beside its database.
    place = (home() / ARTIFACTS).as_uri() if tracking_uri().startswith("sqlite:") else None
    return client, client.create_experiment(name, artifact_location=place, tags=EXPERIMENT)


def find(
    client: MlflowClient,
    experiment: str,
    fingerprint: str,
    known: str | None = None,
    kind: str = "training",
    key: str | None = None,
) -> str | None:
    """Find the run with a fingerprint: the `known` one if it has the fingerprint, otherwise the oldest that has it.

    The oldest run stays the oldest, so a training and all its evaluations always find the same one.
    """
    wanted = f"tags.{FINGERPRINT} = '{fingerprint}' and tags.{_KIND} = '{kind}'"
    if key:
        wanted += f" and tags.{KEY} = '{key}'"
    found = client.search_runs([experiment], wanted, order_by=["attributes.start_time ASC"])
    ids = [run.info.run_id for run in found]
    return known if known in ids else next(iter(ids), None)
