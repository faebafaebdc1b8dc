import pytest

from pix2pix import params
from pix2pix.base.errors import ParamsError
from pix2pix.params import Params

BARE = {"dataset": "custom", "palette": "none", "direction": "left_to_right", "label_half": "right", "path": "."}


def checked(**data):
    content = Params().model_dump(mode="json")
    content["data"] |= data
    return params.check(content)


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("input_channels", 0, "data.input_channels"),
        ("input_channels", 17, "data.input_channels"),
        ("input_channels", True, "data.input_channels"),
        ("target_channels", 2, "data.target_channels"),
        ("target_channels", 5, "data.target_channels"),
        ("input_bits", 12, "data.input_bits"),
        ("target_bits", "16", "data.target_bits"),
    ],
)
def test_impossible_values_are_refused_in_one_line(key, value, words):
    with pytest.raises(ParamsError) as error:
        checked(palette="none", **{key: value})
    assert str(error.value).count("\n") == 0 and words in str(error.value)


@pytest.mark.parametrize(
    ("direction", "label_half", "label"),
    [
        ("left_to_right", "left", "input"),
        ("left_to_right", "right", "target"),
        ("right_to_left", "left", "target"),
        ("right_to_left", "right", "input"),
    ],
)
@pytest.mark.parametrize(("part", "value"), [("channels", 1), ("bits", 16)])
def test_a_label_map_is_8_bit_rgb(direction, label_half, label, part, value):
    where = {"direction": direction, "label_half": label_half}
    with pytest.raises(ParamsError, match=f"data.{label}_{part} = {value}.*because the {label} is a label map"):
        checked(**where, **{f"{label}_{part}": value})
    photo = "target" if label == "input" else "input"
    assert getattr(checked(**where, **{f"{photo}_{part}": value}).data, f"{photo}_{part}") == value
    assert checked(palette="none", **where, **{f"{label}_{part}": value})
