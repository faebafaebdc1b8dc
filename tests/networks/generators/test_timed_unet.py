"""The U-Net with time against plain operations, and its parameters counted by hand."""

import by_hand
import numpy as np
import pytest
import tensorflow as tf

from pix2pix.data.labels import CMP
from pix2pix.networks.blocks import Style
from pix2pix.networks.generators.timed_unet import generator


def conv(inputs, outputs, kernel=3):
    return kernel**2 * inputs * outputs + outputs


def block(inputs, outputs, code):
    shortcut = conv(inputs, outputs, 1) if inputs != outputs else 0
    return conv(inputs, outputs) + (code * outputs + outputs) + conv(outputs, outputs) + shortcut


@pytest.mark.parametrize(("channels", "classes", "seen"), [((3, 3), None, 6), ((1, 3), None, 4), ((3, 3), CMP, 15)])
def test_the_parameters_by_hand(channels, classes, seen):
    """Levels of 24, 48, 96, 192 filters; the time is 32 waves and 96 features."""
    encoder = conv(seen, 24) + block(24, 24, 96)
    encoder += sum(conv(each // 2, each) + block(each, each, 96) for each in (48, 96, 192))
    decoder = sum(conv(2 * each, each) + block(2 * each, each, 96) for each in (96, 48, 24))
    expected = (32 * 96 + 96) + encoder + block(192, 192, 96) + decoder + conv(24, channels[1])
    found = by_hand.parameters(lambda: generator((128, 128), Style(0), 24, 4, channels, classes))
    assert found == expected


def test_a_side_is_halved_as_often_as_it_can_be():
    shallow = generator((6, 12), Style(0), 2, 4)
    assert {layer.name for layer in shallow.layers if layer.name.startswith("down_")} == {"down_1_conv"}
    assert shallow.output_shape == (None, 6, 12, 3)


def test_it_begins_with_answers_of_0_and_hears_the_time_when_it_has_learned():
    model = generator((8, 8), Style(0), 2, 2)
    random = np.random.default_rng(0)
    state, given = (random.uniform(-1, 1, (2, 8, 8, 3)).astype(np.float32) for _ in range(2))
    asked = [state, np.float32([[0.1], [0.9]]), given]
    assert not np.asarray(model(asked)).any()
    for weight in model.trainable_weights:
        weight.assign(random.uniform(-0.5, 0.5, weight.shape))
    answers = [np.asarray(model([state, np.full((2, 1), time, np.float32), given])) for time in (0.1, 0.9)]
    np.testing.assert_allclose(model(asked), [answers[0][0], answers[1][1]], atol=1e-5)
    assert not np.allclose(answers[0], answers[1], atol=1e-2)


def test_a_forward_pass_is_that_of_plain_operations():
    model = generator((8, 12), Style(3), 4, 2, (3, 3), CMP)
    random = np.random.default_rng(1)
    for weight in model.trainable_weights:
        weight.assign(random.uniform(-0.3, 0.3, weight.shape))
    state = tf.constant(random.uniform(-1, 1, (2, 8, 12, 3)), tf.float32)
    labels = CMP.paint(random.integers(0, 12, (2, 8, 12)).astype(np.uint8))
    given, time = tf.constant(labels / 127.5 - 1, tf.float32), tf.constant([[0.0], [0.625]])
    expected = by_hand.timed_unet(by_hand.taken(model), [state, time, by_hand.one_hot(given, CMP)], levels=2)
    np.testing.assert_allclose(model([state, time, given]), expected, rtol=1e-4, atol=1e-4)
