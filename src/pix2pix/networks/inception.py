"""The Inception-v3 of FID (Heusel et al. 2017), which looks at pictures and never learns.

Its weights are a user's file. Their names are those of torchvision, and the layers are those of Szegedy et al. 2016, as
the program pytorch-fid has them. Two things differ from torchvision's network: average pools do not count the padding,
and the pool of the last block is a maximum.
"""

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

import tensorflow as tf

from pix2pix.base.errors import DataError, one_line
from pix2pix.base.files import sha256
from pix2pix.networks import torch_file
from pix2pix.networks.layers.convolution import convolved, is_faster
from pix2pix.networks.torch_convolution import Weights, normalised

# The side of the pictures that it sees, in pixels.
SIDE = 299
# Its classes are not used here, but by their number the network is known: torchvision's own weights have 1000.
_CLASSES, _FEATURES = 1008, 2048
_Layer = Callable[[tf.Tensor], tf.Tensor]
# Convolutions of a block by their names there; see `_branch`.
_Branch = Callable[..., _Layer]
_mean_pool: _Layer = partial(tf.nn.avg_pool2d, ksize=3, strides=1, padding="SAME")
_max_pool: _Layer = partial(tf.nn.max_pool2d, ksize=3, strides=1, padding="SAME")
_halved: _Layer = partial(tf.nn.max_pool2d, ksize=3, strides=2, padding="VALID")


def load(path: Path, expected: str) -> _Layer:
    """Return the network of a file; see `network`.

    Args:
        path: the state dict that pytorch-fid uses, in the form of PyTorch before its version 1.6.
        expected: its SHA-256, in hexadecimal.

    Raises:
        DataError: the file has another hash, cannot be read, or has the tensors of another network.
    """
    if (found := sha256(path)) != expected:
        raise DataError(
            f"{path}: its SHA-256 is {found}, but evaluate.inception_sha256 is {expected}; name the file with this "
            "hash, or set the hash of this file"
        )
    weights = torch_file.read(path)
    if "fc.weight" not in weights or weights["fc.weight"].shape != (_CLASSES, _FEATURES):
        raise DataError(
            f"{path}: not the Inception network of FID, whose `fc.weight` has {_CLASSES}x{_FEATURES} values"
        )
    try:
        see = tf.function(network(weights), [tf.TensorSpec((None, SIDE, SIDE, 3))], autograph=False)
        see.get_concrete_function()
    except (KeyError, ValueError) as error:  # a tensor is missing, or has another shape
        raise DataError(f"{path}: not the Inception network of FID ({one_line(error)})") from None
    made: _Layer = see
    return made


def network(weights: Weights) -> _Layer:
    """Return the network of these weights, which have their names in torchvision.

    It is a function of RGB pictures, float32 `(n, 299, 299, 3)`, 0 to 255. It gives the mean of its last map over the
    places, float32 `(n, 2048)`, at least 0.
    """
    layers = [*_stem(weights), *_blocks(weights)]

    def see(pictures: tf.Tensor) -> tf.Tensor:
        return tf.reduce_mean(_chain(*layers)(pictures / 255 * 2 - 1), axis=(1, 2))

    return see


def _stem(weights: Weights) -> list[_Layer]:
    """Return the layers before the first block."""
    convolution = partial(_convolution, weights)
    return [
        convolution("Conv2d_1a_3x3", 2, "VALID"),
        convolution("Conv2d_2a_3x3", 1, "VALID"),
        convolution("Conv2d_2b_3x3"),
        _halved,
        convolution("Conv2d_3b_1x1"),
        convolution("Conv2d_4a_3x3", 1, "VALID"),
        _halved,
    ]


def _blocks(weights: Weights) -> list[_Layer]:
    """Return the blocks; those with a letter have the names that torchvision gives to their classes."""
    kinds: Mapping[Callable[[_Branch], _Layer], tuple[str, ...]] = {
        _a: ("Mixed_5b", "Mixed_5c", "Mixed_5d"),
        _b: ("Mixed_6a",),
        _c: ("Mixed_6b", "Mixed_6c", "Mixed_6d", "Mixed_6e"),
        _d: ("Mixed_7a",),
        partial(_e, pool=_mean_pool): ("Mixed_7b",),
        partial(_e, pool=_max_pool): ("Mixed_7c",),
    }
    return [block(partial(_branch, weights, name)) for block, names in kinds.items() for name in names]


def _a(branch: _Branch) -> _Layer:
    double = branch("branch3x3dbl_1", "branch3x3dbl_2", "branch3x3dbl_3")
    pooled = _chain(_mean_pool, branch("branch_pool"))
    return _beside(branch("branch1x1"), branch("branch5x5_1", "branch5x5_2"), double, pooled)


def _b(branch: _Branch) -> _Layer:
    double = branch("branch3x3dbl_1", "branch3x3dbl_2", "branch3x3dbl_3", halving=True)
    return _beside(branch("branch3x3", halving=True), double, _halved)


def _c(branch: _Branch) -> _Layer:
    single = branch(*(f"branch7x7_{number}" for number in range(1, 4)))
    double = branch(*(f"branch7x7dbl_{number}" for number in range(1, 6)))
    return _beside(branch("branch1x1"), single, double, _chain(_mean_pool, branch("branch_pool")))


def _d(branch: _Branch) -> _Layer:
    wide = branch(*(f"branch7x7x3_{number}" for number in range(1, 5)), halving=True)
    return _beside(branch("branch3x3_1", "branch3x3_2", halving=True), wide, _halved)


def _e(branch: _Branch, pool: _Layer) -> _Layer:
    single = _chain(branch("branch3x3_1"), _beside(branch("branch3x3_2a"), branch("branch3x3_2b")))
    both = _beside(branch("branch3x3dbl_3a"), branch("branch3x3dbl_3b"))
    double = _chain(branch("branch3x3dbl_1", "branch3x3dbl_2"), both)
    return _beside(branch("branch1x1"), single, double, _chain(pool, branch("branch_pool")))


def _branch(weights: Weights, block: str, *names: str, halving: bool = False) -> _Layer:
    """Return convolutions of a block, one after the other; with `halving`, the last one halves both sides."""
    *others, last = (f"{block}.{name}" for name in names)
    end = _convolution(weights, last, 2, "VALID") if halving else _convolution(weights, last)
    return _chain(*(_convolution(weights, name) for name in others), end)


def _chain(*layers: _Layer) -> _Layer:
    """Return layers of which each sees what the one before it gives."""

    def see(given: tf.Tensor) -> tf.Tensor:
        for layer in layers:
            given = layer(given)
        return given

    return see


def _beside(*layers: _Layer) -> _Layer:
    """Return layers that see the same, and give their channels one after the other."""
    return lambda given: tf.concat([layer(given) for layer in layers], -1)


def _convolution(weights: Weights, name: str, stride: int = 1, padding: str = "SAME") -> _Layer:
    """Return a convolution with its normalisation and a ReLU."""
    kernel, offset = normalised(weights, f"{name}.conv", f"{name}.bn")
    kernel = tf.constant(kernel.transpose(2, 3, 1, 0))

    def convolve(given: tf.Tensor) -> tf.Tensor:
        if stride == 1 and is_faster(given, kernel.shape):
            return convolved(given, kernel, padding.lower())
        return tf.nn.conv2d(given, kernel, stride, padding)

    return lambda given: tf.nn.relu(convolve(given) + offset)
