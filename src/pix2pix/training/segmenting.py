"""Training of the segmenter: photo -> class map, on the training pairs only."""

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from pix2pix.data.batches import Pairs, plain, shuffled
from pix2pix.data.labels import Palette
from pix2pix.data.tasks import Task
from pix2pix.errors import TrainingError
from pix2pix.networks.segmenter import segmenter
from pix2pix.params import Segmenter
from pix2pix.scale import to_network
from pix2pix.seeds import derive

# How much brightness and contrast vary: photos of one street are taken in all weathers.
LIGHT = 0.2


def train_segmenter(settings: Segmenter, task: Task, palette: Palette, pairs: Pairs, seed: int) -> keras.Model:
    """A segmenter trained on `pairs` from its first weights.

    Args:
        settings: the `segmenter` section.
        task: which half is the photo.
        palette: the classes of the label half.
        pairs: uint8 `(size, size, 3)` halves, the training split only.
        seed: the run's seed.

    Returns:
        See `networks.segmenter`.

    Raises:
        TrainingError: the loss or a weight is no longer finite.
    """
    photos, classes = photos_and_classes(pairs, task, palette)
    model = segmenter(len(palette), settings.filters, seed)
    steps = -(-len(photos) // settings.batch_size)
    schedule = keras.optimizers.schedules.CosineDecay(settings.learning_rate, settings.epochs * steps)
    model.compile(keras.optimizers.Adam(schedule), _weighted_loss(_class_weights(classes, palette)), jit_compile=False)
    batches = _batches(photos, classes, settings, seed)

    def check(epoch: int, logs: dict[str, float]) -> None:
        # A weight too: the loss is of the weights before the last step.
        if not all(np.isfinite(values).all() for values in (logs["loss"], *model.get_weights())):
            raise TrainingError(
                f"the segmenter's training stopped: its loss or a weight is not finite after epoch {epoch + 1}. A "
                "smaller segmenter.learning_rate or another seed may help"
            )

    watch = keras.callbacks.LambdaCallback(on_epoch_end=check)
    model.fit(batches, epochs=settings.epochs, steps_per_epoch=steps, shuffle=False, verbose=2, callbacks=[watch])
    return model


def photos_and_classes(pairs: Pairs, task: Task, palette: Palette) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """All photos, uint8 `(n, size, size, 3)`, and their class maps, uint8 `(n, size, size)`."""
    halves = [task.photo_and_label(*pair) for pair in plain(pairs, task)]
    photos = np.stack([photo for photo, _ in halves])
    return photos, np.stack([palette.classes(label) for _, label in halves])


def _class_weights(classes: NDArray[np.uint8], palette: Palette) -> tf.Tensor:
    """One over the square root of a class's share: rare classes count, without drowning the common ones."""
    shares = palette.shares(classes)
    weights = np.where(shares > 0, 1 / np.sqrt(np.maximum(shares, 1e-12)), 0)
    return tf.constant(weights / (weights * shares).sum(), tf.float32)


def _weighted_loss(weights: tf.Tensor) -> keras.losses.Loss:
    def loss(classes: tf.Tensor, logits: tf.Tensor) -> tf.Tensor:
        entropy = tf.nn.sparse_softmax_cross_entropy_with_logits(tf.cast(classes, tf.int32), logits)
        return tf.reduce_mean(entropy * tf.gather(weights, tf.cast(classes, tf.int32)))

    return loss


def _batches(photos: NDArray[np.uint8], classes: NDArray[np.uint8], settings: Segmenter, seed: int) -> tf.data.Dataset:
    """Batches of all epochs, one after the other: crops, mirrored and lit at random, as functions of the position."""
    count, size = len(photos), photos.shape[1]
    crop = min(settings.crop, size)
    order = np.stack([shuffled(count, count, seed, epoch) for epoch in range(settings.epochs)])
    jitter_seed, light_seed = derive(seed, "segmenter jitter"), derive(seed, "segmenter light")

    def read(index: np.int64) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
        return photos[index], classes[index]

    def prepared(position: tf.Tensor, index: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        photo, answer = tf.numpy_function(read, [index], [tf.uint8, tf.uint8])
        draws = tf.random.stateless_uniform([3], tf.stack([jitter_seed, position]), 0, 2**20, tf.int32, alg="philox")
        top, left = tf.unstack(draws[:2] % (size - crop + 1))
        light = tf.random.stateless_uniform([2], tf.stack([light_seed, position]), -LIGHT, LIGHT, alg="philox")
        photo = to_network(photo[top : top + crop, left : left + crop]) * (1 + light[0]) + light[1]
        answer = answer[top : top + crop, left : left + crop]
        if draws[2] % 2 == 1:
            photo, answer = photo[:, ::-1], answer[:, ::-1]
        return tf.ensure_shape(photo, [crop, crop, 3]), tf.ensure_shape(answer, [crop, crop])

    def one_epoch(epoch: tf.Tensor) -> tf.data.Dataset:
        places = tf.data.Dataset.from_tensor_slices((epoch * count + np.arange(count), tf.gather(order, epoch)))
        return places.map(prepared, num_parallel_calls=2, deterministic=True).batch(settings.batch_size)

    return tf.data.Dataset.range(settings.epochs).flat_map(one_epoch).prefetch(2)
