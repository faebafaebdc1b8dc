"""The subjects that bring pairs to the training: jittered, in batches of 1, an epoch of 400 a step.

    python -m bench.input ours|bicubic|tutorial

`ours` reads the records that `prepare` makes; `bicubic` is the same with `train.resize: bicubic`. `tutorial` is the
TensorFlow tutorial's input pipeline, which decodes the files and enlarges the pictures in every epoch anew.
"""

import sys
import tempfile
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path

from bench import turns
from pix2pix.base import framework

framework.import_tensorflow()

import tensorflow as tf

from pix2pix.base.determinism import make_deterministic
from pix2pix.data import archive, download, recorder, records
from pix2pix.data.batches import epoch_batches
from pix2pix.data.jitter import Jitter
from pix2pix.data.order import windows
from pix2pix.params import Data, Params, Prepare

Batch = tuple[tf.Tensor, tf.Tensor]
# Façades are drawn slowly: a few of them make the epoch, each of them several times.
EPOCH, DRAWN, SIZE, ENLARGED = 400, 40, 256, 286
DATA = Data(dataset="sample", sample_train=DRAWN, sample_val=1, sample_test=1)


def ours(folder: Path, smooth: bool) -> Callable[[], Iterable[Batch]]:
    """This project's way, from records; `smooth`: photos are enlarged bicubically."""
    make_deterministic(0)
    recorder.write(folder, DATA, Prepare(), folder / "records")
    drawn = records.load(folder / "records", "train")
    examples = [drawn[number % DRAWN] for number in range(EPOCH)]
    settings = Params().train
    jitter = Jitter(drawn.task, settings.jitter_scale, settings.mirror, smooth)
    assert jitter.enlarged == (ENLARGED, ENLARGED)
    one_by_one = windows(EPOCH, 1, 1, EPOCH)
    batches = partial(epoch_batches, examples, jitter, 1, settings.buffer_size, 0, 0, one_by_one)
    return lambda: ((batch["input"], batch["target"]) for batch in batches())


def tutorial(folder: Path) -> Callable[[], Iterable[Batch]]:
    """The tutorial's way, from JPEG files, in its own words."""
    names = []
    for name, content in archive.members(folder / "archive", Prepare()):
        if "/train/" in name:
            names.append(str(folder / Path(name).name))
            Path(names[-1]).write_bytes(content)

    def load(image_file: tf.Tensor) -> Batch:
        image = tf.io.decode_jpeg(tf.io.read_file(image_file))
        w = tf.shape(image)[1] // 2
        input_image, real_image = image[:, w:, :], image[:, :w, :]
        return tf.cast(input_image, tf.float32), tf.cast(real_image, tf.float32)

    def random_jitter(input_image: tf.Tensor, real_image: tf.Tensor) -> Batch:
        nearest = tf.image.ResizeMethod.NEAREST_NEIGHBOR
        input_image, real_image = (tf.image.resize(x, [ENLARGED, ENLARGED], nearest) for x in (input_image, real_image))
        cropped = tf.image.random_crop(tf.stack([input_image, real_image]), [2, SIZE, SIZE, 3])
        if tf.random.uniform(()) > 0.5:
            cropped = tf.reverse(cropped, [2])
        return cropped[0], cropped[1]

    def load_image_train(image_file: tf.Tensor) -> Batch:
        input_image, real_image = random_jitter(*load(image_file))
        return input_image / 127.5 - 1, real_image / 127.5 - 1

    dataset = tf.data.Dataset.from_tensor_slices([names[number % DRAWN] for number in range(EPOCH)])
    dataset = dataset.map(load_image_train, num_parallel_calls=tf.data.AUTOTUNE).shuffle(EPOCH).batch(1)
    return lambda: dataset


def build(subject: str, folder: Path) -> tuple[turns.Step, turns.About]:
    """An epoch of drawn façades, which have come as the published ones do: as JPEG files in an archive."""
    download.fetch(DATA, Prepare(), 0, folder)
    epoch = tutorial(folder) if subject == "tutorial" else ours(folder, smooth=subject == "bicubic")

    def step() -> None:
        shapes = [(input_.shape[-4:], target.shape[-4:]) for input_, target in epoch()]
        assert shapes == [((1, SIZE, SIZE, 3),) * 2] * EPOCH

    return step, {"pairs": EPOCH}


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="pix2pix-bench-") as made:
        turns.serve(partial(build, sys.argv[1], Path(made) / "raw"))
