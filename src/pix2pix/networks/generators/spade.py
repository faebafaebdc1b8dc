"""SPADE's generator: it starts from a small label map, and every norm is told the map anew (Park et al. 2019)."""

from collections.abc import Sequence
from dataclasses import dataclass

import keras
from keras import layers

from pix2pix.base.seeds import derive
from pix2pix.networks.blocks import Style
from pix2pix.networks.condition import as_given, condition
from pix2pix.networks.layers.convolution import Convolution
from pix2pix.networks.layers.normalisation import InstanceNorm, Norm
from pix2pix.networks.layers.spectral import spectral
from pix2pix.networks.noise import planes
from pix2pix.networks.one_hot import Classes

# The residual blocks from the smallest map on: the filters, as a multiple of those of the last block, and whether the
# sides are doubled before the block (SPADE, appendix A).
SPADE = ((16, False), (16, True), (16, False), (8, True), (4, True), (2, True), (1, True))
# OASIS leaves one of the wide blocks out (Sushko et al. 2021, appendix).
OASIS = ((16, False), (16, True), (8, True), (4, True), (2, True), (1, True))


@dataclass(frozen=True)
class SpadeStyle(Style):
    """The style of SPADE's code: norms without parameters, 3x3 convolutions with a bias.

    Attributes:
        batch_norm: whether maps are normalised over the batch (the paper), or each picture by itself.
        features: the features of the label map from which each norm computes its factors and offsets.
    """

    leaky_slope: float = 0.2
    norm_epsilon: float = 1e-5
    norm_momentum: float = 0.9
    gain: float = 0.02
    batch_norm: bool = True
    features: int = 128

    def norm(self, name: str) -> layers.Layer:
        """Return a normalisation without parameters."""
        if self.batch_norm:
            fixed = {"center": False, "scale": False}
            return Norm(momentum=self.norm_momentum, epsilon=self.norm_epsilon, name=name, **fixed)
        return InstanceNorm(epsilon=self.norm_epsilon, name=name)

    def conv(
        self, name: str, filters: int, stride: int = 1, kind: type[layers.Conv2D] = Convolution, **options: object
    ) -> layers.Layer:
        """Return a 3x3 convolution with a bias; `options` override this."""
        return super().conv(name, filters, stride, kind, **{"kernel_size": 3, "use_bias": True, **options})


def generator(
    size: tuple[int, int] = (256, 256),
    style: SpadeStyle | None = None,
    filters: int = 64,
    blocks: Sequence[tuple[int, bool]] = SPADE,
    channels: tuple[int, int] = (3, 3),
    classes: Classes | None = None,
    noise: int = 0,
    instances: bool = False,
) -> keras.Model:
    """Build a network that turns label maps into pictures.

    Args:
        size: height and width of the pictures in pixels; the blocks double the first map to this size.
        style: see `SpadeStyle`; the paper's, from seed 0, by default.
        filters: filters of the last block (`ngf`).
        blocks: the residual blocks; see `SPADE`.
        channels: the channels of the map that is read, and of the picture that is made.
        classes: where the map is seen by its classes; see `one_hot`.
        noise: so many numbers from N(0, 1) are added to the map as channels, the same at each pixel of a picture
            (OASIS: 64). A layer draws them: see `inference.dropout_layers`.
        instances: whether the network reads instance maps, too; see `condition`.

    Returns:
        A model from float32 `(batch, height, width, channels[0])` in [-1, 1] to `(batch, height, width, channels[1])`
        in the same range; with instances from a list of two, see `Condition.inputs`. With 36 channels of the map, of 35
        classes and the edges of instances, SPADE's has 93,048,003 trained parameters. With 35 channels and 64 of noise
        OASIS' has 71,107,523.
    """
    style = (style or SpadeStyle(seed=0)).of("generator")
    inputs, seen = condition(size, channels[0], classes, instances)
    if noise:
        drawn = planes(inputs[0], noise, derive(style.seed, "noise"))
        seen = layers.Concatenate(name="noisy_map")([drawn, seen])
    maps = _Maps(seen)
    divisor = 2 ** sum(doubles for _, doubles in blocks)
    x = style.conv("first", 16 * filters)(maps.at(divisor))
    for number, (times, doubles) in enumerate(blocks, start=1):
        if doubles:
            x, divisor = layers.UpSampling2D(2, name=f"double_{number}")(x), divisor // 2
        x = _block(x, maps.at(divisor), style, f"block_{number}", times * filters)
    output = style.conv("output", channels[1], activation="tanh")(style.activation("output")(x))
    return keras.Model(as_given(inputs), output, name="generator")


class _Maps:
    """A label map at several sizes: every n-th pixel of every n-th row, as Torch's nearest interpolation takes them."""

    def __init__(self, full: keras.KerasTensor) -> None:
        self._made = {1: full}

    def at(self, divisor: int) -> keras.KerasTensor:
        if divisor not in self._made:
            pick = layers.MaxPooling2D(1, strides=divisor, name=f"map_{divisor}")
            self._made[divisor] = pick(self._made[1])
        return self._made[divisor]


def _block(
    x: keras.KerasTensor, label_map: keras.KerasTensor, style: SpadeStyle, name: str, filters: int
) -> keras.KerasTensor:
    """Build a SPADE residual block (figure 4, left); a shortcut is learned where the number of channels changes."""
    given, kind = x.shape[-1], spectral(Convolution)
    inner = min(given, filters)
    y = style.activation(f"{name}_a")(_modulated(x, label_map, style, f"{name}_a"))
    y = style.conv(f"{name}_a", inner, kind=kind)(y)
    y = style.activation(f"{name}_b")(_modulated(y, label_map, style, f"{name}_b"))
    y = style.conv(f"{name}_b", filters, kind=kind)(y)
    if given != filters:
        x = _modulated(x, label_map, style, f"{name}_shortcut")
        x = style.conv(f"{name}_shortcut", filters, kind=kind, kernel_size=1, use_bias=False)(x)
    return layers.Add(name=f"{name}_sum")([x, y])


def _modulated(x: keras.KerasTensor, label_map: keras.KerasTensor, style: SpadeStyle, name: str) -> keras.KerasTensor:
    """Normalise maps, then scale and move every value as the label map says: x (1 + γ) + β (equation 1)."""
    normed = style.norm(f"{name}_norm")(x)
    seen = style.conv(f"{name}_map", style.features, activation="relu")(label_map)
    gamma, beta = (style.conv(f"{name}_{part}", x.shape[-1])(seen) for part in ("gamma", "beta"))
    scaled = layers.Multiply(name=f"{name}_scaled")([normed, gamma])
    return layers.Add(name=f"{name}_modulated")([normed, scaled, beta])
