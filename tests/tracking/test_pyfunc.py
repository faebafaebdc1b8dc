"""The model that MLflow serves."""

from types import SimpleNamespace

import numpy as np

from pix2pix.models.translator import Translator
from pix2pix.tracking.pyfunc import GeneratorModel


def test_a_request_may_name_the_seed(tiny_model):
    served, translator = GeneratorModel(), Translator.load(tiny_model)
    served.load_context(SimpleNamespace(artifacts={"generator": str(tiny_model)}))
    pictures = np.random.default_rng(0).integers(0, 256, (2, 32, 32, 3), np.uint8)
    for params, seed in ((None, 0), ({}, 0), ({"seed": 3}, 3)):
        wanted = np.stack([translator(picture, seed=seed) for picture in pictures])
        np.testing.assert_array_equal(served.predict(None, pictures, params), wanted)
    assert (translator(pictures[0], seed=0) != translator(pictures[0], seed=3)).any()
