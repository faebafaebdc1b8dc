"""Exported models against the translator, each run by the library it is for, in a process without this project."""

import json
import subprocess
import sys

import made_examples
import made_instances
import numpy as np
import pytest
import tensorflow as tf
from tiny import ABOUT, speaking

from pix2pix.base.errors import UserError
from pix2pix.data.labels import CMP
from pix2pix.models import export
from pix2pix.models.translator import Translator
from pix2pix.networks import folder
from pix2pix.networks.generators import spade
from pix2pix.networks.generators.spade import SpadeStyle
from pix2pix.networks.generators.unet import generator

PICTURES = np.random.default_rng(3).integers(0, 256, (3, 32, 32, 3), dtype=np.uint8)
STRANGER = """
import sys
import numpy as np
pictures, folder = np.load(sys.argv[1]), sys.argv[2]
def savedmodel():
    import tensorflow as tf
    return tf.saved_model.load(folder).signatures["serving_default"](pictures=tf.constant(pictures))["translated"]
def onnx():
    import onnxruntime
    return onnxruntime.InferenceSession(f"{folder}/model.onnx").run(None, {"pictures": pictures})[0]
def litert():
    import tensorflow as tf
    run = tf.lite.Interpreter(f"{folder}/model.tflite").get_signature_runner()
    return np.concatenate([run(pictures=picture[None])["translated"] for picture in pictures])
np.save(sys.argv[1], np.asarray(locals()[sys.argv[3]]()))
assert not any(name.startswith("pix2pix") for name in sys.modules)
"""


@pytest.fixture(scope="module")
def trained():
    """A generator all of whose weights speak, the moving averages too."""
    return speaking(generator((32, 32), filters=4))


@pytest.mark.parametrize("format_", export.FORMATS)
def test_an_export_answers_as_the_translator_does(tmp_path, trained, format_):
    translator = Translator(trained, ABOUT)
    export.export(translator, tmp_path / "out", format_, seed=5)
    np.save(tmp_path / "pictures.npy", PICTURES)
    words = [tmp_path / "pictures.npy", tmp_path / "out", format_]
    subprocess.run([sys.executable, "-c", STRANGER, *words], check=True, cwd=tmp_path, capture_output=True)
    answers = np.load(tmp_path / "pictures.npy")
    expected = np.stack([translator(picture, seed=5) for picture in PICTURES])
    assert answers.dtype == np.uint8
    assert np.abs(answers.astype(int) - expected).max() <= 1
    assert np.abs(expected.astype(int) - translator(PICTURES[0], seed=6)).max() > 1, "another seed is another answer"
    about = json.loads((tmp_path / "out/about.json").read_text())
    assert about == ABOUT.told() | {"dropout_seed": 5, "exported_as": format_}


@pytest.mark.parametrize("format_", export.FORMATS)
def test_a_generator_for_label_and_instance_maps_is_exported_with_its_noise(tmp_path, format_):
    """As it is loaded: a saved model's kernels are divided by their spectral norm. Few blocks: each takes a second."""
    blocks = (2, False), (1, True)
    style = SpadeStyle(0, features=3)
    trained = spade.generator((32, 32), style, 2, blocks, classes=CMP, noise=3, instances=True)
    for weight in trained.trainable_weights:
        weight.assign(weight * 30)  # large enough to see the noise
    ids = np.random.default_rng(5).integers(0, 2, (len(PICTURES), 32, 32, 1), np.uint16)
    trained([PICTURES.astype(np.float32) / 127.5 - 1, ids / np.float32(32767.5) - 1], training=True)
    described = ABOUT.model_copy(update={"fields": made_instances.TASK.fields})
    folder.save(trained, tmp_path / "model", described.told())
    translator = Translator.load(tmp_path / "model")
    export.export(translator, tmp_path / "out", format_, seed=5)
    answers = export.FORMATS[format_][1](tmp_path / "out")({"pictures": PICTURES[:2], "instances": ids[:2]})
    pairs = [*zip(PICTURES[:2], ids[:2], strict=True)]
    expected = np.stack([translator(picture, seed=5, instances=its) for picture, its in pairs]).astype(int)
    assert np.abs(answers.astype(int) - expected).max() <= 1 and expected.std() > 1
    assert np.abs(expected[0] - translator(PICTURES[0], seed=6, instances=ids[0])).max() > 1
    assert np.abs(expected[0] - translator(PICTURES[0], seed=5, instances=ids[1])).max() > 1


def test_a_rectangle_of_other_channels_is_exported(tmp_path):
    made = ABOUT.model_copy(update={"fields": made_examples.task("picture", "picture", (32, 64), (1, 4)).fields})
    translator = Translator(generator((32, 64), filters=4, channels=(1, 4)), made)
    export.export(translator, tmp_path / "out", "savedmodel", seed=5)
    pictures = np.random.default_rng(3).integers(0, 256, (3, 32, 64, 1), dtype=np.uint8)
    answers = export.FORMATS["savedmodel"][1](tmp_path / "out")({"pictures": pictures})
    assert answers.shape == (3, 32, 64, 4)
    expected = np.stack([translator(picture, seed=5) for picture in pictures])
    assert np.abs(answers.astype(int) - expected).max() <= 1


@pytest.mark.parametrize("way", [{"dropout": False}, {"moving_averages": True}])
def test_the_way_a_model_is_used_is_baked_in(tmp_path, trained, way):
    translator = Translator(trained, ABOUT, **way)
    export.export(translator, tmp_path / "out", "savedmodel", seed=0)
    answers = export.FORMATS["savedmodel"][1](tmp_path / "out")({"pictures": PICTURES})
    expected = np.stack([translator(picture) for picture in PICTURES])
    assert np.abs(answers.astype(int) - expected).max() <= 1
    assert np.abs(answers.astype(int) - np.stack([Translator(trained, ABOUT)(p) for p in PICTURES])).max() > 1


def test_an_export_that_answers_otherwise_is_not_written(tmp_path, trained, monkeypatch):
    write, _ = export.FORMATS["savedmodel"]
    wrong = (write, lambda _: lambda given: given["pictures"])
    monkeypatch.setitem(export.FORMATS, "savedmodel", wrong)
    with pytest.raises(UserError, match="not written, because the savedmodel model gives other pictures"):
        export.export(Translator(trained, ABOUT), tmp_path / "out", "savedmodel", seed=0)
    assert not list(tmp_path.iterdir())


def test_a_full_disk_is_one_line(tmp_path, trained, monkeypatch):
    def full(_, folder):
        raise tf.errors.ResourceExhaustedError(None, None, f"{folder}/saved_model.pb.tmp; No space left on device")

    monkeypatch.setitem(export.FORMATS, "savedmodel", (full, None))
    with pytest.raises(UserError) as caught:
        export.export(Translator(trained, ABOUT), tmp_path / "out", "savedmodel", seed=0)
    assert str(caught.value) == f"not written: {tmp_path}/out/saved_model.pb.tmp; No space left on device"
    assert not list(tmp_path.iterdir())


def test_a_missing_package_is_named(tmp_path, trained, monkeypatch):
    monkeypatch.setitem(sys.modules, "tf2onnx", None)
    with pytest.raises(UserError, match=r"onnx needs a package: .*tf2onnx.*; `pip install onnx onnxruntime tf2onnx`"):
        export.export(Translator(trained, ABOUT), tmp_path / "out", "onnx", seed=0)
    assert not list(tmp_path.iterdir())
