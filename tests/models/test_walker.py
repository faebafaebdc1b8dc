"""A bridge in use: its answers by the equations, its steps, its seeds, its exports, and what it refuses."""

import numpy as np
import pytest
from made_walker import MODEL, about_walker, network, save_walker
from pydantic import ValidationError
from tiny import ABOUT, save_generator

from pix2pix.base.errors import DataError
from pix2pix.base.seeds import derive
from pix2pix.models import export, facts
from pix2pix.models.translator import Translator
from pix2pix.networks import folder

PICTURES = np.random.default_rng(3).integers(0, 256, (2, 32, 32, 3), dtype=np.uint8)


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    return save_walker(tmp_path_factory.mktemp("walker") / "generator")


@pytest.fixture(scope="module")
def translate(place):
    return Translator.load(place)


@pytest.mark.parametrize(("palette", "place"), [("cmp", 0), ("none", 1)])
def test_an_answer_in_one_step_is_half_of_the_first_answer(palette, place):
    """At t = 0 the velocity is -σ ζ + s F, and it is gone for the whole way: the place + s F, the noise is away."""
    translate = Translator(network(palette=palette), about_walker(palette=palette)).in_steps(1)
    given = PICTURES[:1].astype(np.float32) / 127.5 - 1
    noise = np.random.default_rng(derive(5, "start")).standard_normal((1, 32, 32, 3)).astype(np.float32)
    answer = network()([noise, np.zeros((1, 1), np.float32), given])
    expected = np.clip(np.round((place * given + 0.5 * np.asarray(answer) + 1) * 127.5), 0, 255)[0]
    assert np.abs(translate(PICTURES[0], seed=5) - expected).max() <= 1


def test_an_answer_follows_from_picture_seed_and_steps(translate):
    asked = [(translate, 1), (translate, 2), (translate.in_steps(4), 1), (translate.in_steps(3, "euler"), 1)]
    answers = [model(PICTURES[0], seed).tobytes() for model, seed in asked]
    assert len({*answers}) == 4
    again = translate.in_steps(50).in_steps(3)
    assert again(PICTURES[0], 1).tobytes() == answers[0] == translate.in_steps()(PICTURES[0], 1).tobytes()


def test_about_tells_the_steps_in_use(place, translate):
    """The folder has those of the training; a model that is asked for others says so, and nothing else changes."""
    told = folder.load(place)[1]
    assert told["walk"] == {"noise": 0.5, "solver": "heun", "steps": 3} == MODEL.walk.model_dump()
    asked = translate.in_steps(16, "euler")
    assert asked.about.walk.words == facts.told(asked)["use"] == "16 steps of Euler"
    assert translate.about.walk.words == "3 steps of Heun" and translate.in_steps(1).about.walk.words == "1 step"
    assert asked.digest() == translate.digest()
    for steps in (0, 51):
        with pytest.raises(ValidationError):
            translate.in_steps(steps)


def test_a_bridge_has_one_way_of_use(place):
    assert list(Translator.load_each_way(place)) == ["generated"]


def test_a_model_that_makes_a_picture_at_once_has_no_steps(tmp_path):
    assert "walk" not in ABOUT.told()
    with pytest.raises(DataError, match="makes a picture at once"):
        Translator.load(save_generator(tmp_path / "generator")).in_steps(4)


def test_a_network_that_is_no_bridge_is_refused(tmp_path):
    """Its description says that it goes in steps, and it reads a picture alone; and the other way round."""
    save_generator(tmp_path / "one", about_walker().told())
    folder.save(network(), tmp_path / "other", ABOUT.told())
    for name in ("one", "other"):
        with pytest.raises(DataError, match=r"its network does not turn a .* as about\.json says; train it anew"):
            Translator.load(tmp_path / name)


@pytest.mark.slow
@pytest.mark.parametrize("format_", export.FORMATS)
def test_an_export_answers_as_the_translator_does(tmp_path, translate, format_):
    """`export` itself compares the pictures; a model of other steps tells these."""
    export.export(translate.in_steps(4), tmp_path / "out", format_, seed=5)
    answers = export.FORMATS[format_][1](tmp_path / "out")({"pictures": PICTURES})
    expected = np.stack([translate.in_steps(4)(picture, seed=5) for picture in PICTURES])
    assert np.abs(answers.astype(int) - expected).max() <= 1
