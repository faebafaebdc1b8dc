"""The segmenter: an FCN-8s that reads a class map from a photo (Long, Shelhamer & Darrell 2015).

A backbone computes features at 1/8, 1/16 and 1/32 of the side. Each of the three gives a map of scores; these maps are
added, from the coarsest to the finest, and enlarged to full size. The backbone is a compact residual network, trained
from its first weights, EfficientNet-Lite0, or the VGG16 of the paper. The photo is enlarged first, as Isola et al. 2017
did for their FCN-scores: a sill is only a few pixels high and would be lost in a cell of 8x8 pixels.
"""

from collections.abc import Callable
from functools import partial
from typing import Literal

import keras
import numpy as np
from keras import layers
from numpy.typing import NDArray

from pix2pix.base.errors import DataError, one_line
from pix2pix.networks import lite0_backbone
from pix2pix.networks.blocks import Style
from pix2pix.networks.layers.convolution import Convolution
from pix2pix.networks.residual import dropout, normalised, residual

_Backbone = Literal["compact", "efficientnet_lite0", "vgg16"]
Depths = dict[int, keras.KerasTensor]

ENLARGED = 2
# The depths that give scores. Depth 8 means maps of 1/8 of the side.
_SCORED = (32, 16, 8)
# Height and width of a photo must be multiples of this.
MULTIPLE = _SCORED[0] // ENLARGED

# The compact backbone: the filters at depths 4, 8, 16 and 32, as multiples of the filters at depth 2.
_WIDTHS = {4: 2, 8: 4, 16: 8, 32: 8}
# The dilation of the second convolution at these depths, and of one more block at the end. With them a cell sees 165
# pixels of the photo to each side, so that one storey of a façade helps to read the others.
_DILATIONS = {16: 2, 32: 2}
_LAST_DILATION = 4

# VGG16: the number of convolutions at each depth, and their filters (Simonyan & Zisserman 2015, table 1, D).
VGG16 = {2: (2, 64), 4: (2, 128), 8: (3, 256), 16: (3, 512), 32: (3, 512)}
# The filters of fc6 and fc7. The paper has 4096, and a 7x7 kernel in fc6 instead of 3x3: 100 million more weights.
_VGG16_HEAD = 1024
# The mean colour of ImageNet: blue, green, red, 0 to 255. The weights of VGG16 expect photos minus this mean.
_IMAGENET_MEAN = (103.939, 116.779, 123.68)

# EfficientNet-Lite0: the filters of the convolution before each map of scores. Its own maps have 40 to 320 channels.
_LITE0_HEAD = 128

# The dropout rate before the scores; in VGG16 only after fc6 and fc7.
_DROPOUT = {"compact": 0.2, "efficientnet_lite0": 0.2, "vgg16": 0.5}


def segmenter(
    classes: int, filters: int = 32, seed: int = 0, backbone: _Backbone = "compact", weights: str | None = None
) -> keras.Model:
    """Build a network that turns photos into class logits.

    Args:
        classes: number of classes.
        filters: filters of the compact backbone's first convolution; the deeper ones have 2, 4, 8 and 8 times as many.
            The other backbones have numbers of their own.
        seed: decides the first weights.
        backbone: `compact` (residual blocks, He et al. 2016), `efficientnet_lite0` (see `lite0_backbone`), or `vgg16`
            (the published convolutions and poolings, then fc6 and fc7 as convolutions with fewer filters).
        weights: first weights of the other two: `imagenet`, which a package has for EfficientNet-Lite0 and Keras
            downloads for VGG16; or a weights file of Keras' VGG16 without its top. None: the seed decides.

    Returns:
        A model. It takes float32 `(batch, height, width, 3)` in [-1, 1], height and width multiples of `MULTIPLE`, and
        gives float32 logits `(batch, height, width, classes)`.

    Raises:
        DataError: the weights cannot be loaded, or are not those of the backbone.
    """
    style = Style(seed).of("segmenter")
    photo = keras.Input((None, None, 3), name="photo")
    large = layers.UpSampling2D(ENLARGED, interpolation="bilinear", name="enlarged")(photo)
    backbones: dict[_Backbone, Callable[[keras.KerasTensor, Style], Depths]] = {
        "compact": partial(_compact, filters=filters),
        "efficientnet_lite0": _lite0,
        "vgg16": _vgg16,
    }
    model = keras.Model(photo, _scored(backbones[backbone](large, style), classes), name="segmenter")
    if backbone == "vgg16":
        model.get_layer("imagenet_colours").set_weights(_imagenet_colours())
    if weights is not None and backbone == "efficientnet_lite0":
        lite0_backbone.transplant(model)
    elif weights is not None:
        _transplant(weights, model)
    return model


