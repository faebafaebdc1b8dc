"""The machine a run trains on: what decides its last bits beside parameters, data and code, and what it took."""

import os
import platform
import resource
import sys
from importlib.metadata import version
from pathlib import Path

import tensorflow as tf

PACKAGES = ("tensorflow", "keras", "numpy", "dvc", "mlflow")
# Of these the arithmetic depends.
ARITHMETIC = ("tensorflow", "keras", "numpy")
SWITCHES = ("TF_", "XLA_", "KERAS_", "ONEDNN_", "OMP_", "MKL_", "NVIDIA_TF32_")
# But not of these: how much TensorFlow tells, and Terraform's variables.
OTHER = ("TF_CPP_", "TF_CLI_", "TF_VAR_")


def setting() -> dict[str, str]:
    """All that the same bits need to be the same: device and threads, versions, and switches in the environment."""
    switches = sorted(name for name in os.environ if name.startswith(SWITCHES) and not name.startswith(OTHER))
    return (
        {"device": device()}
        | {package: version(package) for package in ARITHMETIC}
        | {name: os.environ[name] for name in switches}
    )


def versions() -> dict[str, str]:
    """Of Python and the packages whose behaviour shows."""
    return {"python": platform.python_version()} | {package: version(package) for package in PACKAGES}


def peak_memory_gb() -> float:
    """The most memory this process has held, resident, in gigabytes."""
    unit = 1 if sys.platform == "darwin" else 1024
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e9, 2)


def device() -> str:
    """The device TensorFlow trains on, as people call it."""
    gpus = tf.config.list_physical_devices("GPU")
    if gpus:
        details = (tf.config.experimental.get_device_details(gpu) for gpu in gpus)
        return ", ".join(str(detail.get("device_name", "GPU")) for detail in details)
    # Like TensorFlow, not all cores of the machine but those this process may run on.
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    threads = tf.config.threading.get_intra_op_parallelism_threads() or cores
    return f"CPU ({_processor()}, {threads} threads)"


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), platform.machine())
