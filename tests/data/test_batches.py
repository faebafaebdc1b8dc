import os
import re
import subprocess
import sys
import tempfile

import made_examples
import numpy as np
import pytest
from conftest import CHECKOUT

from pix2pix.data.batches import epoch_batches
from pix2pix.data.examples import Examples
from pix2pix.data.jitter import Jitter
from pix2pix.data.order import shuffled, windows
from pix2pix.data.tasks import Field, Task

FIELDS = ("input", "target")


@pytest.fixture
def examples():
    return made_examples.noise(5, made_examples.task())


def jittering(examples):
    return Jitter(examples.task, 286 / 256, True, False)


def batches(examples, jitter=None, batch_size=2, buffer_size=400, seed=0, epoch=0, skip=0):
    """Each batch as (inputs, targets)."""
    jitter = jitter or Jitter(examples.task, 1, False, False)
    wanted = windows(len(examples), batch_size, 1, len(examples), skip)
    found = epoch_batches(examples, jitter, batch_size, buffer_size, seed, epoch, wanted)
    return [tuple(batch[name].numpy()[0] for name in FIELDS) for batch in found]


def test_batches_hold_the_examples_in_order_and_the_last_one_the_rest(examples):
    found = batches(examples, seed=9, epoch=2)
    assert [len(input_) for input_, _ in found] == [2, 2, 1]
    order = shuffled(5, 400, 9, 2)
    for name, values in zip(FIELDS, zip(*found, strict=True), strict=True):
        np.testing.assert_array_equal(np.concatenate(values), [examples[index][name] for index in order])
        assert values[0].dtype == np.uint8


def test_every_field_has_its_shape_and_dtype():
    fields = (
        Field("style", "class", 1, 1, 1),
        Field("input", "label map", 32, 64, 1),
        Field("target", "picture", 32, 64, 4),
    )
    random = np.random.default_rng(0)
    made = [
        {"style": np.int32(number - 2), **{f.name: random.integers(0, 256, f.shape, np.uint8) for f in fields[1:]}}
        for number in range(5)
    ]
    examples = Examples([str(number) for number in range(5)], Task(fields), made.__getitem__)
    first, last = epoch_batches(examples, Jitter(examples.task, 1, False, False), 2, 1, 0, 0, windows(5, 2, 9, 9))
    assert {name: (values.shape, values.dtype) for name, values in first.items()} == {
        "style": ((2, 2), "int32"), "input": ((2, 2, 32, 64, 1), "uint8"), "target": ((2, 2, 32, 64, 4), "uint8"),
    }  # fmt: skip
    assert first["style"].numpy().tolist() == [[-2, -1], [0, 1]] and last["style"].numpy().tolist() == [[2]]
    np.testing.assert_array_equal(last["target"][0, 0], made[4]["target"])


def test_batches_are_the_same_every_time_and_others_in_every_epoch_and_seed(examples):
    def first_of(**changes):
        found = batches(examples, jittering(examples), buffer_size=1, **changes)
        return np.concatenate([input_ for input_, _ in found])

    expected = first_of(epoch=1)
    for _ in range(3):  # threads race anew each time
        np.testing.assert_array_equal(first_of(epoch=1), expected)
    np.testing.assert_array_equal(first_of(epoch=1, batch_size=5), expected)
    for other in ({"epoch": 0}, {"epoch": 2}, {"epoch": 1, "seed": 1}):
        assert not np.array_equal(first_of(**other), expected)


@pytest.mark.parametrize(("batch_size", "sizes"), [(1, [1] * 5), (2, [2, 2, 1]), (3, [3, 2]), (5, [5]), (7, [5])])
def test_skipped_batches_leave_the_others_as_they_are(examples, batch_size, sizes):
    options = {"jitter": jittering(examples), "batch_size": batch_size, "buffer_size": 3, "seed": 4, "epoch": 3}
    whole = batches(examples, **options)
    assert [len(input_) for input_, _ in whole] == sizes
    for skip in range(len(sizes) + 1):
        rest = batches(examples, **options, skip=skip)
        assert len(rest) == len(sizes) - skip
        for found, expected in zip(rest, whole[skip:], strict=True):
            assert [half_.tobytes() for half_ in found] == [half_.tobytes() for half_ in expected]


def test_batches_are_the_same_in_windows(examples):
    alone = batches(examples, jittering(examples), buffer_size=3, seed=4, epoch=3)
    found = list(epoch_batches(examples, jittering(examples), 2, 3, 4, 3, windows(5, 2, 9, 9)))
    assert [window["input"].shape for window in found] == [(2, 2, 32, 32, 3), (1, 1, 32, 32, 3)]
    together = [batch for window in found for batch in zip(*(window[name] for name in FIELDS), strict=True)]
    for ours, expected in zip(together, alone, strict=True):
        assert [half_.numpy().tobytes() for half_ in ours] == [half_.tobytes() for half_ in expected]


def test_the_number_of_threads_changes_no_bit():
    """TensorFlow's threads are chosen once a process: each number in one of its own."""
    code = (
        "import sys, hashlib, numpy as np, tensorflow as tf\n"
        "tf.config.threading.set_intra_op_parallelism_threads(int(sys.argv[1]))\n"
        "tf.config.threading.set_inter_op_parallelism_threads(int(sys.argv[1]))\n"
        "import made_examples\n"
        "from pix2pix.data.batches import epoch_batches\n"
        "from pix2pix.data.jitter import Jitter\n"
        "from pix2pix.data.order import windows\n"
        "pairs = np.load(sys.argv[2])\n"
        "examples = made_examples.of(pairs, made_examples.task('picture', 'label map'))\n"
        "jitter, digest = Jitter(examples.task, 286 / 256, True, True), hashlib.sha256()\n"
        "for epoch in range(3):\n"
        "    wanted = windows(len(pairs), 3, 2, 99, epoch)\n"
        "    for batch in epoch_batches(examples, jitter, 3, 20, 1, epoch, wanted):\n"
        "        for values in batch.values(): digest.update(values.numpy().tobytes())\n"
        "print(digest.hexdigest())"
    )
    with tempfile.NamedTemporaryFile(suffix=".npy") as file:
        np.save(file, np.random.default_rng(0).integers(0, 256, (40, 2, 32, 32, 3), dtype=np.uint8))
        file.flush()
        environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(CHECKOUT / "src"), str(CHECKOUT / "tests")])}
        running = [
            subprocess.Popen([sys.executable, "-c", code, threads, file.name], env=environment, stdout=subprocess.PIPE)
            for threads in ("1", "4")
        ]
        first, second = [process.communicate()[0].decode() for process in running]
    assert re.fullmatch(r"[0-9a-f]{64}\n", first) and first == second


def test_examples_of_one_epoch_are_jittered_each_for_itself():
    picture = np.random.default_rng(0).integers(0, 256, (32, 32, 3), dtype=np.uint8)
    examples = made_examples.of([(picture, picture)] * 12)
    ((inputs, _),) = batches(examples, jittering(examples), batch_size=12)
    assert len({input_.tobytes() for input_ in inputs}) > 6
