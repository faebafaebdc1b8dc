import json

import pytest
from tiny import ABOUT, save_generator

from pix2pix.base.files import read_json, sha256


def test_it_says_in_words_what_a_model_was_made_for(command, tmp_path):
    model = save_generator(tmp_path / "m", generator="unet", loss="cgan+l1", epoch=7, selected_by="validation_ssim")
    status, out, err = command("info", model)
    assert (status, err) == (0, "")
    told = dict(line.split(maxsplit=1) for line in out.splitlines())
    assert told["takes"] == "label maps of 32x32 pixels, the right halves of pairs"
    assert told["gives"] == "photos, the left halves"
    assert told["classes"].startswith("12: background, facade, window, ")
    assert told["loss"] == "cgan+l1"
    assert told["use"] == "dropout on, normalised by each picture's own statistics"
    assert told["training"] == "0123456789abcdef, epoch 7, chosen by validation_ssim"
    assert told["files"].startswith("whole")


@pytest.mark.parametrize(
    ("about", "takes", "gives"),
    [
        ({"direction": "left_to_right"}, "photos of 32x32 pixels, the left", "label maps, the right"),
        ({"label_half": "left"}, "photos of 32x32 pixels, the right", "label maps, the left"),
        ({"palette": "none"}, "pictures of 32x32 pixels, the right", "pictures, the left"),
    ],
)
def test_which_half_is_what(command, tmp_path, about, takes, gives):
    out = command("info", save_generator(tmp_path / "m", **about))[1]
    assert f"takes     {takes} halves of pairs\ngives     {gives} halves\n" in out


def test_machines_get_all_that_the_folder_says_and_more(command, tiny_model):
    status, out, err = command("info", tiny_model, "--json")
    assert (status, err) == (0, "")
    told = json.loads(out)
    assert told.items() >= read_json(tiny_model / "about.json").items() > ABOUT.items()
    assert told["weights_sha256"] == sha256(tiny_model / "model.weights.h5")
    assert (told["input"], told["target"], len(told["classes"])) == ("label maps", "photos", 12)
    assert (told["dropout"], told["moving_averages"]) == (True, False)


def test_parameters_are_counted_as_the_architecture_says(command, tiny_model):
    """Kernels of 4x4; four numbers of BatchNorm a filter, but in the first and the innermost layer; a last bias."""
    down, up = [4, 8, 16, 32, 32], [32, 16, 8, 4]
    count = sum(16 * a * b for a, b in zip([3, *down], down, strict=False)) + 4 * sum(down[1:-1])
    into = [down[-1], *(2 * width for width in up)]  # in a U-Net the encoder's features come along
    count += sum(16 * a * b for a, b in zip(into, up, strict=False)) + 4 * sum(up)
    count += 16 * into[-1] * 3 + 3
    assert json.loads(command("info", tiny_model, "--json")[1])["parameters"] == count


def test_what_is_not_written_down_is_said_and_what_is_not_printable_is_not(command, tmp_path):
    model = save_generator(tmp_path / "m", loss="\x1b[2J", palette={"a\nb": [0, 0, 0], "c": [1, 1, 1]})
    out = command("info", model)[1]
    assert "network   not written down, " in out and "epoch not written down" in out
    assert all(line.isprintable() for line in out.splitlines()) and out.count("\n") == 8


def test_damage_is_one_line(command, tmp_path):
    model = save_generator(tmp_path / "m")
    with (model / "model.weights.h5").open("r+b") as file:
        file.seek(5000)
        file.write(b"damage")
    status, out, err = command("info", model)
    assert (status, out) == (1, "")
    assert err.startswith(f"error: {model / 'model.weights.h5'}: damaged (its sha256") and err.count("\n") == 1
