"""The building blocks of generators and discriminators: seeded weights, normalisation, down and up blocks.

All layers are layers of Keras, or compute the same as one (`convolution`, `downconvolution`, `upconvolution`,
`normalisation`). So a saved architecture can be loaded without this source.
"""

from dataclasses import dataclass, replace
from typing import Self

import keras
from keras import layers

from pix2pix.base.seeds import derive
from pix2pix.networks.layers.convolution import Convolution
from pix2pix.networks.layers.downconvolution import DownConvolution
from pix2pix.networks.layers.normalisation import InstanceNorm, Norm
from pix2pix.networks.layers.upconvolution import UpConvolution

KERNEL = 4


@dataclass(frozen=True)
class Style:
    """The choices in which published implementations differ. The defaults are the TensorFlow tutorial's.

    Attributes:
        seed: decides the first weights, together with the names of the network and its layers.
        leaky_slope: slope of LeakyReLU below 0 (Torch code: 0.2).
        norm_epsilon: BatchNorm's ε (Torch code: 1e-5).
        norm_gamma_stddev: the standard deviation of BatchNorm's first scales around 1 (Torch code: 0.02).
        norm_momentum: the share of BatchNorm's moving statistics that is kept at every step.
        glorot: whether convolutions begin with Keras' default weights (Glorot & Bengio 2010) instead of N(0, 0.02).
        gain: if above 0, convolutions begin with normal weights of the standard deviation of Glorot & Bengio, times
            this (SPADE's code: 0.02).
        bias: whether convolutions have a bias, as those of networks without normalisation do.
    """

    seed: int
    leaky_slope: float = 0.3
    norm_epsilon: float = 1e-3
    norm_gamma_stddev: float = 0.0
    norm_momentum: float = 0.99
    glorot: bool = False
    bias: bool = False
    gain: float = 0.0

    def of(self, network: str) -> Self:
        """Return the style with the seed of one network, so that equal names of layers get other weights."""
        return replace(self, seed=derive(self.seed, network))

    def weights(self, name: str) -> keras.initializers.Initializer:
        """Return the initializer of convolutions: N(0, 0.02), as in the paper's appendix 6.2; see `glorot`, `gain`."""
        seed = derive(self.seed, name)
        if self.gain:
            return keras.initializers.VarianceScaling(self.gain**2, "fan_avg", "untruncated_normal", seed)
        if self.glorot:
            return keras.initializers.GlorotUniform(seed)
        return keras.initializers.RandomNormal(0.0, 0.02, seed)

    def he(self, name: str) -> keras.initializers.Initializer:
        """Return the initializer of convolutions before a ReLU, for networks without an adversary (He et al. 2015)."""
        return keras.initializers.HeNormal(seed=derive(self.seed, name))

    def norm(self, name: str) -> layers.Layer:
        """Return a BatchNorm layer."""
        gamma = keras.initializers.RandomNormal(1.0, self.norm_gamma_stddev, seed=derive(self.seed, name))
        return Norm(momentum=self.norm_momentum, epsilon=self.norm_epsilon, gamma_initializer=gamma, name=name)

    def conv(
        self, name: str, filters: int, stride: int, kind: type[layers.Conv2D] = Convolution, **options: object
    ) -> layers.Layer:
        """Return a 4x4 convolution; `options` override this."""
        settings = {"kernel_size": KERNEL, "use_bias": self.bias, "padding": "same", **options}
        return kind(
            filters, strides=stride, kernel_initializer=self.weights(f"{name}_conv"), name=f"{name}_conv", **settings
        )

    def activation(self, name: str) -> layers.Layer:
        """Return a LeakyReLU layer."""
        return layers.LeakyReLU(negative_slope=self.leaky_slope, name=f"{name}_leaky")


def biased(style: Style, norm: bool) -> Style:
    """Return the style of a discriminator: without normalisation its convolutions have a bias.

    So has WGAN-GP's critic (the authors' code); BatchNorm has offsets of its own.
    """
    return style if norm else replace(style, bias=True)


class InstanceStyle(Style):
    """CycleGAN's style: instance normalisation without parameters, and so convolutions with a bias (authors' code)."""

    def norm(self, name: str) -> layers.Layer:
        """Return an instance normalisation."""
        return InstanceNorm(epsilon=self.norm_epsilon, name=name)

    def conv(
        self, name: str, filters: int, stride: int, kind: type[layers.Conv2D] = Convolution, **options: object
    ) -> layers.Layer:
        """Return a 4x4 convolution with a bias; `options` override this."""
        return super().conv(name, filters, stride, kind, **{"use_bias": True, **options})


def down(
    x: keras.KerasTensor,
    style: Style,
    name: str,
    filters: int,
    norm: bool = True,
    kind: type[layers.Conv2D] = DownConvolution,
) -> keras.KerasTensor:
    """Halve height and width: convolution of stride 2, BatchNorm, LeakyReLU (paper, appendix 6.1: Ck)."""
    x = style.conv(name, filters, 2, kind)(x)
    if norm:
        x = style.norm(f"{name}_norm")(x)
    return style.activation(name)(x)


def up(
    x: keras.KerasTensor,
    style: Style,
    name: str,
    filters: int,
    dropout: bool,
    norm: bool = True,
    resized: bool = False,
) -> keras.KerasTensor:
    """Double height and width, see `enlarged`; then BatchNorm, dropout 0.5, ReLU (paper: CDk)."""
    x = enlarged(x, style, name, filters, resized)
    if norm:
        x = style.norm(f"{name}_norm")(x)
    if dropout:
        x = layers.Dropout(0.5, seed=derive(style.seed, f"{name}_dropout"), name=f"{name}_dropout")(x)
    return layers.ReLU(name=f"{name}_relu")(x)


def enlarged(x: keras.KerasTensor, style: Style, name: str, filters: int, resized: bool) -> keras.KerasTensor:
    """Double height and width by a transposed 4x4 convolution of stride 2, as the paper does.

    `resized` doubles each pixel instead, and a 3x3 convolution follows, which has no checkerboard in its first weights
    (Odena et al. 2016, "Deconvolution and checkerboard artifacts").
    """
    if not resized:
        return style.conv(name, filters, 2, UpConvolution)(x)
    x = layers.UpSampling2D(2, name=f"{name}_resize")(x)
    return style.conv(name, filters, 1, kernel_size=3)(x)
