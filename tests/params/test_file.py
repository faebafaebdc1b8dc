from pix2pix.params import Params, check
from pix2pix.params.file import DEFAULTS, editable, edited, read


def test_the_default_parameters_are_the_defaults_of_the_code():
    assert check(read(DEFAULTS)) == Params()


def test_an_edited_text_differs_in_the_edited_value_only():
    text = DEFAULTS.read_text(encoding="utf-8")
    content = editable(text)
    assert edited(content) == text
    content["model"]["lambda_l1"] = 10
    assert edited(content) == text.replace("  lambda_l1: 100\n", "  lambda_l1: 10\n") != text


def test_null_is_written_as_a_word():
    assert edited({"train": {"start_from": None}}) == "train:\n  start_from: null\n"