def _scored(depths: Depths, classes: int) -> keras.KerasTensor:
    """Add the scores of three depths (section 4.2 and figure 3). They start at 0, so no class is preferred."""
    scores = None
    for depth in _SCORED:
        name = f"score_{depth}"
        score = Convolution(classes, 1, kernel_initializer="zeros", name=name)(depths[depth])
        if scores is not None:
            doubled = layers.UpSampling2D(2, interpolation="bilinear", name=f"{name}_from_coarser")(scores)
            score = layers.Add(name=f"{name}_sum")([score, doubled])
        scores = score
    return layers.UpSampling2D(_SCORED[-1] // ENLARGED, interpolation="bilinear", name="logits")(scores)


def _compact(photo: keras.KerasTensor, style: Style, filters: int) -> Depths:
    x = normalised(photo, style, "stem", filters, stride=2)
    x = layers.ReLU(name="stem_relu")(x)
    depths = {}
    for depth, times in _WIDTHS.items():
        depths[depth] = x = residual(x, style, f"depth_{depth}", filters * times, 2, _DILATIONS.get(depth, 1))
    depths[depth] = residual(x, style, "last", filters * times, 1, _LAST_DILATION)
    return {depth: dropout(depths[depth], style, f"depth_{depth}", _DROPOUT["compact"]) for depth in _SCORED}


def _lite0(photo: keras.KerasTensor, style: Style) -> Depths:
    depths = {}
    maps = lite0_backbone.maps(photo, style)
    for depth in _SCORED:
        name = f"head_{depth}"
        x = layers.ReLU(name=f"{name}_relu")(normalised(maps[depth], style, name, _LITE0_HEAD))
        depths[depth] = dropout(x, style, name, _DROPOUT["efficientnet_lite0"])
    return depths


def _vgg16(photo: keras.KerasTensor, style: Style) -> Depths:
    x = Convolution(3, 1, trainable=False, kernel_initializer="zeros", name="imagenet_colours")(photo)
    depths = {}
    for block, (depth, (convolutions, filters)) in enumerate(VGG16.items(), start=1):
        for number in range(1, convolutions + 1):
            x = _rectified(x, style, f"block{block}_conv{number}", filters, kernel=3)
        depths[depth] = x = layers.MaxPooling2D(2, name=f"block{block}_pool")(x)
    for name, kernel in (("fc6", 3), ("fc7", 1)):
        x = _rectified(x, style, name, _VGG16_HEAD, kernel)
        x = dropout(x, style, name, _DROPOUT["vgg16"])
    return depths | {32: x}


def _rectified(x: keras.KerasTensor, style: Style, name: str, filters: int, kernel: int) -> keras.KerasTensor:
    x = Convolution(filters, kernel, padding="same", kernel_initializer=style.he(name), name=name)(x)
    return layers.ReLU(name=f"{name}_relu")(x)


def _imagenet_colours() -> list[NDArray[np.float32]]:
    """Return the weights of a 1x1 convolution that turns RGB in [-1, 1] into the BGR minus mean that VGG16 expects."""
    swap = np.eye(3, dtype=np.float32)[::-1] * 127.5
    return [swap[None, None], 127.5 - np.array(_IMAGENET_MEAN, np.float32)]


def _transplant(weights: str, model: keras.Model) -> None:
    try:
        trained = keras.applications.VGG16(include_top=False, weights=weights)
    except Exception as error:  # no network, a damaged file: Keras and HDF5 raise any kind of exception
        way = "name a file of weights, or null" if weights == "imagenet" else "name one of Keras' VGG16 without its top"
        raise DataError(f"segmenter.weights = {weights}: {type(error).__name__}: {one_line(error)}; {way}") from None
    for layer in trained.layers:
        if layer.weights:
            model.get_layer(layer.name).set_weights(layer.get_weights())
