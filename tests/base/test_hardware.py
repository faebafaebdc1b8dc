import os
import platform
from pathlib import Path

import dvc
import keras
import mlflow
import numpy as np
import pytest
import tensorflow as tf

from pix2pix.base import hardware


@pytest.fixture(autouse=True)
def no_switches(monkeypatch):
    for name in os.environ:
        if name.startswith(("TF_", "XLA_", "ONEDNN_", "OMP_", "MKL_", "NVIDIA_")):
            monkeypatch.delenv(name)


@pytest.mark.parametrize("gpus", [[], ["a GPU"]])
def test_a_setting_is_the_device_and_what_computes(monkeypatch, gpus):
    """Processors of one name may have other instructions; on a GPU they do not compute."""
    for name in [name for name in os.environ if name.startswith(hardware.SWITCHES)]:
        monkeypatch.delenv(name)
    monkeypatch.setattr(hardware.processor, "instructions", lambda: "avx avx2")
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda _: gpus)
    monkeypatch.setattr(tf.config.experimental, "get_device_details", lambda _: {})
    assert hardware.setting() == ({} if gpus else {"instructions": "avx avx2"}) | {
        "device": hardware.device(),
        "tensorflow": tf.__version__,
        "keras": keras.__version__,
        "numpy": np.__version__,
    }


@pytest.mark.parametrize(
    "name", ["TF_ENABLE_ONEDNN_OPTS", "XLA_FLAGS", "ONEDNN_MAX_CPU_ISA", "OMP_NUM_THREADS", "NVIDIA_TF32_OVERRIDE"]
)
def test_switches_of_the_arithmetic_are_part_of_it(monkeypatch, name):
    before = hardware.setting()
    monkeypatch.setenv(name, "1")
    assert hardware.setting() == before | {name: "1"}


@pytest.mark.parametrize(
    "name",
    [
        "TF_CPP_MIN_LOG_LEVEL",
        "TF_CPP_VMODULE",
        "TF_CLI_CONFIG_FILE",
        "TF_CONFIG",
        "HOME",
        "PIX2PIX_HOME",
        "MY_TF_THING",
    ],
)
def test_what_changes_no_bit_is_not(monkeypatch, name):
    before = hardware.setting()
    monkeypatch.setenv(name, "1")
    assert hardware.setting() == before


def test_versions():
    expected = {"python": platform.python_version(), "dvc": dvc.__version__, "mlflow": mlflow.__version__}
    assert hardware.versions() == expected | {
        "tensorflow": tf.__version__,
        "keras": keras.__version__,
        "numpy": np.__version__,
    }


@pytest.mark.skipif(bool(tf.config.list_physical_devices("GPU")), reason="a GPU is the device here")
def test_the_cores_a_process_may_use_are_its_threads(monkeypatch):
    if not hasattr(os, "sched_getaffinity"):
        pytest.skip("this system binds no process to cores")
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(7)))
    assert hardware.device().startswith("CPU (") and hardware.device().endswith(", 7 threads)")


def test_a_gpu_is_called_by_its_name(monkeypatch):
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda _: ["first", "second"])
    details = {"first": {"device_name": "NVIDIA H100"}, "second": {}}
    monkeypatch.setattr(tf.config.experimental, "get_device_details", details.get)
    assert hardware.device() == "NVIDIA H100, GPU"
    details["second"] = details["first"]  # their number changes no result
    assert hardware.device() == "NVIDIA H100"


@pytest.mark.parametrize(("gpus", "steps"), [([], 1), (["a GPU"], hardware.WINDOW)])
def test_on_a_gpu_several_steps_are_done_at_once(monkeypatch, gpus, steps):
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda _: gpus)
    assert (hardware.has_gpu(), hardware.steps_a_call()) == (bool(gpus), steps)


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="only Linux tells it in another place")
def test_peak_memory_in_gigabytes():
    (told,) = (line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM:"))
    assert hardware.peak_memory_gb() == pytest.approx(int(told.split()[1]) * 1024 / 1e9, abs=0.02)


@pytest.mark.parametrize(
    ("precision", "has", "gpus", "expected"),
    [
        ("float32", True, [], "bfloat16` a step takes about"),
        ("bfloat16", False, [], "warning: this processor has no bfloat16"),
        ("bfloat16", True, [], ""),
        ("float32", False, [], ""),
        ("bfloat16", False, ["a GPU"], ""),
        ("float32", True, ["a GPU"], ""),
    ],
)
def test_a_precision_that_costs_time_here_is_told(monkeypatch, precision, has, gpus, expected):
    monkeypatch.setattr(hardware.processor, "has_bfloat16", lambda: has)
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda _: gpus)
    advice = hardware.advice(precision)
    assert expected in advice
    assert bool(advice) == bool(expected)


@pytest.mark.parametrize(
    ("avx2_only", "gpus", "onednn", "dtype", "slow"),
    [
        (True, [], None, tf.float32, True),
        (True, [], "1", tf.float32, True),
        (True, [], "0", tf.float32, False),
        (True, ["a GPU"], None, tf.float32, False),
        (True, [], None, tf.bfloat16, False),
        (False, [], None, tf.float32, False),
    ],
)
def test_where_convolutions_are_slow(monkeypatch, avx2_only, gpus, onednn, dtype, slow):
    monkeypatch.setattr(hardware.processor, "has_avx2_only", lambda: avx2_only)
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda _: gpus)
    monkeypatch.delenv("TF_ENABLE_ONEDNN_OPTS", raising=False)
    if onednn is not None:
        monkeypatch.setenv("TF_ENABLE_ONEDNN_OPTS", onednn)
    assert hardware.convolutions_are_slow.__wrapped__(dtype) == slow
