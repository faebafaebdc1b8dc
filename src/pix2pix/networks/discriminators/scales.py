"""A discriminator that looks at a picture at several scales (pix2pixHD, Wang et al. 2018; SPADE, Park et al. 2019)."""

import keras
import numpy as np
from keras import layers
from keras.src.ops.numpy import Multiply

from pix2pix.networks.blocks import InstanceStyle, Style
from pix2pix.networks.condition import condition
from pix2pix.networks.layers.convolution import Convolution
from pix2pix.networks.layers.spectral import spectral
from pix2pix.networks.one_hot import Classes, one_hot_or_hole

# Filters double up to this many times those of the first layer.
_MOST = 8


def discriminator(
    size: tuple[int, int] = (256, 256),
    style: Style | None = None,
    filters: int = 64,
    scales: int = 2,
    blocks: int = 3,
    channels: tuple[int, int] = (3, 3),
    classes: Classes | None = None,
    spectral_norm: bool = False,
    instances: bool = False,
) -> keras.Model:
    """Build a network that judges a picture together with its input, at full size, at half the size, and so on.

    Each scale has a network of its own: `blocks` 4x4 convolutions of stride 2, one of stride 1, and one that gives
    logits. pix2pixHD calls this three layers, SPADE four. All but the first and the last have instance norm. A
    picture is continued by two pixels of 0 on each side.

    Args:
        size: height and width of the pictures in pixels.
        style: see `InstanceStyle`; from seed 0 with LeakyReLU 0.2 by default.
        filters: filters of the first layer; they double with each layer up to 8 times as many.
        scales: the number of scales.
        blocks: the number of convolutions of stride 2.
        channels: the channels of the input, and of the picture to judge.
        classes: where the input is a label map that is judged by its classes; see `one_hot_or_hole`.
        spectral_norm: whether the kernels between the first and the last layer have spectral norm, and no bias, as in
            SPADE.
        instances: whether the network reads instance maps, too; see `condition`.

    Returns:
        A model from `[input, target]` or, with instances, `[input, instances, target]`, float32 `(batch, height, width,
        channels)` in [-1, 1], to a list for each of `scale_1`, `scale_2` …: the maps of each block, from the first on,
        and last the logits `(batch, rows, columns, 1)`.
    """
    style = (style or InstanceStyle(seed=0, leaky_slope=0.2, norm_epsilon=1e-5)).of("discriminator")
    inputs, planes = condition(size, channels[0], classes, instances, one_hot_or_hole)
    target = keras.Input((*size, channels[1]), name="target")
    x = layers.Concatenate(name="pair")([planes, target])
    answers = {}
    for scale in range(1, scales + 1):
        name = f"scale_{scale}"
        answers[name] = _answers(x, style, name, filters, blocks, spectral_norm)
        x = _halved(x, f"{name}_half") if scale < scales else x
    return keras.Model([*inputs, target], answers, name="discriminator")


def _answers(
    x: keras.KerasTensor, style: Style, name: str, filters: int, blocks: int, spectral_norm: bool
) -> list[keras.KerasTensor]:
    """Build the network of one scale, and return the maps of its blocks and its logits."""
    normed = spectral(Convolution) if spectral_norm else Convolution
    seen = []
    for level in range(blocks + 1):
        width, stride = filters * min(2**level, _MOST), 2 if level < blocks else 1
        x = _block(x, style, f"{name}_block_{level + 1}", width, stride, normed if level else Convolution, level > 0)
        seen.append(x)
    return [*seen, _convolved(x, style, f"{name}_logits", 1, 1, Convolution)]


def _block(
    x: keras.KerasTensor, style: Style, name: str, filters: int, stride: int, kind: type[layers.Conv2D], norm: bool
) -> keras.KerasTensor:
    x = _convolved(x, style, name, filters, stride, kind)
    return style.activation(name)(style.norm(f"{name}_norm")(x) if norm else x)


def _convolved(
    x: keras.KerasTensor, style: Style, name: str, filters: int, stride: int, kind: type[layers.Conv2D]
) -> keras.KerasTensor:
    x = layers.ZeroPadding2D(2, name=f"{name}_pad")(x)
    return style.conv(name, filters, stride, kind, padding="valid", use_bias=kind is Convolution)(x)


def _halved(x: keras.KerasTensor, name: str) -> keras.KerasTensor:
    """Halve both sides: means of 3x3 pixels around every second one; at the near edges only of those that exist.

    Torch's pooling with a padding of 1 begins there. Padding "same" would begin at the first pixel of even sides.
    """
    means = layers.AveragePooling2D(3, 2, name=name)(layers.ZeroPadding2D(((1, 0), (1, 0)), name=f"{name}_pad")(x))
    factors = np.ones((*means.shape[1:3], 1), np.float32)
    factors[0] *= 3 / 2
    factors[:, 0] *= 3 / 2
    return Multiply(name=f"{name}_edges")(means, factors)
