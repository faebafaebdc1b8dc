"""The machine a run trains on: what decides its last bits beside parameters, data and code, and what it took."""

import os
import platform
import resource
import sys
from importlib.metadata import version

import tensorflow as tf

from pix2pix.base import processor

PACKAGES = ("tensorflow", "keras", "numpy", "dvc", "mlflow")
# Of these the arithmetic depends.
ARITHMETIC = ("tensorflow", "keras", "numpy")
SWITCHES = ("TF_", "XLA_", "KERAS_", "ONEDNN_", "OMP_", "MKL_", "NVIDIA_TF32_")
# But not of these: how much TensorFlow tells, and Terraform's variables.
OTHER = ("TF_CPP_", "TF_CLI_", "TF_VAR_")
# Steps of a window on a GPU, at most.
WINDOW = 20


def setting() -> dict[str, str]:
    """All that the same bits need to be the same: device and threads, versions, and switches in the environment."""
    switches = sorted(name for name in os.environ if name.startswith(SWITCHES) and not name.startswith(OTHER))
    return (
        {"device": device()}
        | {package: version(package) for package in ARITHMETIC}
        | {name: os.environ[name] for name in switches}
    )


def has_gpu() -> bool:
    """Whether TensorFlow trains on one: then a window of steps is compiled by XLA."""
    return bool(tf.config.list_physical_devices("GPU"))


def steps_a_call() -> int:
    """How many steps at most are done at once.

    On a GPU, where a step may be over before Python has the next one ready, a window of them. On a CPU a step takes
    tenths of a second, and whoever asks training to stop would wait for the window.
    """
    return WINDOW if has_gpu() else 1


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
    name = processor.name() or platform.processor() or platform.machine()
    return f"CPU ({name}, {threads} threads)"


def advice(precision: str) -> str:
    """What another `train.precision` would do for the time of a step here; "" if it is well chosen, or not known."""
    if has_gpu():
        return ""
    if precision == "float32" and processor.has_bfloat16():
        return "this processor has bfloat16: with `train.precision: bfloat16` a step takes about 0.6 of the time"
    if precision == "bfloat16" and not processor.has_bfloat16():
        return "warning: this processor has no bfloat16 instructions: with `train.precision: float32` a step is faster"
    return ""
