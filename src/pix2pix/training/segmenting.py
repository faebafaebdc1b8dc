"""Training of the segmenter: photo -> class map, on the training pairs only."""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from pix2pix.base.errors import TrainingError
from pix2pix.base.scale import to_network
from pix2pix.base.seeds import derive
from pix2pix.data.examples import Examples
from pix2pix.data.labels import Palette
from pix2pix.data.order import shuffled
from pix2pix.networks.segmenter import segmenter
from pix2pix.params import Segmenter

Photos = NDArray[np.uint8]
ClassMaps = NDArray[np.uint8]
Judge = Callable[[keras.Model], float]

# How much larger a photo is shown than it is: a street is photographed from near and far.
SCALES = (0.75, 1.33)
# Its sides, apart from each other, by e to the power of plus or minus this.
STRETCH = 0.1
# How much brightness, contrast and the strength of each colour vary: photos of one street are taken in all weathers.
LIGHT = 0.25
COLOUR = 0.2
# AdamW's (Loshchilov & Hutter 2019), of the kernels only.
WEIGHT_DECAY = 0.05
# The class of what lies outside the photo, which counts for nothing.
OUTSIDE = -1
# Epochs between two looks at the selection split.
LOOK_EVERY = 10


def train_segmenter(
    settings: Segmenter, palette: Palette, photos: Photos, classes: ClassMaps, seed: int, judge: Judge | None = None
) -> tuple[keras.Model, dict[str, float]]:
    """A segmenter trained from its first weights.

    Args:
        settings: the `segmenter` section.
        palette: the classes.
        photos: uint8 `(n, size, size, 3)`, of the training split only.
        classes: their class ids, uint8 `(n, size, size)`.
        seed: the run's seed.
        judge: how good a model is on pairs that are not trained on, the higher the better. It is asked every
            `LOOK_EVERY` epochs and after the last; the best model's weights are kept, of equally good ones the first.
            None: the last model's.

    Returns:
        The model (see `networks.segmenter`), and `selected_epoch`, from 1; with a judge also `selection_class_iou`,
        what it said of it.

    Raises:
        TrainingError: the loss or a weight is no longer finite.
        DataError: see `networks.segmenter`.
    """
    model = segmenter(len(palette), settings.filters, seed, settings.backbone, settings.weights)
    steps = -(-len(photos) // settings.batch_size)
    loss = _weighted_loss(_class_weights(classes, palette))
    model.compile(_optimizer(settings, steps), loss, jit_compile=False)
    keeper = _Keeper(judge)
    batches = _batches(photos, classes, settings, seed)
    model.fit(batches, epochs=settings.epochs, steps_per_epoch=steps, shuffle=False, verbose=2, callbacks=[keeper])
    if keeper.weights:
        model.set_weights(keeper.weights)
    # Without the optimiser, whose state would be saved with it.
    return keras.Model(model.input, model.output, name=model.name), keeper.chosen


def photos_and_classes(examples: Examples, palette: Palette) -> tuple[Photos, ClassMaps]:
    """All photos, uint8 `(n, height, width, 3)`, and their class maps, uint8 `(n, height, width)`."""
    pairs = [examples.task.photo_and_label(example) for example in examples]
    photos = np.stack([photo for photo, _ in pairs])
    return photos, np.stack([palette.classes(label) for _, label in pairs])


class _Keeper(keras.callbacks.Callback):
    """Keeps the best weights, and ends a training that has gone astray."""

    def __init__(self, judge: Judge | None) -> None:
        super().__init__()
        self.weights: list[NDArray[np.float32]] = []
        self.chosen: dict[str, float] = {}
        self._judge = judge

    def on_epoch_end(self, epoch: int, logs: dict[str, Any]) -> None:
        done, last = epoch + 1, epoch + 1 == self.params["epochs"]
        # A weight too: the loss is of the weights before the last step.
        if not all(np.isfinite(values).all() for values in (logs["loss"], *self.model.get_weights())):
            raise TrainingError(
                f"the segmenter's training stopped: its loss or a weight is not finite after epoch {done}. A "
                "smaller segmenter.learning_rate or another seed may help"
            )
        if self._judge is None:
            self.chosen = {"selected_epoch": done}
        elif last or done % LOOK_EVERY == 0:
            score = self._judge(self.model)
            print(f"class IoU on the selection split after epoch {done}: {score:.3f}", flush=True)
            if score > self.chosen.get("selection_class_iou", -1):
                self.chosen = {"selected_epoch": done, "selection_class_iou": score}
                self.weights = self.model.get_weights()


def _optimizer(settings: Segmenter, steps: int) -> keras.optimizers.Optimizer:
    """Up to the learning rate within an epoch, then down to 0 along a cosine."""
    rate = settings.learning_rate
    schedule = keras.optimizers.schedules.CosineDecay(
        rate / steps, max((settings.epochs - 1) * steps, 1), warmup_target=rate, warmup_steps=steps
    )
    optimizer = keras.optimizers.AdamW(schedule, weight_decay=WEIGHT_DECAY)
    optimizer.exclude_from_weight_decay(var_names=["bias", "gamma", "beta"])
    return optimizer


def _class_weights(classes: ClassMaps, palette: Palette) -> tf.Tensor:
    """One over the square root of a class's share: rare classes count, without drowning the common ones."""
    shares = palette.shares(classes)
    weights = np.where(shares > 0, 1 / np.sqrt(np.maximum(shares, 1e-12)), 0)
    return tf.constant(weights / (weights * shares).sum(), tf.float32)


def _weighted_loss(weights: tf.Tensor) -> Callable[[tf.Tensor, tf.Tensor], tf.Tensor]:
    def loss(classes: tf.Tensor, logits: tf.Tensor) -> tf.Tensor:
        there = tf.maximum(tf.cast(classes, tf.int32), 0)
        entropy = tf.nn.sparse_softmax_cross_entropy_with_logits(there, logits)
        counts = tf.cast(tf.not_equal(tf.cast(classes, tf.int32), OUTSIDE), tf.float32)
        return tf.reduce_mean(entropy * tf.gather(weights, there) * counts)

    return loss


def _batches(photos: Photos, classes: ClassMaps, settings: Segmenter, seed: int) -> tf.data.Dataset:
    """Batches of all epochs, one after the other: what is drawn is a function of the position."""
    count, size = len(photos), photos.shape[1]
    crop = min(settings.crop, size)
    order = np.stack([shuffled(count, count, seed, epoch) for epoch in range(settings.epochs)])
    view_seed, light_seed = derive(seed, "segmenter view"), derive(seed, "segmenter light")

    def read(index: np.int64) -> tuple[Photos, ClassMaps]:
        return photos[index], classes[index]

    def prepared(position: tf.Tensor, index: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        photo, answer = tf.numpy_function(read, [index], [tf.uint8, tf.uint8])
        photo, answer = tf.ensure_shape(photo, [size, size, 3]), tf.ensure_shape(answer, [size, size])
        box = _view(size, crop, tf.stack([view_seed, position]))
        photo = tf.image.crop_and_resize(photo[None], box, [0], [crop, crop], "bilinear", 127.5)[0]
        answer = tf.image.crop_and_resize(answer[None, ..., None], box, [0], [crop, crop], "nearest", OUTSIDE)[0]
        return _lit(to_network(photo), tf.stack([light_seed, position])), tf.cast(answer[..., 0], tf.int32)

    def one_epoch(epoch: tf.Tensor) -> tf.data.Dataset:
        places = tf.data.Dataset.from_tensor_slices((epoch * count + np.arange(count), tf.gather(order, epoch)))
        return places.map(prepared, num_parallel_calls=2, deterministic=True).batch(settings.batch_size)

    return tf.data.Dataset.range(settings.epochs).flat_map(one_epoch).prefetch(2)


def _view(size: int, crop: int, seed: tf.Tensor) -> tf.Tensor:
    """What of a photo is shown on `crop` pixels: enlarged or reduced, stretched, mirrored, anywhere.

    Returns:
        float32 `(1, 4)`, [top, left, bottom, right] as `tf.image.crop_and_resize` counts: 0 the middle of the first
        pixel, 1 that of the last; left beyond right mirrors. A view larger than the photo holds all of it.
    """
    draws = tf.random.stateless_uniform([5], seed, alg="philox")
    low, high = np.log(SCALES)
    stretch = tf.stack([STRETCH, -STRETCH]) * (2 * draws[1] - 1)
    sides = (crop - 1) / (size - 1) / tf.exp(low + (high - low) * draws[0] + stretch)
    start = (1 - sides) * draws[2:4]
    (top, left), (bottom, right) = tf.unstack(start), tf.unstack(start + sides)
    mirrored = draws[4] < 0.5
    return tf.stack([[top, tf.where(mirrored, right, left), bottom, tf.where(mirrored, left, right)]])


def _lit(photo: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
    """A photo in another light: float32 `(height, width, 3)` around [-1, 1] to the same."""
    draws = tf.random.stateless_uniform([5], seed, -1, 1, alg="philox")
    return photo * (1 + LIGHT * draws[0]) * (1 + COLOUR * draws[2:]) + LIGHT * draws[1]
