"""What the calls answer, without a server."""

import base64
import io

import numpy as np
import pytest
from PIL import Image
from tiny import noise, png, save_generator

from pix2pix.app.calls import Calls
from pix2pix.app.models import Models
from pix2pix.commands.model import Catalogue
from pix2pix.data.labels import CMP
from pix2pix.models.translator import Translator


@pytest.fixture
def calls(monkeypatch, tmp_path):
    """The calls of a model, trained with what a `data` section says."""
    monkeypatch.setattr(Catalogue, "in_mlflow", lambda _: [])

    def of(**data):
        model = str(save_generator(tmp_path / "model", **data))
        made = Calls(Models(Catalogue(model))).all()
        known = made["describe"](model)["identity"]

        def ask(name, *said, model=model):
            first = {"models": [], "describe": [model]}
            return made[name](*first.get(name, [model, known]), *said)

        return ask

    return of


def file(picture):
    buffer = io.BytesIO()
    Image.fromarray(picture).save(buffer, "PNG")
    return base64.b64encode(buffer.getvalue()).decode()


def opened(answer):
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(answer["picture"]))))


def test_an_answer_is_the_file_that_predict_writes(calls, command, tmp_path):
    ask = calls()
    png("drawing.png")
    drawn = base64.b64encode((tmp_path / "drawing.png").read_bytes()).decode()
    answers = set()
    for seed in (0, 7):
        status, _, err = command(
            "predict", "drawing.png", "-o", f"out{seed}", "--snap", "--seed", seed, "--model", tmp_path / "model"
        )
        assert status == 0, err
        got = base64.b64decode(ask("translate", drawn, seed)["picture"])
        assert got == (tmp_path / f"out{seed}/drawing.png").read_bytes()
        answers.add(got)
    assert len(answers) == 2


def test_a_drawing_of_another_size_is_answered_in_its_own(calls, tmp_path):
    ask = calls()
    drawn = CMP.paint(np.random.default_rng(0).integers(0, 12, (64, 64), np.uint8))
    expected = Translator.load(tmp_path / "model")(drawn, 3, "resize")
    assert np.array_equal(opened(ask("translate", file(drawn), 3)), expected)


def test_what_is_said_of_a_model(calls):
    told = calls()("describe", model="")
    assert told["name"].endswith("/model")
    assert (told["height"], told["width"], told["takes"], told["gives"], told["ground"], told["houses"]) == (
        32, 32, "label map", "photo", 1, True
    )  # fmt: skip
    assert told["classes"][2] == {"name": "window", "colour": [0, 128, 255]} and len(told["classes"]) == 12
    assert told["words"].startswith("32×32 pixels; unet, ") and told["words"].endswith("trained for 7 epochs")


@pytest.mark.parametrize(
    ("about", "takes", "gives"),
    [({"direction": "left_to_right"}, "photo", "label map"), ({"palette": "none"}, "picture", "picture")],
)
def test_a_model_without_label_maps_gets_and_gives_pictures(calls, about, takes, gives):
    ask = calls(**about)
    told = ask("describe")
    assert (told["takes"], told["gives"], told["classes"]) == (takes, gives, [])
    assert told["houses"] == ("palette" not in about), "only where it is known that the pictures show houses"
    if told["houses"]:
        assert "ids" not in ask("start", 0) and opened(ask("start", 0)).shape == (32, 32, 3)
    taken = ask("take", file(noise()))
    assert np.array_equal(opened(taken), noise()) and taken["notes"] == []


def test_label_maps_come_as_class_ids(calls):
    ask = calls()
    ids = np.random.default_rng(0).integers(0, 12, (32, 32), np.uint8)
    answer = ask("take", file(CMP.paint(ids)))
    assert base64.b64decode(answer["ids"]) == ids.tobytes() and answer["notes"] == []
    assert len(base64.b64decode(ask("start", 5)["ids"])) == 32 * 32
    assert ask("start", 5) == ask("start", 5) != ask("start", 6)


def test_what_cannot_be_is_told_in_words(calls):
    ask = calls()
    good = file(noise())
    assert "from 0 to" in ask("translate", good, -1)["error"]
    assert "from 0 to" in ask("translate", good, 1 << 31)["error"]
    assert "not a picture" in ask("translate", "AAAA", 0)["error"]
    assert "not a picture" in ask("take", "AAAA")["error"]
    assert "no such house" in ask("start", -1)["error"]
    for name, said in {"describe": (), "start": (0,), "take": (good,), "translate": (good, 0)}.items():
        assert "is not offered" in ask(name, *said, model="/etc")["error"], name
    assert "no such house" in calls(palette={"road": [0, 0, 0], "tree": [0, 255, 0]})("start", 0)["error"]


def test_a_page_that_describes_an_earlier_model_is_told(calls, tmp_path):
    ask, good = calls(), file(noise())
    save_generator(tmp_path / "model", {"epoch": 8})
    for name, said in {"start": (0,), "take": (good,), "translate": (good, 0)}.items():
        assert ask(name, *said) == {"renewed": True}, name
    assert ask("describe")["words"].endswith("trained for 8 epochs")
    save_generator(tmp_path / "model")
    assert "picture" in ask("translate", good, 0), "it is the earlier one again"


def test_the_models_are_listed(calls):
    listed = calls()("models")
    assert listed["models"][0]["name"].endswith("/model") and listed["missing"] == ""
