import numpy as np
import pytest
from tiny import save_generator

from pix2pix.base.errors import DataError
from pix2pix.evaluation.integrity import unchanged
from pix2pix.models.translator import Translator


@pytest.fixture
def model(tmp_path):
    return save_generator(tmp_path / "generator")


def test_use_changes_nothing(model):
    """Not even the moving averages, which Keras' own training mode moves with every picture it sees."""
    ways = Translator.load_each_way(model)
    with unchanged([model], ways):
        for translator in ways.values():
            translator(np.full((32, 32, 3), 200, np.uint8), seed=3)


def test_a_file_that_changes_is_told(model):
    with pytest.raises(DataError, match=r"generator/about\.json: changed while"), unchanged([model], {}):
        (model / "about.json").write_text("{}", encoding="utf-8")


@pytest.mark.parametrize("name", ["about.json", "new"])
def test_a_file_that_comes_or_goes_is_told(model, name):
    path = model / "last" / "new" if name == "new" else model / name
    with pytest.raises(DataError, match=f"{path.name}: changed"), unchanged([model], {}):
        if name == "new":
            path.parent.mkdir()
            path.write_bytes(b"")
        else:
            path.unlink()


def test_weights_that_change_are_told(model):
    ways = Translator.load_each_way(model)
    with pytest.raises(DataError, match="the weights of moving_averages: changed"), unchanged([model], ways):
        kernel = ways["moving_averages"]._generator._model.get_layer("down_1_conv").kernel
        kernel.assign(kernel * 1.001)


def test_an_error_of_the_block_comes_first(model):
    with pytest.raises(KeyError), unchanged([model], {}):
        (model / "about.json").unlink()
        raise KeyError
