"""pix2pix with the networks of the course's colourisation: their sizes, and one step by hand."""

from itertools import pairwise

import made_examples
import numpy as np
import pytest
import tensorflow as tf
from conftest import trained_with

from pix2pix.networks.discriminators.patch import discriminator
from pix2pix.networks.generators.unet import generator
from pix2pix.networks.inference import dropout_layers
from pix2pix.systems import pix2pix
from pix2pix.training.draw import Draw
from pix2pix.training.play import play

COURSE = {"generator_depth": 3, "bottleneck_norm": True, "decoder_norm": False, "receptive_field": 94}
SIZE, LEAK, EPSILON, LAMBDA = 16, 0.3, 1e-3, 100


def system(params, seed, colour_space="rgb"):
    settings = params.model.model_copy(update={"colour_space": colour_space})
    task = made_examples.task("picture", "picture", SIZE, channels=(1, 3))
    return pix2pix.Pix2Pix(settings, "float32", task, seed)


def test_the_generator_of_512_has_the_parameters_of_the_paper():
    made = generator((512, 512), channels=(1, 3), bottleneck_norm=True, depth=8, decoder_norm=False)
    down = [1, 64, 128, 256, 512, 512, 512, 512, 512]
    # Each decoder block reads what the block before it made, and the encoder's features of the same size.
    up = [(512, 512), (1024, 512), (1024, 512), (1024, 512), (1024, 256), (512, 128), (256, 64)]
    kernels = sum(16 * given * made for given, made in [*pairwise(down), *up])
    norms = 4 * sum(down[2:])  # scale, offset, and two moving averages; none on the first block and in the decoder
    assert made.count_params() == kernels + norms + 16 * 128 * 3 + 3 == 54_413_827
    assert [layer.filters for layer in made.layers if layer.name.startswith("down_") and "conv" in layer.name] == down[
        1:
    ]
    assert made.get_layer("down_8_conv").output.shape[1:3] == (2, 2)
    assert [layer.name for layer in dropout_layers(made)] == [f"up_{number}_dropout" for number in (1, 2, 3)]


def test_the_discriminator_of_512_answers_with_32x32():
    made = discriminator((512, 512), receptive_field=94, channels=(1, 3))
    widths = [4, 64, 128, 128, 128]
    kernels = sum(16 * given * made for given, made in pairwise(widths))
    assert made.count_params() == kernels + 4 * 3 * 128 + 16 * 128 + 1 == 663_041
    assert made.output_shape == (None, 32, 32, 1)


def test_an_answer_of_the_discriminator_sees_94_pixels():
    """The gradient of one answer in the middle reaches a square of 94x94."""
    made = discriminator((192, 192), filters=1, receptive_field=94, conditional=False)
    for layer in made.layers:
        layer.set_weights([np.ones_like(weight) for weight in layer.get_weights()])
    picture = tf.Variable(tf.ones((1, 192, 192, 3)))
    with tf.GradientTape() as tape:
        answer = made(picture, training=False)[0, 6, 6, 0]
    seen = np.abs(tape.gradient(answer, picture).numpy()[0]).sum(-1) > 0
    assert [np.flatnonzero(seen.any(axis)).size for axis in (0, 1)] == [94, 94]


# --- One step, with TensorFlow's own convolutions ----------------------------------------------------------


def normed(x, gamma, beta):
    mean, variance = tf.nn.moments(x, [0, 1, 2])
    return (x - mean) / tf.sqrt(variance + EPSILON) * gamma + beta


def halved(x, kernel):
    return tf.nn.conv2d(x, kernel, 2, "SAME")


def doubled(x, kernel):
    shape = [x.shape[0], 2 * x.shape[1], 2 * x.shape[2], kernel.shape[2]]
    return tf.nn.conv2d_transpose(x, kernel, shape, 2, "SAME")


