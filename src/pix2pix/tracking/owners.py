"""Which process writes a run: a run whose process died is ended by the next start on the same machine."""

import os
import socket

import psutil
from mlflow.tracking import MlflowClient

from pix2pix.training.trial import PRUNED

# The tag with `host/pid/created` of the process that writes a run, and the tag that says why another process ended it.
OWNER, _ENDED_BY = "process", "ended_by"


def go_on(client: MlflowClient, run: str) -> None:
    """Continue a run. MLflow cannot remove its end time; the next end replaces it."""
    # The owner comes before the status: the next start would end a run that is RUNNING for a dead process.
    client.set_tag(run, OWNER, this_process())
    tags = client.get_run(run).data.tags
    for tag in (_ENDED_BY, PRUNED):
        if tag in tags:
            client.delete_tag(run, tag)
    client.update_run(run, status="RUNNING")


def end_the_dead(client: MlflowClient, experiment: str) -> None:
    """End the runs that are still RUNNING although their process on this host has died (SIGKILL, crash, reboot)."""
    for run in client.search_runs([experiment], "attributes.status = 'RUNNING'"):
        if _died(run.data.tags.get(OWNER, "")):
            points = (point for name in run.data.metrics for point in client.get_metric_history(run.info.run_id, name))
            last = max((point.timestamp for point in points), default=run.info.start_time)
            client.set_tag(run.info.run_id, _ENDED_BY, "found dead at the next start")
            client.set_terminated(run.info.run_id, "KILLED", last)


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
