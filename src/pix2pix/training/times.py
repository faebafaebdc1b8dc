"""What a run cost, on which machine, with which versions: everything that is not the same every time."""

import os
import platform
import resource
from importlib.metadata import version
from pathlib import Path
from typing import Any

import tensorflow as tf

from pix2pix.files import read_json, write_json

PACKAGES = ("tensorflow", "keras", "numpy", "dvc", "mlflow")


def record(folder: Path, steps: int, seconds: float, batch_size: int) -> dict[str, Any]:
    """Add this session's steps to what the run's earlier sessions took, and describe the machine.

    Args:
        folder: the run's checkpoint folder; it remembers the sum in `times.json`.
        steps, seconds: training steps of this session and the time they took.
        batch_size: pairs a step.

    Returns:
        `steps`, `seconds`, `seconds_per_step`, `images_per_second`, `peak_memory_gb` (resident, of the session that
        took most), `device`, `versions`.
    """
    path = folder / "times.json"
    before = read_json(path) if path.exists() else {"steps": 0, "seconds": 0.0, "peak_memory_gb": 0.0}
    total_steps, total_seconds = before["steps"] + steps, before["seconds"] + seconds
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9 if steps else 0.0
    times = {
        "steps": total_steps,
        "seconds": round(total_seconds, 1),
        "seconds_per_step": round(total_seconds / max(total_steps, 1), 4),
        "images_per_second": round(total_steps * batch_size / max(total_seconds, 1e-9), 3),
        "peak_memory_gb": round(max(before["peak_memory_gb"], peak), 2),
        "device": device(),
        "versions": {"python": platform.python_version()} | {package: version(package) for package in PACKAGES},
    }
    write_json(path, times)
    return times


def device() -> str:
    """The device TensorFlow trains on, as people call it."""
    gpus = tf.config.list_physical_devices("GPU")
    if gpus:
        details = (tf.config.experimental.get_device_details(gpu) for gpu in gpus)
        return ", ".join(str(detail.get("device_name", "GPU")) for detail in details)
    threads = tf.config.threading.get_intra_op_parallelism_threads() or len(os.sched_getaffinity(0))
    return f"CPU ({_processor()}, {threads} threads)"


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), platform.machine())
