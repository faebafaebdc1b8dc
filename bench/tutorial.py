"""The subjects `tutorial float32` and `tutorial bfloat16`: the TensorFlow tutorial's training step.

    python -m bench.tutorial float32|bfloat16

Networks, losses and step are those of "pix2pix: Image-to-image translation with a conditional GAN", of plain Keras
layers, under the tutorial's own names; what it does on the way, pictures and summaries, is left out. bfloat16 is Keras'
policy `mixed_bfloat16`, set for everything, as its guide has it.
"""

import sys
from functools import partial

import keras
import tensorflow as tf
from keras import layers

from bench import turns
from bench.checks import SIZE, check_first_losses, check_parameters
from bench.environment import versions
from bench.flop import step_flop
from bench.noise import noise
from pix2pix.base import hardware
from pix2pix.base.scale import to_network

LAMBDA = 100


def downsample(filters: int, size: int, apply_batchnorm: bool = True) -> keras.Sequential:
    """Half the side: convolution, BatchNorm, LeakyReLU."""
    result = keras.Sequential()
    result.add(
        layers.Conv2D(filters, size, strides=2, padding="same", kernel_initializer=initializer(), use_bias=False)
    )
    if apply_batchnorm:
        result.add(layers.BatchNormalization())
    result.add(layers.LeakyReLU())
    return result


def upsample(filters: int, size: int, apply_dropout: bool = False) -> keras.Sequential:
    """Twice the side: transposed convolution, BatchNorm, dropout, ReLU."""
    result = keras.Sequential()
    result.add(
        layers.Conv2DTranspose(
            filters, size, strides=2, padding="same", kernel_initializer=initializer(), use_bias=False
        )
    )
    result.add(layers.BatchNormalization())
    if apply_dropout:
        result.add(layers.Dropout(0.5))
    result.add(layers.ReLU())
    return result


def initializer() -> keras.initializers.Initializer:
    """First convolution weights."""
    return keras.initializers.RandomNormal(0.0, 0.02)


def generator() -> keras.Model:
    """The U-Net: `(batch, 256, 256, 3)` in [-1, 1] to the same."""
    inputs = layers.Input(shape=[256, 256, 3])
    down_stack = [
        downsample(64, 4, apply_batchnorm=False),
        downsample(128, 4),
        downsample(256, 4),
        downsample(512, 4),
        downsample(512, 4),
        downsample(512, 4),
        downsample(512, 4),
        downsample(512, 4),
    ]
    up_stack = [
        upsample(512, 4, apply_dropout=True),
        upsample(512, 4, apply_dropout=True),
        upsample(512, 4, apply_dropout=True),
        upsample(512, 4),
        upsample(256, 4),
        upsample(128, 4),
        upsample(64, 4),
    ]
    last = layers.Conv2DTranspose(3, 4, strides=2, padding="same", kernel_initializer=initializer(), activation="tanh")
    x = inputs
    skips = []
    for down in down_stack:
        x = down(x)
        skips.append(x)
    for up, skip in zip(up_stack, reversed(skips[:-1]), strict=True):
        x = layers.Concatenate()([up(x), skip])
    return keras.Model(inputs=inputs, outputs=last(x))


def discriminator() -> keras.Model:
    """The 70x70 patch discriminator: `[input, target]` to logits `(batch, 30, 30, 1)`."""
    inp = layers.Input(shape=[256, 256, 3])
    tar = layers.Input(shape=[256, 256, 3])
    x = layers.concatenate([inp, tar])
    down1 = downsample(64, 4, False)(x)
    down2 = downsample(128, 4)(down1)
    down3 = downsample(256, 4)(down2)
    zero_pad1 = layers.ZeroPadding2D()(down3)
    conv = layers.Conv2D(512, 4, strides=1, kernel_initializer=initializer(), use_bias=False)(zero_pad1)
    batchnorm1 = layers.BatchNormalization()(conv)
    leaky_relu = layers.LeakyReLU()(batchnorm1)
    zero_pad2 = layers.ZeroPadding2D()(leaky_relu)
    last = layers.Conv2D(1, 4, strides=1, kernel_initializer=initializer())(zero_pad2)
    return keras.Model(inputs=[inp, tar], outputs=last)


class Tutorial:
    """Both networks, their optimisers and the training step."""

    def __init__(self) -> None:
        self.generator, self.discriminator = generator(), discriminator()
        self.generator_optimizer = keras.optimizers.Adam(2e-4, beta_1=0.5)
        self.discriminator_optimizer = keras.optimizers.Adam(2e-4, beta_1=0.5)
        self.loss_object = keras.losses.BinaryCrossentropy(from_logits=True)

    @tf.function
    def train_step(self, input_image: tf.Tensor, target: tf.Tensor) -> dict[str, tf.Tensor]:
        """Update both networks at the same time; float32 `(batch, 256, 256, 3)` in, three losses out."""
        with tf.GradientTape() as gen_tape, tf.GradientTape() as disc_tape:
            gen_output = self.generator(input_image, training=True)
            disc_real_output = self.discriminator([input_image, target], training=True)
            disc_generated_output = self.discriminator([input_image, gen_output], training=True)

            gan_loss = self.loss_object(tf.ones_like(disc_generated_output), disc_generated_output)
            # The cast is for mixed_bfloat16; of float32 it is nothing.
            l1_loss = tf.reduce_mean(tf.abs(target - tf.cast(gen_output, tf.float32)))
            gen_total_loss = gan_loss + LAMBDA * l1_loss

            real_loss = self.loss_object(tf.ones_like(disc_real_output), disc_real_output)
            generated_loss = self.loss_object(tf.zeros_like(disc_generated_output), disc_generated_output)
            disc_loss = real_loss + generated_loss

        generator_gradients = gen_tape.gradient(gen_total_loss, self.generator.trainable_variables)
        discriminator_gradients = disc_tape.gradient(disc_loss, self.discriminator.trainable_variables)
        self.generator_optimizer.apply_gradients(
            zip(generator_gradients, self.generator.trainable_variables, strict=True)
        )
        self.discriminator_optimizer.apply_gradients(
            zip(discriminator_gradients, self.discriminator.trainable_variables, strict=True)
        )
        return {"generator_gan": gan_loss, "generator_l1": l1_loss, "discriminator_loss": disc_loss}


def build(precision: str) -> tuple[turns.Step, turns.About]:
    """Both networks and a step of both on one pair of noise; on a GPU as many, before one looks, as ours does."""
    assert SIZE == 256
    keras.utils.set_random_seed(0)
    keras.config.set_dtype_policy({"float32": "float32", "bfloat16": "mixed_bfloat16"}[precision])
    tutorial = Tutorial()
    check_parameters(tutorial.generator.count_params(), tutorial.discriminator.count_params())
    input_, target = (tf.constant(to_network(half)) for half in noise())
    steps = hardware.steps_a_call()

    def train(times: int) -> dict[str, float]:
        for _ in range(times):
            losses = tutorial.train_step(input_, target)
        return {name: float(loss) for name, loss in losses.items()}

    first = train(1)
    check_first_losses(first)
    flop = step_flop(tutorial.generator, tutorial.discriminator)
    about = {"first_losses": first, "flop": flop, "versions": versions("tensorflow", "keras"), "steps_a_call": steps}
    return partial(train, steps), about


if __name__ == "__main__":
    turns.serve(partial(build, sys.argv[1]))
