"""DiffAugment: random changes of all that a discriminator sees, with a gradient (Zhao et al. 2020).

The numbers are those of the authors' code (`DiffAugment_tf.py`).
"""

from collections.abc import Sequence

import tensorflow as tf

from pix2pix.losses.chance import Chance

# The largest shift, and the side of the hole, as shares of the picture's sides.
_TRANSLATION, _CUTOUT = 1 / 8, 1 / 2


def diff_augment(pictures: Sequence[tf.Tensor], kinds: Sequence[str], chance: Chance, purpose: str) -> list[tf.Tensor]:
    """Change the pictures that a discriminator sees together.

    Args:
        pictures: float `(batch, height, width, channels)`, all of one size: first the picture to judge, then what it
            should fit. All move together and have the same holes; only the first changes its colours, because a colour
            of a label map is a class.
        kinds: some of `colour`, `translation` and `cutout`.
        chance: the random numbers; every example has its own.
        purpose: tells these changes from others of the same step.

    Returns:
        Tensors of the same shapes. Where a picture has moved away, and in holes, they are 0.
    """
    seen = list(pictures)
    if "colour" in kinds:
        seen[0] = _recoloured(seen[0], chance, purpose)
    if "translation" in kinds:
        seen = _moved(seen, chance, purpose)
    if "cutout" in kinds:
        hole = _hole(seen[0], chance, purpose)
        seen = [picture * hole for picture in seen]
    return seen


def _recoloured(picture: tf.Tensor, chance: Chance, purpose: str) -> tf.Tensor:
    """Change brightness by up to 1/2, saturation by a factor up to 2, and contrast by a factor from 1/2 to 3/2."""
    count = tf.shape(picture)[0]
    brightness, saturation, contrast = (
        chance.uniform(f"{purpose} {name}", [count, 1, 1, 1]) for name in ("brightness", "saturation", "contrast")
    )
    picture += brightness - 0.5
    picture = _around(tf.reduce_mean(picture, axis=3, keepdims=True), picture, 2 * saturation)
    return _around(tf.reduce_mean(picture, axis=[1, 2, 3], keepdims=True), picture, contrast + 0.5)


def _around(mean: tf.Tensor, values: tf.Tensor, factor: tf.Tensor) -> tf.Tensor:
    # In this form the gradient is a sum of two terms. A sum of more, which others need too, could be rounded otherwise
    # each time (see `adversarial`).
    return factor * values + (1 - factor) * mean


def _moved(pictures: Sequence[tf.Tensor], chance: Chance, purpose: str) -> list[tf.Tensor]:
    for axis, name in ((1, "down"), (2, "right")):
        size = pictures[0].shape[axis]
        most = int(size * _TRANSLATION + 0.5)
        by = _whole(chance.uniform(f"{purpose} {name}", [tf.shape(pictures[0])[0], 1]), 2 * most + 1) - most
        # One line of zeros on either side stands for all that lies outside.
        places = tf.clip_by_value(tf.range(size)[None] - by + 1, 0, size + 1)
        edges = [[0, 0], *([1, 1] if each == axis else [0, 0] for each in (1, 2)), [0, 0]]
        pictures = [tf.gather(tf.pad(each, edges), places, axis=axis, batch_dims=1) for each in pictures]
    return list(pictures)


def _hole(picture: tf.Tensor, chance: Chance, purpose: str) -> tf.Tensor:
    """Return 0 inside a rectangle and 1 outside, `(batch, height, width, 1)`; a part of it may lie outside."""
    inside = []
    for axis, name in ((1, "top"), (2, "left")):
        size = picture.shape[axis]
        side = int(size * _CUTOUT + 0.5)
        middle = _whole(chance.uniform(f"{purpose} {name}", [tf.shape(picture)[0], 1]), size + 1 - side % 2)
        place = tf.range(size)[None] - middle + side // 2
        inside.append(tf.logical_and(place >= 0, place < side))
    hole = tf.logical_and(inside[0][:, :, None], inside[1][:, None, :])
    return tf.cast(tf.logical_not(hole), picture.dtype)[..., None]


def _whole(uniform: tf.Tensor, count: int) -> tf.Tensor:
    """Turn numbers from U[0, 1) into whole numbers from 0 to `count` - 1."""
    return tf.cast(uniform * count, tf.int32)
