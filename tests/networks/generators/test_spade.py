"""SPADE's generator and OASIS' against the sources' numbers, and against plain operations."""

import by_hand
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

from pix2pix.data.labels import CMP, palette
from pix2pix.networks import folder
from pix2pix.networks.generators.spade import OASIS, SPADE, SpadeStyle, generator
from pix2pix.networks.inference import GeneratorInUse

SMALL = SpadeStyle(0, features=3)
MAPS = np.random.default_rng(0).integers(0, 256, (2, 64, 64, 3), np.uint8)


def colours(count):
    return palette({f"class {number}": (number, 2 * number, 255 - number) for number in range(count)})


def counted(blocks, given, features=128):
    """Every kernel and bias of SPADE's generator of 64 filters, for a map of so many channels."""

    def norm(channels):
        return (9 * given + 1) * features + 2 * (9 * features + 1) * channels

    total, x = (9 * given + 1) * 1024, 1024
    for times in blocks:
        filters = 64 * times
        inner = min(x, filters)
        total += norm(x) + (9 * x + 1) * inner + norm(inner) + (9 * inner + 1) * filters
        total += norm(x) + x * filters if x != filters else 0
        x = filters
    return total + (9 * 64 + 1) * 3


def test_the_parameters_of_the_full_networks():
    """SPADE's code prints 93.0 million for Cityscapes (35 classes and edges); OASIS' paper says 72 million."""
    spade = by_hand.parameters(lambda: generator((256, 512), classes=colours(35), instances=True))
    assert spade == counted([times for times, _ in SPADE], 36) == 93_048_003
    oasis = by_hand.parameters(lambda: generator((256, 512), classes=colours(35), blocks=OASIS, noise=64))
    assert oasis == counted([times for times, _ in OASIS], 35 + 64) == 71_107_523


@pytest.mark.parametrize(("batch_norm", "instances"), [(True, True), (False, False)])
def test_it_is_the_network_of_the_source(batch_norm, instances):
    style = SpadeStyle(0, features=3, batch_norm=batch_norm)
    model = generator((64, 64), style, 2, classes=CMP, instances=instances)
    by_hand.settle(model)
    pictures, ids = MAPS.astype(np.float32) / 127.5 - 1, np.random.default_rng(1).integers(0, 2, (2, 64, 64))
    seen = by_hand.one_hot(pictures, CMP)
    planes = tf.concat([seen, by_hand.edges(ids)], -1) if instances else seen
    expected = by_hand.spade(by_hand.taken(model), planes, (7, (2, 4, 5, 6, 7)), batch_norm)
    scaled = (ids[..., None] / 32767.5 - 1).astype(np.float32)
    made = model([pictures, scaled] if instances else pictures, training=True)
    np.testing.assert_allclose(made, expected, rtol=2e-3, atol=1e-4)
    assert float(tf.math.reduce_std(made)) > 1e-4


def test_first_weights_are_those_of_the_code():
    """Xavier's normal weights of gain 0.02: the standard deviation is 0.02 √(2 / (in + out)), times 9 pixels each."""
    kernel = generator((64, 64), filters=8).get_layer("block_1_a_gamma_conv").kernel.numpy()
    assert kernel.std() == pytest.approx(0.02 * np.sqrt(2 / (9 * 128 + 9 * 128)), rel=0.01)


# ---- in use: the picture is a function of the map and the seed ----


@pytest.fixture(scope="module")
def noisy():
    """A generator with noise, after a step of training, whose weights are large enough to see the noise."""
    model = generator((32, 64), SMALL, 2, OASIS, classes=CMP, noise=4)
    for weight in model.trainable_weights:
        weight.assign(weight * 30)
    model(MAPS[:, :32].astype(np.float32) / 127.5 - 1, training=True)
    return model


def test_noise_is_a_number_for_each_channel_and_seed(noisy):
    used, map_ = GeneratorInUse(noisy), MAPS[0, :32]
    first, again, other = used(map_, 1), used(map_, 1), used(map_, 2)
    np.testing.assert_array_equal(first, again)
    assert np.abs(first.astype(int) - other).mean() > 1
    off = GeneratorInUse(noisy, dropout=False)
    np.testing.assert_array_equal(off(map_, 1), off(map_, 2))
    planes = [layer for layer in noisy.layers if layer.name == "noise_planes"]
    assert planes[0].output.shape[1:] == (32, 64, 4)


def test_it_is_the_same_when_it_is_saved_and_frozen(noisy, tmp_path):
    folder.save(noisy, tmp_path / "model", {})
    loaded, _ = folder.load(tmp_path / "model")
    assert not [layer for layer in loaded.layers if hasattr(layer, "direction")]
    used, map_ = GeneratorInUse(noisy), MAPS[0, :32]
    answer = used(map_, 7)
    saved = GeneratorInUse(loaded)(map_, 7)
    assert np.abs(answer.astype(int) - saved).max() <= 1
    frozen = used.frozen(7)(tf.constant(MAPS[:, :32])).numpy()
    assert np.abs(frozen[0].astype(int) - answer).max() <= 1
    # Whatever else is in the batch, and however often the model is used.
    np.testing.assert_array_equal(used(map_, 7), answer)


def test_it_normalises_by_no_weights(noisy):
    norms = [layer for layer in noisy.layers if isinstance(layer, layers.BatchNormalization)]
    assert len(norms) == 2 * len(OASIS) + 4 and not any(layer.trainable_weights for layer in norms)
