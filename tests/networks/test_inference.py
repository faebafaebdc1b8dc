import keras
import numpy as np
import pytest
import tensorflow as tf

from pix2pix.networks.blocks import Style
from pix2pix.networks.generators.unet import generator
from pix2pix.networks.inference import GeneratorInUse, dropout_layers, inference_form, set_dropout_seed
from pix2pix.networks.portable import portable
from pix2pix.networks.weights import copy_weights


def scattered(seed, size=32):
    """A generator whose normalisations no longer are what they began as: scale, offset and averages differ."""
    model = generator((size, size), Style(seed, norm_epsilon=1e-2), filters=4)
    random = np.random.default_rng(seed)
    for layer in model.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.set_weights([random.uniform(0.5, 2, weight.shape) for weight in layer.get_weights()])
        elif hasattr(layer, "kernel"):
            layer.kernel.assign(layer.kernel * 5)
    return model


@pytest.fixture(scope="module")
def trained():
    return scattered(0)


@pytest.fixture(scope="module")
def used(trained):
    return inference_form(trained)


@pytest.fixture(scope="module")
def batch():
    return tf.constant(np.random.default_rng(1).uniform(-1, 1, (3, 32, 32, 3)), tf.float32)


def answer(used, pictures, seed=0):
    set_dropout_seed(used, seed)
    return used(pictures, training=True).numpy()


def copied(model):
    copy = keras.models.clone_model(model)
    copy.set_weights(model.get_weights())
    return copy


def test_it_is_the_training_mode_at_batch_1(trained, batch):
    """Each picture normalised by its own statistics (paper section 3.3), compared without dropout."""
    plain, used = copied(trained), inference_form(trained)
    for layer in dropout_layers(plain) + dropout_layers(used):
        layer.rate = 0.0
    for picture in tf.split(batch, 3):
        expected = plain(picture, training=True).numpy()
        np.testing.assert_allclose(answer(used, picture), expected, atol=2e-5)
        assert not np.allclose(plain(picture, training=False).numpy(), expected, atol=1e-2)  # averages would differ


def test_with_dropout_too_it_is_the_training_mode_at_batch_1(trained, used, batch):
    copy = copied(trained)
    set_dropout_seed(copy, 5)
    expected = copy(batch[:1], training=True).numpy()
    np.testing.assert_allclose(answer(used, batch[:1], 5), expected, atol=2e-5)


def test_a_picture_does_not_depend_on_those_beside_it(used, batch):
    together = answer(used, batch)
    for number in range(3):
        np.testing.assert_allclose(answer(used, batch[number : number + 1])[0], together[number], atol=2e-5)
    np.testing.assert_allclose(answer(used, batch[::-1])[::-1], together, atol=2e-5)


def test_masks_follow_from_the_seed_and_nothing_else(used, batch):
    first = answer(used, batch, 1)
    other = answer(used, batch, 2)
    used(batch, training=True)  # moves Keras' own counters on
    np.testing.assert_array_equal(answer(used, batch, 1), first)
    assert np.abs(other - first).max() > 1e-3


def test_every_dropout_layer_has_masks_of_its_own(used):
    set_dropout_seed(used, 0)
    states = [tuple(np.array(layer.seed_generator.state)) for layer in dropout_layers(used)]
    assert len(states) == len(set(states)) == 3


def test_dropout_is_on_and_drops_half(used):
    set_dropout_seed(used, 0)
    ones = tf.ones((2, 2, 2, 32))
    layer = dropout_layers(used)[0]
    dropped = layer(ones, training=True).numpy()
    assert set(np.unique(dropped)) == {0.0, 2.0}
    assert (dropped == 0).mean() == pytest.approx(0.5, abs=0.2)
    np.testing.assert_array_equal(dropped[0], dropped[1])  # the same masks for every picture of a batch


def test_use_does_not_change_the_trained_model(batch):
    trained = scattered(3)
    before = [weight.tobytes() for weight in trained.get_weights()]
    used = inference_form(trained)
    answer(used, batch, 9)
    used.get_layer("down_1_conv").kernel.assign(used.get_layer("down_1_conv").kernel * 0)
    assert [weight.tobytes() for weight in trained.get_weights()] == before


def test_weights_are_brought_up_to_date(trained, batch):
    later = scattered(4)
    used = inference_form(trained)
    stale = answer(used, batch)
    copy_weights(later, used)
    np.testing.assert_array_equal(answer(used, batch), answer(inference_form(later), batch))
    assert np.abs(answer(used, batch) - stale).max() > 1e-3


