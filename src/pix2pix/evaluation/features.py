"""What trained networks see in pictures: features, by which pictures and sets of them are compared."""

import functools
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray
from PIL import Image

from pix2pix.base.shown import shown
from pix2pix.networks import efficientnet_lite0, inception

Picture = NDArray[Any]


class Features(NamedTuple):
    """The features of a picture.

    Attributes:
        places: the channels of each place of five maps as vectors of length 1, one after the other, float32 `(n,)`.
            They are scaled so that the squared difference of two pictures is their `distance`.
        mean: the mean of the last map over its places, float32 `(1280,)`.
    """

    places: NDArray[np.float32]
    mean: NDArray[np.float32]


class Inception:
    """The Inception network of FID, by a user's file. It reads a picture as `FeatureNetwork` does."""

    def __init__(self, path: Path, sha256: str) -> None:
        """Load the network of a file with this SHA-256.

        Raises:
            DataError: see `inception.load`.
        """
        self._see = inception.load(path, sha256)

    def means(self, pictures: Iterable[Picture]) -> NDArray[np.float32]:
        """Return the features of each picture, float32 `(pictures, 2048)`; see `inception.network`."""
        seen = (self._see(resized(shown(picture), inception.SIDE)[None]) for picture in pictures)
        return np.concatenate([features.numpy() for features in seen])


class FeatureNetwork:
    """EfficientNet-Lite0. The features of a picture depend on nothing but the picture, which is read as it is shown.

    Attributes:
        inception: the network that looks at sets beside it, for FID and KID; None without its weights.
    """

    def __init__(self, inception: Inception | None = None) -> None:
        """Load the network.

        Raises:
            DataError: its weights are not those that are known.
        """
        self._see = _traced()
        self.inception = inception

    def __call__(self, picture: Picture) -> Features:
        """Return the features of a picture, uint8 or uint16 `(height, width, channels)`."""
        return Features(*(each.numpy() for each in self._see(resized(shown(picture), efficientnet_lite0.SIDE))))

    def means(self, pictures: Iterable[Picture]) -> NDArray[np.float32]:
        """Return `Features.mean` of each picture, float32 `(pictures, 1280)`."""
        return np.stack([self(picture).mean for picture in pictures])

    def apart(self, pictures: Iterable[Picture]) -> NDArray[np.float64]:
        """Return the `distance` of each two pictures, float64 `(n, n)`."""
        seen = [self(picture) for picture in pictures]
        found = np.zeros((len(seen), len(seen)))
        for row, column in zip(*np.triu_indices(len(seen), 1), strict=True):
            found[row, column] = found[column, row] = distance(seen[row], seen[column])
        return found


@functools.cache
def _traced() -> Callable[[NDArray[np.float32]], tuple[tf.Tensor, tf.Tensor]]:
    """Return the network as a function of a picture. It is made once in a process, which takes seconds."""
    network = efficientnet_lite0.load()

    def see(picture: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        seen = network(picture[None])
        return _places(seen.maps), seen.features[0]

    made: Callable[[NDArray[np.float32]], tuple[tf.Tensor, tf.Tensor]] = tf.function(see, autograph=False)
    return made


def distance(one: Features, other: Features) -> float:
    """Return how far two pictures are apart, from 0 for equal ones to 1.

    As in LPIPS (Zhang et al. 2018, equation 1), the channels of each place are brought to length 1, and the squared
    differences are averaged over the places. Here all channels and all five maps count alike: nothing is calibrated by
    judgements of people. The sum over channels is halved, so that the largest possible distance is 1.
    """
    return float(np.square(one.places - other.places).sum())


def resized(picture: NDArray[np.uint8], side: int) -> NDArray[np.float32]:
    """Return a picture as a network sees it, float32 `(side, side, 3)`, 0 to 255.

    The resizing is that of clean-fid (Parmar et al. 2022): bicubic, smoothed where it makes the picture smaller, each
    channel by itself, without rounding, clipped to the range of the values.

    Args:
        picture: uint8 `(height, width, 3)`.
        side: the side of the pictures that the network sees, in pixels.
    """
    channels = (Image.fromarray(picture[..., channel].astype(np.float32)) for channel in range(3))
    sides = (side, side)
    return np.stack([np.asarray(each.resize(sides, Image.Resampling.BICUBIC)) for each in channels], -1).clip(0, 255)


def _places(maps: Sequence[tf.Tensor]) -> tf.Tensor:
    """Return `Features.places` of the maps of one picture."""
    scaled = []
    for each in maps:
        size = tf.norm(each, axis=-1, keepdims=True)
        places = each.shape[1] * each.shape[2]
        scaled.append(tf.reshape(each / (size + 1e-10) / (2 * len(maps) * places) ** 0.5, [-1]))
    return tf.concat(scaled, 0)
