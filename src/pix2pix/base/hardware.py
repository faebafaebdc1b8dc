"""The machine of a run: everything about it that changes the last bits of a result, its device, and its memory."""

import os
import platform
import resource
import sys
from functools import cache
from importlib.metadata import version

import tensorflow as tf

from pix2pix.base import processor

PACKAGES = ("tensorflow", "keras", "numpy", "dvc", "mlflow")
# The packages that affect numerical results.
_ARITHMETIC = ("tensorflow", "keras", "numpy")
SWITCHES = (
    *("TF_", "XLA_", "ONEDNN_", "DNNL_", "OMP_", "KMP_", "GOMP_", "MKL_", "OPENBLAS_", "NPY_"),
    *("NVIDIA_TF32_", "CUBLAS_", "CUDNN_"),
)
# Not these: the amount of TensorFlow's log, the variables of Terraform, and the processes that share the work.
OTHER = ("TF_CPP_", "TF_CLI_", "TF_VAR_", "TF_CONFIG")
# The most steps of one window on a GPU.
WINDOW = 20


def setting() -> dict[str, str]:
    """Return what must stay the same for the same bits: device, threads, versions, and switches in the environment.

    Of a processor this includes its instructions: those with one name may have others, and so other kernels.
    """
    switches = sorted(name for name in os.environ if name.startswith(SWITCHES) and not name.startswith(OTHER))
    return (
        {"device": device()}
        | ({} if has_gpu() else {"instructions": processor.instructions()})
        | {package: version(package) for package in _ARITHMETIC}
        | {name: os.environ[name] for name in switches}
    )


def has_gpu() -> bool:
    """Whether TensorFlow has a GPU to train on. XLA then compiles a window of steps."""
    return bool(tf.config.list_physical_devices("GPU"))


def steps_a_call() -> int:
    """Return the most steps that one call does.

    On a GPU a step may end before Python has prepared the next one, so a call does a window of steps. On a CPU a step
    takes tenths of a second, so a call does one: a person who stops the training does not wait for a whole window.
    """
    return WINDOW if has_gpu() else 1


def versions() -> dict[str, str]:
    """Return the versions of Python and of the packages that affect a run."""
    return {"python": platform.python_version()} | {package: version(package) for package in PACKAGES}


def peak_memory_gb() -> float:
    """Return the most resident memory that this process has held so far, in gigabytes."""
    unit = 1 if sys.platform == "darwin" else 1024
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e9, 2)


def device() -> str:
    """Return the name of the device that TensorFlow trains on, such as `CPU (AMD EPYC, 2 threads)`."""
    gpus = tf.config.list_physical_devices("GPU")
    if gpus:
        details = (tf.config.experimental.get_device_details(gpu) for gpu in gpus)
        # How many there are changes no result.
        return ", ".join(dict.fromkeys(str(detail.get("device_name", "GPU")) for detail in details))
    # Count as TensorFlow does: only the cores that this process may run on.
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    threads = tf.config.threading.get_intra_op_parallelism_threads() or cores
    name = processor.name() or platform.processor() or platform.machine()
    return f"CPU ({name}, {threads} threads)"


def is_slow_in(precision: str) -> bool:
    """Whether this machine takes longer in `precision` than in float32, because it has no instructions for it."""
    return precision == "bfloat16" and not has_gpu() and not processor.has_bfloat16()


@cache
def convolutions_are_slow(dtype: tf.DType) -> bool:
    """Whether TensorFlow's convolutions in `dtype` are slow on this machine.

    On processors without AVX-512 TensorFlow gives oneDNN the weights of a convolution in its own order. oneDNN has no
    fast kernel for that order, neither forwards nor for the gradient by the weights. The gradient by the input has one.
    """
    on = os.environ.get("TF_ENABLE_ONEDNN_OPTS") != "0"
    return on and dtype == tf.float32 and processor.has_avx2_only() and not has_gpu()


def advice(precision: str) -> str:
    """Say whether another `train.precision` would make a step faster here.

    Returns:
        A line for people; "" if `precision` suits the processor, or on a GPU.
    """
    if precision == "float32" and not has_gpu() and processor.has_bfloat16():
        return "this processor has bfloat16: with `train.precision: bfloat16` a step takes about 0.6 of the time"
    if is_slow_in(precision):
        return "warning: this processor has no bfloat16 instructions: with `train.precision: float32` a step is faster"
    return ""
