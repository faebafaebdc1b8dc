"""Train small systems for some replicas on one, two and four logical devices of a processor; print what became of them.

python replicated.py [--full]

Each line is JSON: the system, the number of replicas and devices, and the SHA-256 of all weights, states, memories and
losses after two epochs.
"""
# ruff: noqa: E402 (the folders of the tests come first, and the devices before any operation)

import hashlib
import importlib
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "src"), str(HERE), str(HERE / "systems"), str(HERE / "training")]
BATCH, SIZE = 2, 16

import numpy as np
import tensorflow as tf

import pix2pix  # noqa: F401  (the environment, before any operation)

tf.config.set_logical_device_configuration(
    tf.config.list_physical_devices("CPU")[0], [tf.config.LogicalDeviceConfiguration()] * 4
)

import fewer_blocks
import test_pix2pixhd
from conftest import trained_with
from toy_training import little

from pix2pix.base.determinism import make_deterministic
from pix2pix.training.layout import Layout
from pix2pix.training.memories import Memories
from pix2pix.training.plan import Plan
from pix2pix.training.replicas import Replicas
from pix2pix.training.system import System, parts

Fields = dict[str, np.ndarray]


def pairs(count: int = 6, size: int = SIZE) -> Fields:
    random = np.random.default_rng(0)
    return {name: random.integers(0, 256, (count, size, size, 3), dtype=np.uint8) for name in ("input", "target")}


def photos(classes: tuple[int, ...], name: str) -> Fields:
    random = np.random.default_rng(1)
    photo = random.integers(0, 256, (6, 32, 32, 3), dtype=np.uint8)
    return {"photo": photo, name: random.integers(0, 2, (6, *classes), dtype=np.int32)}


def pictures(channels: int, **classes: Any) -> Fields:
    random = np.random.default_rng(2)
    target = random.integers(0, 256, (6, 32, 32, channels), dtype=np.uint8)
    return {"target": target} | {name: random.integers(0, count, 6, np.int32) for name, count in classes.items()}


def pix2pix_of(**changes: Any) -> Callable[[], System]:
    return lambda: little(trained_with(receptive_field=16, **changes), 3, SIZE)


def of_test(name: str, **changes: Any) -> Callable[[], System]:
    """Return what makes the small system of the tests of a system."""
    return lambda: importlib.import_module(f"test_{name}").system(**changes)


def segmenter() -> System:
    from pix2pix.data.labels import Palette
    from pix2pix.params import Segmenter as Settings
    from pix2pix.systems.segmenter import Segmenter

    palette = Palette(("a", "b"), np.array([[0, 0, 0], [255, 255, 255]], np.uint8))
    return Segmenter(Settings(filters=2, epochs=2), palette, np.array([[0, 1]], np.uint8), 2, 5)


def classifier() -> System:
    from pix2pix.params import Segmenter as Settings
    from pix2pix.systems.classifier import Classifier

    return Classifier(Settings(filters=2, epochs=2, precision="bfloat16"), (32, 32), (3, 4), 2, 5)


# Of seven pairs the last batch is a smaller one; of three batches the last step of an epoch lacks one, or more.
FIRST = {"update_order": "discriminator_first", "precision": "bfloat16", "ema": 0.5, "spectral_norm": True}
RUNS: list[tuple[str, Callable[[], System], Fields, Sequence[tuple[int, int]]]] = [
    ("pix2pix", pix2pix_of(), pairs(7), [(4, 1), (4, 2), (4, 4)]),
    ("pix2pix first", pix2pix_of(**FIRST), pairs(), [(4, 1), (4, 4)]),
    ("cyclegan", of_test("cyclegan"), pairs(), [(2, 1), (2, 2)]),
    ("dcgan", of_test("dcgan"), pictures(1), [(2, 1), (2, 2)]),
    ("cgan", of_test("cgan"), pictures(3, **{"class": 2}), [(2, 1), (2, 2)]),
    ("bridge", of_test("bridge"), pairs(), [(2, 1), (2, 2)]),
    ("pix2pixhd", of_test("pix2pixhd"), pairs(4, 64), [(2, 1), (2, 2)]),
    ("spade", of_test("pix2pixhd", **test_pix2pixhd.SPADE), pairs(4, 64), [(2, 1), (2, 2)]),
    ("oasis", of_test("oasis"), pairs(4, 64), [(2, 1), (2, 2)]),
    ("segmenter", segmenter, photos((32, 32), "classes"), [(2, 1), (2, 2)]),
    ("classifier", classifier, photos((), "class"), [(2, 1), (2, 2)]),
]


# What the rest does for these in the usual form: each has the players and the memory of the system behind it.
LIKE = {"dcgan": "cgan", "bridge": "segmenter", "classifier": "segmenter", "pix2pixhd": "oasis", "spade": "oasis"}


def examples(fields: Fields) -> int:
    return len(next(iter(fields.values())))


def source(fields: Fields) -> Any:
    def batches(_: int, windows: Sequence[range]) -> Iterator[dict[str, tf.Tensor]]:
        for window in windows:
            members = slice(BATCH * window.start, min(BATCH * window.stop, examples(fields)))
            yield {
                name: tf.constant(values[members].reshape(len(window), -1, *values.shape[1:]))
                for name, values in fields.items()
            }

    return batches


def digest(tensors: Any) -> str:
    found = hashlib.sha256()
    for each in tensors:
        found.update(np.asarray(each).tobytes())
    return found.hexdigest()


def state(system: System, memories: Memories) -> Iterator[Any]:
    for part in (parts(system) | memories.parts()).values():
        for variable in getattr(part, "variables", [part]):
            if "seed_generator" not in getattr(variable, "path", ""):
                yield variable


def trained(make: Callable[[], System], fields: Fields, replicas: int, devices: int) -> str:
    make_deterministic(0)
    system, number = make(), 0
    plan = Plan(examples(fields), BATCH, 2, 0, 1, 1, 1, 1e6, replicas=replicas)
    names = [f"CPU:{place}" for place in range(devices)]
    strategy = tf.distribute.MirroredStrategy(names) if devices > 1 else tf.distribute.get_strategy()
    memories, measured = Memories(system.memory, replicas), []
    step = Replicas(system, 3, plan, memories, Layout(strategy, devices))
    for epoch in range(2):
        for share in step.fed(source(fields), plan, epoch, 0):
            losses = step(share, number)
            measured += [losses[name] for name in sorted(losses)]
            number += 1
    return digest([*state(system, memories), *measured])


if __name__ == "__main__":
    fewer_blocks.build()
    asked = [run for run in RUNS if run[0] not in LIKE or "--full" in sys.argv]
    for name, make, fields, layouts in asked:
        for replicas, devices in layouts:
            found = trained(make, fields, replicas, devices)
            print(json.dumps({"system": name, "replicas": replicas, "devices": devices, "digest": found}), flush=True)
