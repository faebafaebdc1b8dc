"""What a run cost, on which machine, with which versions: everything that is not the same every time."""

import os
import platform
import resource
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

import tensorflow as tf

from pix2pix.files import read_json, write_json

PACKAGES = ("tensorflow", "keras", "numpy", "dvc", "mlflow")


def add(folder: Path, steps: int, images: int, seconds: float) -> None:
    """Add steps, the pictures they saw and the seconds they took to what the run's sessions took before.

    Args:
        folder: the run's checkpoint folder; it remembers the sums in `times.json`.
    """
    path = folder / "times.json"
    before = read_json(path) if path.exists() else {"steps": 0, "images": 0, "seconds": 0.0, "peak_memory_gb": 0.0}
    unit = 1 if sys.platform == "darwin" else 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e9
    sums = {
        "steps": before["steps"] + steps,
        "images": before["images"] + images,
        "seconds": before["seconds"] + seconds,
        "peak_memory_gb": max(before["peak_memory_gb"], round(peak, 2)),
        "device": device(),
        "versions": {"python": platform.python_version()} | {package: version(package) for package in PACKAGES},
    }
    write_json(path, sums)


def told(folder: Path) -> dict[str, Any]:
    """What a run took so far.

    Returns:
        `steps`, `images`, `seconds` (of steps alone: without validation, pictures and saving), `seconds_per_step`,
        `images_per_second`, `peak_memory_gb` (resident, of the session that took most), and of the last session that
        trained `device` and `versions`.
    """
    sums = read_json(folder / "times.json")
    return sums | {
        "seconds": round(sums["seconds"], 1),
        "seconds_per_step": round(sums["seconds"] / sums["steps"], 4),
        "images_per_second": round(sums["images"] / sums["seconds"], 3),
    }


def device() -> str:
    """The device TensorFlow trains on, as people call it."""
    gpus = tf.config.list_physical_devices("GPU")
    if gpus:
        details = (tf.config.experimental.get_device_details(gpu) for gpu in gpus)
        return ", ".join(str(detail.get("device_name", "GPU")) for detail in details)
    threads = tf.config.threading.get_intra_op_parallelism_threads() or os.cpu_count()
    return f"CPU ({_processor()}, {threads} threads)"


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), platform.machine())
