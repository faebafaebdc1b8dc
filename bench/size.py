"""The subjects that read data sets of different sizes: jittered pairs of 32x32, 400 a step.

    python -m bench.size 400|1000000

Whether a data set's size costs time or memory: each step is the next 400 pairs of an epoch over all of them, in an
order that jumps from shard to shard.
"""

import itertools
import sys
import tempfile
import time
from functools import partial
from pathlib import Path

from bench import turns
from pix2pix.base import framework

framework.import_tensorflow()

import numpy as np
import psutil
import tensorflow as tf

from pix2pix.base import files
from pix2pix.base.determinism import make_deterministic
from pix2pix.data import manifests, records, rows
from pix2pix.data.batches import epoch_batches
from pix2pix.data.jitter import Jitter
from pix2pix.data.manifests import FORMAT, Manifest, RoleEntry, Shard
from pix2pix.data.order import windows
from pix2pix.data.rows import Row
from pix2pix.data.tasks import task
from pix2pix.params import Data

SIZE, STEP, PER_SHARD = 32, 400, 100
# A hash of pixels that nobody looks at here: records are told apart by the hash of their shard.
UNREAD = "0" * 64


def write(folder: Path, count: int) -> None:
    """Records of `count` pairs of noise, and their manifest."""
    random = np.random.default_rng(0)
    folder.mkdir()
    fields = task(Data(image_size=SIZE, palette="none")).fields
    shards, total = [], -(-count // PER_SHARD)
    for number in range(total):
        path, offset, written = folder / f"train-{number:05d}-of-{total:05d}.tfrecord", 0, []
        members = range(number * PER_SHARD, min((number + 1) * PER_SHARD, count))
        with tf.io.TFRecordWriter(str(path)) as writer:
            for member in members:
                values = {field.name: random.integers(0, 256, field.shape, np.uint8) for field in fields}
                record = records.example(f"train/{member}", values)
                writer.write(record)
                unread = dict.fromkeys(values, UNREAD)
                written.append(Row(id=f"train/{member}", offset=offset, width=2 * SIZE, height=SIZE, sha256=unread))
                offset += records.framed(len(record))
        rows.write(rows.beside(path), written)
        hashes = {"sha256": files.sha256(path), "rows": files.sha256(rows.beside(path))}
        shards.append(Shard(file=path.name, pairs=len(members), size=path.stat().st_size, **hashes))
    learnt = {field.name: UNREAD for field in fields}
    role = RoleEntry(split="train", pairs=count, shards=shards, learnt=learnt, pictures=UNREAD, ids=UNREAD)
    made = Manifest(
        format=FORMAT, dataset="custom", archive=UNREAD, direction="left_to_right", fields=fields, classes=None,
        splits={"train": count}, roles={"train": role}, sizes={}, notes={}, remarks=[],
    )  # fmt: skip
    manifests.write(folder, made)


def anonymous_gb() -> float:
    """Memory of this process that is its own: without the mapped records, which the system takes back when it needs."""
    info = psutil.Process().memory_info()
    return (info.rss - info.shared) / 1e9


def build(count: int, folder: Path) -> tuple[turns.Step, turns.About]:
    """An endless row of epochs over `count` pairs, and what it took until the first batch was there."""
    make_deterministic(0)
    write(folder, count)
    before, began = anonymous_gb(), time.perf_counter()
    examples = records.load(folder, "train")
    jitter = Jitter(examples.task, 286 / 256, True, False)
    whole = windows(count, 1, 1, count)
    epochs = (epoch_batches(examples, jitter, 1, count, 0, epoch, whole) for epoch in itertools.count())
    batches = itertools.chain.from_iterable(epochs)
    next(batches)
    opening = time.perf_counter() - began

    def step() -> None:
        assert len(list(itertools.islice(batches, STEP))) == STEP

    step()
    return step, {"pairs": STEP, "opening_s": opening, "memory_gb": anonymous_gb() - before}


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="pix2pix-bench-") as made:
        turns.serve(partial(build, int(sys.argv[1]), Path(made) / "records"))
