"""EfficientNet-Lite0 as a backbone that goes on learning, made of Keras' layers; see `networks.efficientnet_lite0`."""

import keras
from keras import layers

from pix2pix.base.seeds import derive
from pix2pix.networks import efficientnet_lite0
from pix2pix.networks.blocks import Style
from pix2pix.networks.layers.convolution import Convolution
from pix2pix.networks.layers.normalisation import Norm

_STEM, _WIDER = 32, 6


def maps(photo: keras.KerasTensor, style: Style) -> dict[int, keras.KerasTensor]:
    """Build the network up to its last block, and return its last maps at each depth: 2, 4, 8, 16 and 32.

    It was trained on values from -0.992 to 1, and [-1, 1] is taken for that here.

    Args:
        photo: float `(batch, height, width, 3)` in [-1, 1].
        style: decides the first weights.
    """
    x = _normed(photo, style, "_conv_stem", "_bn0", _STEM, 3, 2)
    depth, number, found = 2, 0, {}
    for blocks, filters, kernel, stride in efficientnet_lite0.STAGES:
        for step in (stride, *[1] * (blocks - 1)):
            depth *= step
            found[depth] = x = _block(x, style, f"_blocks.{number}.", filters, kernel, step)
            number += 1
    return found


def transplant(model: keras.Model) -> None:
    """Give the layers of `maps` in a model the weights that were trained on ImageNet.

    Raises:
        DataError: the weights are not those that are known.
    """
    trained = efficientnet_lite0.weights()
    for layer in model.layers:
        name = layer.name
        if isinstance(layer, layers.BatchNormalization) and f"{name}.running_mean" in trained:
            parts = ("weight", "bias", "running_mean", "running_var")
            layer.set_weights([trained[f"{name}.{part}"] for part in parts])
        elif f"{name}.weight" in trained:
            # PyTorch has filters first. A depthwise kernel has one channel there; here its filters are the channels.
            depthwise = isinstance(layer, layers.DepthwiseConv2D)
            layer.set_weights([trained[f"{name}.weight"].transpose((2, 3, 0, 1) if depthwise else (2, 3, 1, 0))])


def _block(x: keras.KerasTensor, style: Style, name: str, filters: int, kernel: int, stride: int) -> keras.KerasTensor:
    """Build an inverted residual block (Sandler et al. 2018): to many channels, each filtered, back to few."""
    y, channels = x, x.shape[-1]
    if name != "_blocks.0.":  # the first block has many channels already
        y = _normed(y, style, f"{name}_expand_conv", f"{name}_bn0", _WIDER * channels, 1)
    y = layers.DepthwiseConv2D(
        kernel,
        stride,
        padding="same",
        use_bias=False,
        # That of He et al. (2015): Keras counts all channels as inputs of a filter, which sees one.
        depthwise_initializer=keras.initializers.VarianceScaling(
            2 * y.shape[-1], "fan_in", seed=derive(style.seed, f"{name}_depthwise_conv")
        ),
        name=f"{name}_depthwise_conv",
    )(y)
    y = _relu6(Norm(momentum=0.9, name=f"{name}_bn1")(y), f"{name}_bn1")
    y = Convolution(
        filters, 1, use_bias=False, kernel_initializer=style.he(f"{name}_project_conv"), name=f"{name}_project_conv"
    )(y)
    y = Norm(momentum=0.9, name=f"{name}_bn2")(y)
    return layers.Add(name=f"{name}_sum")([x, y]) if stride == 1 and filters == channels else y


def _normed(
    x: keras.KerasTensor, style: Style, name: str, norm: str, filters: int, kernel: int, stride: int = 1
) -> keras.KerasTensor:
    x = Convolution(
        filters, kernel, stride, padding="same", use_bias=False, kernel_initializer=style.he(name), name=name
    )(x)
    return _relu6(Norm(momentum=0.9, name=norm)(x), norm)


def _relu6(x: keras.KerasTensor, name: str) -> keras.KerasTensor:
    return layers.ReLU(6.0, name=f"{name}_relu6")(x)
