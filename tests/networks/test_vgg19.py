"""VGG19's maps against Keras' own network."""

import keras
import numpy as np
import pytest

from pix2pix.base.errors import DataError
from pix2pix.networks.vgg19 import LAYERS, VGG19


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    """A network as Keras publishes it, and its file; nobody has trained it."""
    keras.utils.set_random_seed(3)
    model = keras.applications.VGG19(include_top=False, weights=None)
    path = tmp_path_factory.mktemp("vgg19") / "own.weights.h5"
    model.save_weights(path)
    return model, path


@pytest.mark.slow
def test_maps_are_those_of_keras_network_at_another_scale(published):
    model, path = published
    photo = np.random.default_rng(0).integers(0, 256, (1, 32, 32, 3)).astype(np.float32)
    maps = VGG19(str(path))(photo / 127.5 - 1)
    assert [each.shape[1] for each in maps] == [32, 16, 8, 4, 2]
    for name, found in zip(LAYERS, maps, strict=True):
        part = keras.Model(model.input, model.get_layer(name).output)
        expected = np.asarray(part(keras.applications.vgg19.preprocess_input(photo.copy()))) / 127.5
        np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-5 * expected.max())


def test_another_file_is_refused_in_one_line(tmp_path):
    path = tmp_path / "own.weights.h5"
    path.write_text("no weights")
    with pytest.raises(DataError, match=r"^model.vgg_weights = .*; name one of Keras' VGG19 without its top$"):
        VGG19(str(path))
