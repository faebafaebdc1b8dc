import keras
import numpy as np
import pytest
from keras import layers

from pix2pix.networks import folder
from pix2pix.networks.classifier import classifier
from pix2pix.networks.folding import folded
from pix2pix.networks.portable import portable


def learned(model: keras.Model, seed: int = 0) -> keras.Model:
    """Give all weights and moving averages values as after some training."""
    random = np.random.default_rng(seed)
    model.set_weights([np.abs(random.normal(0.2, 0.1, weight.shape)) for weight in model.get_weights()])
    return model


@pytest.mark.parametrize(("size", "blocks"), [((32, 32), 3), ((64, 64), 4), ((64, 128), 4)])
def test_blocks_of_stride_2_bring_a_picture_down_to_4_pixels(size, blocks):
    model = classifier(size, 3, filters=2)
    assert model(np.zeros((2, *size, 3)), training=False).shape == (2, 3)
    assert len([layer for layer in model.layers if isinstance(layer, layers.Add)]) == blocks
    assert min(model.get_layer("mean").input.shape[1:3]) == 4


def test_the_parameters_are_those_of_the_layers_by_hand():
    """64x64, two classes: a stem of f, blocks of 2f, 4f, 8f, 8f; each has 3x3, 3x3, a 2x2 shortcut and three norms."""
    f = 24
    expected = 3 * 9 * f + 4 * f + (8 * f + 1) * 2
    for before, after in [(f, 2 * f), (2 * f, 4 * f), (4 * f, 8 * f), (8 * f, 8 * f)]:
        expected += 9 * before * after + 9 * after * after + 4 * before * after + 3 * 4 * after
    assert classifier((64, 64), 2, f).count_params() == expected


def test_nothing_is_preferred_at_first_and_the_seed_decides_the_weights():
    one, same, other = (classifier((32, 32), 3, 2, seed) for seed in (1, 1, 2))
    assert not one(np.random.default_rng(0).uniform(-1, 1, (1, 32, 32, 3)), training=False).numpy().any()
    weights = [model.get_layer("block_1a_conv").kernel.numpy() for model in (one, same, other)]
    assert np.array_equal(*weights[:2]) and not np.array_equal(*weights[1:])


def test_it_is_saved_and_loaded_and_folded(tmp_path):
    model = learned(classifier((32, 32), 3, 2))
    pictures = np.random.default_rng(1).uniform(-1, 1, (4, 32, 32, 3)).astype(np.float32)
    logits = model(pictures, training=False).numpy()
    folder.save(model, tmp_path / "classifier", {"classes": ["a", "b", "c"]})
    loaded, about = folder.load(tmp_path / "classifier")
    assert about["classes"] == ["a", "b", "c"]
    np.testing.assert_array_equal(loaded(pictures, training=False), portable(model)(pictures, training=False))
    np.testing.assert_allclose(loaded(pictures, training=False), logits, rtol=1e-6)
    np.testing.assert_allclose(folded(loaded)(pictures, training=False), logits, rtol=1e-4)