def test_moving_averages_instead_of_a_pictures_own_statistics(trained, batch):
    """Without dropout that is the model as Keras uses it after training."""
    used = inference_form(trained, moving_averages=True)
    for layer in dropout_layers(used):
        layer.rate = 0.0
    np.testing.assert_allclose(answer(used, batch), trained(batch, training=False).numpy(), atol=2e-5)
    assert not np.allclose(answer(used, batch), answer(inference_form(trained), batch), atol=1e-2)


def test_no_use_moves_the_moving_averages(trained, batch):
    used = inference_form(trained, moving_averages=True)
    before = [weight.tobytes() for weight in used.get_weights()]
    first = answer(used, batch, 1)
    assert [weight.tobytes() for weight in used.get_weights()] == before
    assert np.abs(answer(used, batch, 2) - first).max() > 1e-3  # dropout is on
    np.testing.assert_array_equal(answer(used, batch, 1), first)


def test_moving_averages_are_brought_up_to_date(trained, batch):
    later = scattered(4)
    used = inference_form(trained, moving_averages=True)
    copy_weights(later, used)
    np.testing.assert_array_equal(answer(used, batch), answer(inference_form(later, moving_averages=True), batch))


def test_dropout_can_be_off(trained):
    picture = np.random.default_rng(2).integers(0, 256, (32, 32, 3), dtype=np.uint8)
    without = inference_form(trained)
    for layer in dropout_layers(without):
        layer.rate = 0.0
    expected = answer(without, tf.constant(picture[None] / 127.5 - 1, tf.float32))[0]
    off = GeneratorInUse(trained, dropout=False)
    assert np.abs(off(picture, 1) - (expected + 1) * 127.5).max() <= 0.51
    np.testing.assert_array_equal(off(picture, 1), off(picture, 2))


def test_a_digest_is_of_the_weights(trained):
    picture = np.zeros((32, 32, 3), np.uint8)
    used = GeneratorInUse(trained)
    before = used.digest()
    used(picture, 1)
    assert used.digest() == before == GeneratorInUse(copied(trained)).digest()
    used.refresh(scattered(8))
    assert used.digest() != before


def test_nothing_but_layers_of_keras(used, batch):
    """So that a saved architecture can be loaded without this source."""
    again = keras.models.model_from_json(portable(used).to_json())
    again.set_weights(used.get_weights())
    np.testing.assert_allclose(answer(again, batch), answer(used, batch), atol=1e-5)


def test_in_bfloat16_a_seed_draws_the_same_masks(trained):
    low, high = (inference_form(trained, precision=precision) for precision in ("bfloat16", "float32"))
    for ours, theirs in zip(dropout_layers(low), dropout_layers(high), strict=True):
        for form in (low, high):
            set_dropout_seed(form, 7)
        one = tf.ones((1, *theirs.output.shape[1:]))
        np.testing.assert_array_equal(ours(one, training=True), theirs(one, training=True))


def test_in_bfloat16_a_picture_differs_by_little(trained):
    picture = np.random.default_rng(2).integers(0, 256, (32, 32, 3), dtype=np.uint8)
    low, high = GeneratorInUse(trained, precision="bfloat16"), GeneratorInUse(trained)
    difference = np.abs(low(picture, 7).astype(int) - high(picture, 7))
    other_masks = np.abs(high(picture, 8).astype(int) - high(picture, 7))
    assert 0 < difference.mean() < 3 < other_masks.mean()


def test_a_generator_in_use_takes_and_gives_pictures(trained):
    picture = np.random.default_rng(2).integers(0, 256, (32, 32, 3), dtype=np.uint8)
    copy = copied(trained)
    set_dropout_seed(copy, 7)
    expected = copy(tf.constant(picture[None] / 127.5 - 1, tf.float32), training=True).numpy()[0]
    generator_in_use = GeneratorInUse(trained)
    generated = generator_in_use(picture, 7)
    assert generated.dtype == np.uint8
    assert np.abs(generated - (expected + 1) * 127.5).max() <= 0.51  # rounded, not cut off
    later = scattered(8)
    generator_in_use.refresh(later)
    np.testing.assert_array_equal(generator_in_use(picture, 7), GeneratorInUse(later)(picture, 7))
    assert np.abs(generator_in_use(picture, 7).astype(int) - generated).max() > 10
