import pytest
from tiny import ABOUT, save_generator

from pix2pix.base.files import read_json, sha256
from pix2pix.models.facts import facts, told
from pix2pix.models.translator import Translator
from pix2pix.networks.generators import spade
from pix2pix.networks.generators.spade import SpadeStyle


def saved(path, said=None, **data):
    return Translator.load(save_generator(path, said, **data))


def test_the_words_say_what_a_model_was_made_for(tmp_path):
    words = told(saved(tmp_path / "m", {"epoch": 9, "selected_by": "validation_ssim"}))
    assert words["takes"] == "label maps of 32x32 pixels, the right halves of pairs"
    assert words["gives"] == "photos, the left halves"
    assert words["classes"].startswith("12: background, facade, window, ")
    assert words["network"].startswith("unet, ") and words["loss"] == "cgan+l1"
    assert words["use"] == "dropout on, normalised by each picture's own statistics"
    assert words["training"] == "0123456789abcdef, epoch 9, chosen by validation_ssim"
    assert words["files"].startswith("whole")


def test_a_network_that_sees_classes_is_told(tmp_path):
    told_of = told(saved(tmp_path / "m", {"settings": {"generator": "unet", "label_input": "one_hot"}}))
    assert told_of["network"].startswith("unet that sees classes, not colours, ")


def test_a_system_without_a_choice_of_losses_has_no_line_for_it(tmp_path):
    assert "loss" not in told(saved(tmp_path / "m", {"settings": {"solver": "heun", "steps": 8}}))


@pytest.mark.parametrize(("noise", "use"), [(0, "neither dropout nor noise"), (3, "noise on")])
def test_what_a_network_draws_random_numbers_for_is_told(noise, use):
    network = spade.generator((32, 32), SpadeStyle(0, features=3), 1, noise=noise)
    assert told(Translator(network, ABOUT))["use"] == f"{use}, normalised by each picture's own statistics"
    off = told(Translator(network, ABOUT, dropout=False))["use"]
    assert off.startswith("noise off" if noise else use)


def test_classes_have_their_ids_where_files_have_ids(tmp_path):
    palette = [["sky", 23], ["road", {"id": 7, "colour": [1, 2, 3]}]]
    model = saved(tmp_path / "m", {"halves": None, "palette": palette})
    assert told(model)["classes"] == "2: sky (id 23), road (id 7)"


@pytest.mark.parametrize(
    ("about", "takes", "gives"),
    [
        ({"direction": "left_to_right"}, "photos of 32x32 pixels, the left", "label maps, the right"),
        ({"label_half": "left"}, "photos of 32x32 pixels, the right", "label maps, the left"),
        ({"palette": {"a": [0, 0, 0], "b": [9, 9, 9]}}, "label maps of 32x32 pixels, the right", "pictures, the left"),
        ({"palette": "none"}, "pictures of 32x32 pixels, the right", "pictures, the left"),
    ],
)
def test_which_half_is_what(tmp_path, about, takes, gives):
    words = told(saved(tmp_path / "m", **about))
    assert (words["takes"], words["gives"]) == (f"{takes} halves of pairs", f"{gives} halves")


def test_the_facts_are_all_that_the_folder_says_and_more(tiny_model):
    found = facts(Translator.load(tiny_model))
    assert found.items() >= read_json(tiny_model / "about.json").items() > ABOUT.told().items()
    assert found["weights_sha256"] == sha256(tiny_model / "model.weights.h5")
    assert (found["input"], found["target"], len(found["classes"])) == ("label maps", "photos", 12)
    assert (found["dropout"], found["moving_averages"]) == (True, False)


def test_parameters_are_counted_as_the_architecture_says(tiny_model):
    """Kernels of 4x4; four numbers of BatchNorm a filter, but in the first and the innermost layer; a last bias."""
    down, up = [4, 8, 16, 32, 32], [32, 16, 8, 4]
    count = sum(16 * a * b for a, b in zip([3, *down], down, strict=False)) + 4 * sum(down[1:-1])
    into = [down[-1], *(2 * width for width in up)]  # in a U-Net the encoder's features come along
    count += sum(16 * a * b for a, b in zip(into, up, strict=False)) + 4 * sum(up)
    count += 16 * into[-1] * 3 + 3
    assert facts(Translator.load(tiny_model))["parameters"] == count


def test_what_is_not_written_down_is_said_and_every_character_is_printable(tmp_path):
    said = {"settings": {"loss": "\x1b[2J"}, "fingerprint": "a\nb"}
    words = told(saved(tmp_path / "m", said, palette={"a": [0, 0, 0], "c": [1, 1, 1]}))
    assert words["network"].startswith("pix2pix, ") and words["training"].startswith("a b, epoch 7, ")
    assert len(words) == 8 and all(line.isprintable() for line in words.values())
