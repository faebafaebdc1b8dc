"""Which process writes a run: a run whose process died is ended by the next start on the same machine."""

import os
import socket

import psutil
from mlflow.tracking import MlflowClient

# `host/pid/created` of the process that writes a run, and what stands on a run that another process had to end.
OWNER, _ENDED_BY = "process", "ended_by"


def go_on(client: MlflowClient, run: str) -> None:
    """Take a run up again. MLflow cannot take its end time back; the next end replaces it."""
    # Whose it is now comes first: a run that is RUNNING for a dead process would be ended by the next start.
    client.set_tag(run, OWNER, this_process())
    if _ENDED_BY in client.get_run(run).data.tags:
        client.delete_tag(run, _ENDED_BY)
    client.update_run(run, status="RUNNING")


def end_the_dead(client: MlflowClient, experiment: str) -> None:
    """End the runs that are RUNNING for a process of this host that no longer lives: SIGKILL, a crash, a reboot."""
    for run in client.search_runs([experiment], "attributes.status = 'RUNNING'"):
        if _died(run.data.tags.get(OWNER, "")):
            points = (point for name in run.data.metrics for point in client.get_metric_history(run.info.run_id, name))
            last = max((point.timestamp for point in points), default=run.info.start_time)
            client.set_tag(run.info.run_id, _ENDED_BY, "found dead at the next start")
            client.set_terminated(run.info.run_id, "KILLED", last)


def this_process() -> str:
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