def generated(x, weights, masks):
    """The U-Net of depth 3: kernels of the encoder with the norms of blocks 2 and 3, of the decoder, of the output."""
    first, second, gamma_2, beta_2, third, gamma_3, beta_3, up_1, up_2, last, offset = weights
    one = tf.nn.leaky_relu(halved(x, first), LEAK)
    two = tf.nn.leaky_relu(normed(halved(one, second), gamma_2, beta_2), LEAK)
    three = tf.nn.leaky_relu(normed(halved(two, third), gamma_3, beta_3), LEAK)
    back = tf.concat([tf.nn.relu(doubled(three, up_1) * masks[0]), two], -1)
    back = tf.concat([tf.nn.relu(doubled(back, up_2) * masks[1]), one], -1)
    return tf.tanh(doubled(back, last) + offset)


def judged(x, picture, weights):
    first, second, gamma_2, beta_2, third, gamma_3, beta_3, fourth, gamma_4, beta_4, last, offset = weights
    y = tf.nn.leaky_relu(halved(tf.concat([x, picture], -1), first), LEAK)
    for kernel, gamma, beta in ((second, gamma_2, beta_2), (third, gamma_3, beta_3), (fourth, gamma_4, beta_4)):
        y = tf.nn.leaky_relu(normed(halved(y, kernel), gamma, beta), LEAK)
    return tf.nn.conv2d(y, last, 1, "SAME") + offset


def trainable(network):
    return [tf.Variable(weight.numpy()) for weight in network.trainable_variables]


def cross_entropy(logits, real):
    return tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(tf.fill(logits.shape, float(real)), logits))


def after_adam(weight, gradient, rate=2e-4, beta_1=0.5, beta_2=0.999):
    """The first step of Adam; its moments begin at 0."""
    step = rate * np.sqrt(1 - beta_2) / (1 - beta_1)
    return weight - step * (1 - beta_1) * gradient / (np.sqrt((1 - beta_2) * gradient**2) + 1e-7)


def test_one_step_is_that_of_networks_written_out():
    made = system(trained_with(generator_filters=4, discriminator_filters=4, **COURSE), 1)
    # The first weights are so small that a norm of 1x1 maps would be all that is seen; larger ones tell more.
    for player in made.players.values():
        for weight in player.variables:
            weight.assign(np.random.default_rng(len(weight.path)).normal(0.5, 0.5, weight.shape) / 2)
    weights, judge = trainable(made.generator), trainable(made.discriminator)
    random = np.random.default_rng(0)
    batch = {
        "input": tf.constant(random.uniform(-1, 1, (2, SIZE, SIZE, 1)), tf.float32),
        "target": tf.constant(random.uniform(-1, 1, (2, SIZE, SIZE, 3)), tf.float32),
    }
    draw = Draw(3, tf.constant(0))
    draw.dropout(made.generator)
    masks = [layer(tf.ones((2, *layer.output.shape[1:])), training=True) for layer in dropout_layers(made.generator)]

    with tf.GradientTape(persistent=True) as tape:
        picture = generated(batch["input"], weights, masks)
        verdict, real = judged(batch["input"], picture, judge), judged(batch["input"], batch["target"], judge)
        distance = tf.reduce_mean(tf.abs(batch["target"] - picture))
        persuasion = cross_entropy(verdict, True)
        generator_loss = persuasion + LAMBDA * distance
        discriminator_loss = cross_entropy(real, True) + cross_entropy(verdict, False)
    expected = {
        "generator": (weights, tape.gradient(generator_loss, weights)),
        "discriminator": (judge, tape.gradient(discriminator_loss, judge)),
    }

    losses = play(made, batch, draw)
    assert float(losses["generator_l1"]) == pytest.approx(float(distance), rel=1e-5)
    assert float(losses["generator_gan"]) == pytest.approx(float(persuasion), rel=1e-4)
    assert float(losses["discriminator_loss"]) == pytest.approx(float(discriminator_loss), rel=1e-4)
    for name, (before, gradients) in expected.items():
        for weight, old, gradient in zip(made.players[name].variables, before, gradients, strict=True):
            told = gradient.numpy()
            sure = np.abs(told) > 1e-3 * np.abs(told).max()  # Adam's first step is the sign of the gradient
            np.testing.assert_allclose(
                weight.numpy()[sure], after_adam(old.numpy(), told)[sure], rtol=0, atol=2e-6, err_msg=weight.path
            )
