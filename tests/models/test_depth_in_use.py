"""Models of 16 bits, grey and bands in use: the translator, `predict`, the app."""

import base64
import io
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
import tifffile
from PIL import Image as PillowImage
from tiny import save_generator

from pix2pix.app import calls, starts, uploads
from pix2pix.app.models import identity
from pix2pix.base.deep_png import encoded
from pix2pix.base.errors import DataError
from pix2pix.commands import predict
from pix2pix.models import facts
from pix2pix.models.translator import Translator

KINDS = {
    "deep": {"input_channels": 1, "input_bits": 16, "target_channels": 3, "target_bits": 16},
    "bands": {"input_channels": 5, "input_bits": 16, "target_channels": 1},
    "alpha": {"input_channels": 4, "target_channels": 4},
}


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    folder = tmp_path_factory.mktemp("models")
    return {name: Translator.load(save_generator(folder / name, palette="none", **of)) for name, of in KINDS.items()}


def picture(translator, seed=0):
    field = translator.task.input
    return np.random.default_rng(seed).integers(0, 1 << field.bits, field.shape, field.dtype)


@pytest.mark.parametrize("name", KINDS)
def test_an_answer_has_the_targets_shape_and_type(models, name):
    translator = models[name]
    answer = translator(picture(translator))
    assert (answer.shape, answer.dtype) == (translator.task.target.shape, translator.task.target.dtype)
    assert answer.std() > 0
    smaller = translator(picture(translator)[:20, :27], fit="resize")
    assert smaller.shape[:2] == (20, 27) and smaller.dtype == translator.task.target.dtype
    frozen = translator.frozen(0)(tf.constant(picture(translator)[None]))[0].numpy()
    tolerance = np.iinfo(answer.dtype).max / 255
    assert frozen.dtype == answer.dtype and np.abs(frozen.astype(int) - answer).max() <= tolerance


def test_16_bits_are_seen_and_given(models):
    translator = models["deep"]
    given = picture(translator)
    coarse = (given >> 8 << 8) + 128
    assert len(np.unique(translator(given))) > 256
    assert not np.array_equal(translator(given), translator(coarse.astype(np.uint16)))


def test_pictures_of_another_type_are_refused(models):
    with pytest.raises(DataError, match=r"uint8 .* was given; a picture is uint16 \(height, width, 1\)"):
        models["deep"](np.zeros((32, 32, 1), np.uint8))


@pytest.fixture
def given(command, monkeypatch):
    def run(translator, *words):
        monkeypatch.setattr(predict.model, "load", lambda *_: translator)
        return command("predict", *words)

    return run


def test_predict_reads_and_writes_16_bits(given, models):
    translator = models["deep"]
    pixels = picture(translator)
    Path("in").mkdir()
    Path("in/a.png").write_bytes(encoded(pixels))
    tifffile.imwrite("in/b.tif", pixels[..., 0])
    np.save("in/c.npy", pixels)
    assert given(translator, "in", "-o", "out")[0] == 0
    for name in "abc":
        answer = tf.io.decode_png(Path(f"out/{name}.png").read_bytes(), 3, tf.uint16)
        np.testing.assert_array_equal(answer, translator(pixels))
    PillowImage.fromarray(np.zeros((32, 32), np.uint8)).save("shallow.png")
    status, _, said = given(translator, "shallow.png", "-o", "out")
    assert status != 0 and "has 8 bits, and 16 are asked for" in said


def test_predict_takes_bands(given, models):
    translator = models["bands"]
    pixels = picture(translator)
    np.save("a.npy", pixels)
    tifffile.imwrite("b.tif", np.moveaxis(pixels, -1, 0), photometric="minisblack")
    assert given(translator, "a.npy", "b.tif", "-o", "out", "--side-by-side")[0] == 0
    assert Path("out/a.png").read_bytes() == Path("out/b.png").read_bytes()
    assert given(translator, "a.npy", "-o", "plain")[0] == 0
    np.testing.assert_array_equal(np.asarray(PillowImage.open("plain/a.png")), translator(pixels)[..., 0])


def test_predict_takes_a_half_of_each_pair(given, models):
    translator = models["alpha"]
    pixels = np.concatenate([picture(translator), picture(translator, 1)], axis=1)
    PillowImage.fromarray(pixels).save("pair.png")
    assert given(translator, "pair.png", "-o", "out", "--half", "right")[0] == 0
    np.testing.assert_array_equal(np.asarray(PillowImage.open("out/pair.png")), translator(pixels[:, 32:]))


class One:
    """The models of the app, of which there is one."""

    def __init__(self, translator):
        self._translator = translator

    def translator(self, name):  # noqa: ARG002
        return self._translator


def in_base64(data):
    return base64.b64encode(data).decode()


def npy(values):
    file = io.BytesIO()
    np.save(file, values)
    return file.getvalue()


@pytest.mark.parametrize("name", KINDS)
def test_the_app_takes_a_file_shows_it_and_translates_what_it_gave_back(models, name):
    translator = models[name]
    pixels, call = picture(translator), calls.Calls(One(translator)).all()
    known = identity(translator)
    taken = call["take"]("", known, in_base64(npy(pixels)))
    assert taken["notes"] == [] and base64.b64decode(taken["picture"]).startswith(b"\x89PNG")
    answer = call["translate"]("", known, taken.get("file", taken["picture"]), 0)
    found = tf.io.decode_png(base64.b64decode(answer["picture"]), 0, translator.task.target.dtype)
    np.testing.assert_array_equal(found, translator(pixels))


def test_the_app_says_what_a_model_takes(models):
    shallow = io.BytesIO()
    PillowImage.fromarray(np.zeros((32, 32, 3), np.uint8)).save(shallow, "PNG")
    for name, words in {
        "deep": "has 8 bits, and 16 are asked for",
        "bands": "5 bands of 16 bits are asked for",
    }.items():
        with pytest.raises(DataError, match=words):
            uploads.taken(in_base64(shallow.getvalue()), models[name])
    assert not any(starts.has_houses(translator) for translator in models.values())
    assert facts.told(models["deep"])["takes"].startswith("pictures in grey of 16 bits of 32x32")
