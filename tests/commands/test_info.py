"""The command; the words and facts themselves, models/test_facts.py tries."""

import json

from tiny import save_generator

from pix2pix.base.files import read_json
from pix2pix.models import facts
from pix2pix.models.translator import Translator


def test_it_prints_the_words_a_line_each_and_says_which_model_it_is(command, tiny_model):
    status, out, err = command("info", tiny_model)
    assert (status, err) == (0, f"model {tiny_model}, fingerprint 0123456789abcdef\n")
    told = facts.told(Translator.load(tiny_model))
    assert out == "".join(f"{subject:<9} {words}\n" for subject, words in told.items())


def test_programs_get_one_object(command, tiny_model):
    status, out, _ = command("info", tiny_model, "--json")
    assert status == 0 and json.loads(out).items() >= read_json(tiny_model / "about.json").items()


def test_damage_is_one_line(command, tmp_path):
    model = save_generator(tmp_path / "m")
    with (model / "model.weights.h5").open("r+b") as file:
        file.seek(5000)
        file.write(b"damage")
    status, out, err = command("info", model)
    assert (status, out) == (1, "")
    assert err.startswith(f"error: {model / 'model.weights.h5'}: damaged (its sha256") and err.count("\n") == 1
