"""The pieces both adversaries are built of: seeded weights, normalisation, down and up blocks.

Only layers that Keras itself brings, or computes alike (`downconvolution`, `upconvolution`, `normalisation`), so that a
saved architecture needs none of this source to be loaded.
"""

from dataclasses import dataclass, replace

import keras
from keras import layers

from pix2pix.base.seeds import derive
from pix2pix.networks.layers.downconvolution import DownConvolution
from pix2pix.networks.layers.normalisation import Norm
from pix2pix.networks.layers.upconvolution import UpConvolution

KERNEL = 4


@dataclass(frozen=True)
class Style:
    """What the published implementations do differently; the defaults are the TensorFlow tutorial's.

    Attributes:
        seed: the first weights follow from it, the network's name and each layer's.
        leaky_slope: slope of LeakyReLU below 0 (Torch code: 0.2).
        norm_epsilon: BatchNorm's ε (Torch code: 1e-5).
        norm_gamma_stddev: BatchNorm's scale starts at N(1, this) (Torch code: 0.02).
    """

    seed: int
    leaky_slope: float = 0.3
    norm_epsilon: float = 1e-3
    norm_gamma_stddev: float = 0.0

    def of(self, network: str) -> "Style":
        """The style of one network: layers of the same name in two networks begin with other numbers."""
        return replace(self, seed=derive(self.seed, network))

    def weights(self, name: str) -> keras.initializers.Initializer:
        """First convolution weights: N(0, 0.02), as in the paper's appendix 6.2."""
        return keras.initializers.RandomNormal(0.0, 0.02, seed=derive(self.seed, name))

    def he(self, name: str) -> keras.initializers.Initializer:
        """First weights before a ReLU, for networks that are not trained adversarially (He et al. 2015)."""
        return keras.initializers.HeNormal(seed=derive(self.seed, name))

    def norm(self, name: str) -> layers.Layer:
        """A BatchNorm layer."""
        gamma = keras.initializers.RandomNormal(1.0, self.norm_gamma_stddev, seed=derive(self.seed, name))
        return Norm(epsilon=self.norm_epsilon, gamma_initializer=gamma, name=name)

    def conv(
        self, name: str, filters: int, stride: int, kind: type[layers.Conv2D] = layers.Conv2D, **options: object
    ) -> layers.Layer:
        """A 4x4 convolution without bias, unless `options` say otherwise."""
        settings = {"kernel_size": KERNEL, "use_bias": False, "padding": "same", **options}
        return kind(
            filters, strides=stride, kernel_initializer=self.weights(f"{name}_conv"), name=f"{name}_conv", **settings
        )

    def activation(self, name: str) -> layers.Layer:
        """LeakyReLU."""
        return layers.LeakyReLU(negative_slope=self.leaky_slope, name=f"{name}_leaky")


def down(x: keras.KerasTensor, style: Style, name: str, filters: int, norm: bool = True) -> keras.KerasTensor:
    """Half the side: convolution of stride 2, BatchNorm, LeakyReLU (paper: Ck)."""
    x = style.conv(name, filters, 2, DownConvolution)(x)
    if norm:
        x = style.norm(f"{name}_norm")(x)
    return style.activation(name)(x)


def up(x: keras.KerasTensor, style: Style, name: str, filters: int, dropout: bool) -> keras.KerasTensor:
    """Twice the side: transposed convolution of stride 2, BatchNorm, dropout 0.5, ReLU (paper: CDk)."""
    x = UpConvolution(
        filters,
        KERNEL,
        strides=2,
        padding="same",
        use_bias=False,
        kernel_initializer=style.weights(f"{name}_conv"),
        name=f"{name}_conv",
    )(x)
    x = style.norm(f"{name}_norm")(x)
    if dropout:
        x = layers.Dropout(0.5, seed=derive(style.seed, f"{name}_dropout"), name=f"{name}_dropout")(x)
    return layers.ReLU(name=f"{name}_relu")(x)
