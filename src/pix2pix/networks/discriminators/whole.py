"""A discriminator that gives one answer about the whole picture (Radford et al. 2016; Foster 2023, chapter 4)."""

import keras
from keras import layers

from pix2pix.networks.blocks import Style, biased, down
from pix2pix.networks.class_input import ClassInput, class_input
from pix2pix.networks.halvings import halvings
from pix2pix.networks.layers.downconvolution import DownConvolution


def discriminator(
    size: tuple[int, int] = (64, 64),
    style: Style | None = None,
    filters: int = 64,
    channels: int = 1,
    norm: bool = True,
    classes: int = 0,
    most: int = 8,
    kind: type[layers.Conv2D] = DownConvolution,
) -> keras.Model:
    """Build a network that judges a whole picture by one logit.

    Blocks of stride 2 bring the picture down to 4x4, for 64x64 in four steps; all but the first have BatchNorm. Then
    one convolution covers the whole map. Dropout comes from `networks.regularised`.

    Args:
        size: height and width of the pictures in pixels, multiples of 32.
        style: see `Style`.
        filters: filters of the first layer; they double with each layer up to `most` times as many.
        channels: the channels of the pictures.
        norm: whether there is BatchNorm; without it, all convolutions have a bias.
        classes: the number of classes, one of which the picture should have; 0 for none.
        most: the largest number of filters, as a multiple of `filters`.
        kind: the convolutions of stride 2. For large batches Keras' own are faster, and much so for a gradient penalty,
            which needs the gradient of a gradient.

    Returns:
        A model from float32 `(batch, height, width, channels)` in [-1, 1] and, if there are classes, int32 `(batch,)`
        to logits `(batch, 1, 1, 1)`. At 64x64 DCGAN's in grey has the book's 2,765,312 parameters, of which 2,763,520
        are trained; the book's critic of the conditional GAN, in RGB with two classes, `most` 2 and biases, has
        662,977.
    """
    style = biased(style or Style(seed=0), norm).of("discriminator")
    picture = keras.Input((*size, channels), name="target")
    told = class_input(classes) if classes else None
    x, depth = _with_planes(picture, told) if told else picture, halvings(size)
    for level in range(depth):
        x = down(x, style, f"down_{level + 1}", filters * min(2**level, most), norm=norm and level > 0, kind=kind)
    whole = size[0] >> depth, size[1] >> depth
    logits = style.conv("logits", 1, 1, kernel_size=whole, padding="valid")(x)
    return keras.Model([picture, told.ids] if told else picture, logits, name="discriminator")


def _with_planes(picture: keras.KerasTensor, told: ClassInput) -> keras.KerasTensor:
    """Add a channel for each class, which is 1 everywhere for the picture's class and 0 everywhere for the others."""
    code = layers.Reshape((1, 1, told.code.shape[-1]), name="class_point")(told.code)
    planes = layers.UpSampling2D(picture.shape[1:3], name="class_planes")(code)
    return layers.Concatenate(name="picture_and_class")([picture, planes])
