"""Which process writes a run, when it was last heard of, and the end of runs whose process has died.

A process of this host can be looked for, so the next start ends its run. Of another host's process only the heartbeat
is known, so a person decides after how long it counts as dead: `pix2pix clean --dead-runs`.
"""

import os
import socket
import time
from datetime import UTC, datetime
from typing import NamedTuple

import mlflow
import psutil
from mlflow.entities import Run
from mlflow.tracking import MlflowClient

from pix2pix.tracking.store import asked, one_at_a_time
from pix2pix.training.trial import PRUNED

# The tags of a run: `host/pid/created` of the process that writes it, the time in UTC at which this process was last
# heard of, and why another process ended the run.
OWNER, HEARTBEAT, _ENDED_BY = "process", "heartbeat", "ended_by"
# The time between two heartbeats of a run that is written to.
BEAT_SECONDS = 60


def signs() -> dict[str, str]:
    """Return the tags that say which process writes a run, and that it lives."""
    return {OWNER: this_process(), HEARTBEAT: _shown(int(time.time() * 1000))}


def beat(client: MlflowClient, run: str) -> None:
    """Note that the process that writes a run lives."""
    client.set_tag(run, HEARTBEAT, signs()[HEARTBEAT])


def go_on(client: MlflowClient, run: str) -> None:
    """Continue a run. MLflow cannot remove its end time; the next end replaces it."""
    # The owner comes before the status: the next start would end a run that is RUNNING for a dead process.
    for name, value in signs().items():
        client.set_tag(run, name, value)
    _remove(client, run, _ENDED_BY, PRUNED)
    client.update_run(run, status="RUNNING")


def acquit(client: MlflowClient, run: str) -> None:
    """Remove what says that another process has ended a run, because the run lives."""
    _remove(client, run, _ENDED_BY)


def _remove(client: MlflowClient, run: str, *tags: str) -> None:
    for tag in client.get_run(run).data.tags.keys() & set(tags):
        client.delete_tag(run, tag)


def end_the_dead(client: MlflowClient, experiment: str) -> None:
    """End the runs that are still RUNNING although their process on this host has died (SIGKILL, crash, reboot)."""
    for run in client.search_runs([experiment], "attributes.status = 'RUNNING'"):
        if _died(run.data.tags.get(OWNER, "")):
            _end(client, run, "found dead at the next start")


class Silent(NamedTuple):
    """A run that was ended because its process was not heard of any more.

    Attributes:
        id, name: MLflow's.
        process: the value of the tag `process`.
        heard: the time of its last sign of life, in UTC.
    """

    id: str
    name: str
    process: str
    heard: str


def end_the_silent(tracking_uri: str, hours: float) -> tuple[list[Silent], int]:
    """End the runs of all experiments that are still RUNNING although their process is dead, or seems to be.

    A process of this host is dead if it is not there. A process of another host counts as dead if it was last heard of
    more than `hours` ago.

    Returns:
        The runs that were ended, and the number of those that still run.

    Raises:
        UserError: there is no store, or it does not answer.
    """

    def end(client: MlflowClient) -> tuple[list[Silent], int]:
        mlflow.set_tracking_uri(tracking_uri)
        wanted = f"attributes.status = 'RUNNING' and tags.{OWNER} LIKE '%/%'"
        with one_at_a_time():
            found = mlflow.search_runs(search_all_experiments=True, filter_string=wanted, output_format="list")
            ended = [_end(client, run, "not heard of any more") for run in found if _is_silent(client, run, hours)]
        return ended, len(found) - len(ended)

    return asked(tracking_uri, end)


def _is_silent(client: MlflowClient, run: Run, hours: float) -> bool:
    owner = run.data.tags[OWNER]
    if owner.startswith(f"{socket.gethostname()}/"):
        return _died(owner)
    # A run has hundreds of figures, so they are asked for only of runs of earlier versions, which have no heartbeat.
    heard = _beaten(run) or _last_figure(client, run)
    return time.time() - heard / 1000 > hours * 3600


def _end(client: MlflowClient, run: Run, why: str) -> Silent:
    """End a run at its last sign of life."""
    heard = max(_beaten(run), _last_figure(client, run))
    client.set_tag(run.info.run_id, _ENDED_BY, why)
    client.set_terminated(run.info.run_id, "KILLED", heard)
    return Silent(run.info.run_id, run.info.run_name, run.data.tags[OWNER], _shown(heard))


def _beaten(run: Run) -> int:
    """Return the time of a run's heartbeat, in milliseconds since 1970; 0 without one."""
    told = run.data.tags.get(HEARTBEAT)
    return int(datetime.fromisoformat(told).timestamp() * 1000) if told else 0


def _last_figure(client: MlflowClient, run: Run) -> int:
    """Return the time of a run's last figure, or of its start, in milliseconds since 1970."""
    points = (point for name in run.data.metrics for point in client.get_metric_history(run.info.run_id, name))
    return max((point.timestamp for point in points), default=run.info.start_time)


def _shown(milliseconds: int) -> str:
    return datetime.fromtimestamp(milliseconds / 1000, UTC).isoformat(timespec="seconds")


def this_process() -> str:
    """Return the value of the tag `process`; the creation time tells two processes with the same number apart."""
    return f"{socket.gethostname()}/{os.getpid()}/{psutil.Process().create_time():.2f}"


def _died(tag: str) -> bool:
    """Whether a tag `process` names a dead process of this host; False if this cannot be told."""
    try:
        host, pid, created = tag.rsplit("/", 2)
        process = psutil.Process(int(pid)) if host == socket.gethostname() else None
        # Creation times are read from the clock, which may be corrected by a second.
        return process is not None and (
            abs(process.create_time() - float(created)) > 2 or process.status() == psutil.STATUS_ZOMBIE
        )
    except psutil.NoSuchProcess:
        return True
    except (ValueError, psutil.AccessDenied):
        return False
