"""What the page of a model from noise is answered, without a server."""

import base64
import io
from pathlib import Path

import numpy as np
import pytest
from made_sampler import save_sampler, save_sampler_with_classes
from PIL import Image

from pix2pix.app.calls import Calls
from pix2pix.app.models import Models
from pix2pix.app.noise_calls import NoiseCalls
from pix2pix.commands.model import Catalogue
from pix2pix.models.sampler import Sampler


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return save_sampler(tmp_path_factory.mktemp("models") / "generator")


@pytest.fixture
def calls(monkeypatch, folder):
    monkeypatch.setattr(Catalogue, "in_mlflow", lambda _: [])
    return NoiseCalls(Models(Catalogue(str(folder)))).all()


def ask(calls, name, folder, *said):
    """Call with what the page knows of the model."""
    return calls[name](str(folder), calls["describe"](str(folder))["identity"], *said)


def opened(picture):
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(picture))))[..., None]


def test_the_pictures_are_those_that_sample_writes(calls, folder):
    sampler = Sampler.load(folder)
    drawn = ask(calls, "draw", folder, 7, 3, "")["pictures"]
    assert [opened(each).tolist() for each in drawn] == [sampler(7, number).tolist() for number in range(3)]


def test_the_way_begins_and_ends_with_drawn_pictures(calls, folder):
    sampler = Sampler.load(folder)
    for percent, seed, number in ((0, 7, 2), (100, 8, 0)):
        made = ask(calls, "between", folder, [7, 2], [8, 0], percent, "")["picture"]
        assert np.array_equal(opened(made), sampler(seed, number))


def test_a_page_that_describes_an_earlier_model_is_told(calls, folder):
    assert calls["draw"](str(folder), "0" * 64, 7, 3, "") == {"renewed": True}
    assert calls["between"](str(folder), "0" * 64, [7, 2], [8, 0], 0, "") == {"renewed": True}


def test_the_model_is_described(calls, folder):
    about = calls["describe"]("")
    assert (about["name"], about["height"], about["width"]) == (str(folder), 32, 32)
    assert about["words"].startswith("pictures in grey of 8 bits of 32x32 pixels, from 5 random numbers; dcgan, ")


@pytest.mark.parametrize(
    ("name", "said", "says"),
    [
        ("draw", (-1, 3, ""), "a seed is a whole number"),
        ("draw", (0, 1000, ""), "a page shows 1 to 64 pictures at once"),
        ("between", ([0], [0, 1], 5, ""), "a noise is a seed and a number"),
        ("between", ([0, "1"], [0, 1], 5, ""), "a noise is a seed and a number"),
        ("draw", (0, 3, "shop"), "this model knows no classes"),
    ],
)
def test_what_cannot_be_is_said(calls, folder, name, said, says):
    assert says in ask(calls, name, folder, *said)["error"]


def test_a_class_can_be_chosen(monkeypatch, tmp_path):
    monkeypatch.setattr(Catalogue, "in_mlflow", lambda _: [])
    folder = str(save_sampler_with_classes(tmp_path / "generator"))
    calls, sampler = NoiseCalls(Models(Catalogue(folder))).all(), Sampler.load(Path(folder))
    assert calls["describe"]("")["classes"] == ["no shop", "shop"]
    (drawn,) = ask(calls, "draw", folder, 7, 1, "shop")["pictures"]
    made = ask(calls, "between", folder, [8, 0], [7, 0], 100, "shop")["picture"]
    for picture in (drawn, made):
        opened = np.asarray(Image.open(io.BytesIO(base64.b64decode(picture))))
        assert np.array_equal(opened, sampler(7, 0, 1))
    assert "no class: this model makes pictures of one of" in ask(calls, "draw", folder, 7, 1, "")["error"]


def test_each_page_refuses_the_other_kind_of_model(monkeypatch, folder, tiny_model):
    monkeypatch.setattr(Catalogue, "in_mlflow", lambda _: [])
    assert "starts from noise" in Calls(Models(Catalogue(str(folder)))).all()["describe"]("")["error"]
    assert "reads pictures" in NoiseCalls(Models(Catalogue(str(tiny_model)))).all()["describe"]("")["error"]
