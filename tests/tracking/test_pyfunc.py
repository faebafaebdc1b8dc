"""The model that MLflow serves."""

from types import SimpleNamespace

import numpy as np
import pytest
from made_sampler import save_sampler_with_classes
from mlflow.exceptions import MlflowException

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


def test_what_cannot_be_used_is_the_callers_mistake(tmp_path):
    """MLflow's server makes such an exception an answer with this status and these words."""
    served = GeneratorModel()
    folder = save_sampler_with_classes(tmp_path / "generator")
    served.load_context(SimpleNamespace(artifacts={"generator": str(folder)}))
    asked = {"noise": np.zeros((1, 5), np.float32), "class_id": np.array([7], np.int32)}
    with pytest.raises(MlflowException, match=r"^class 7: this model makes pictures of one of") as raised:
        served.predict(None, asked)
    assert raised.value.get_http_status_code() == 400
