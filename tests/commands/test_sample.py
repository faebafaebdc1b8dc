"""What `sample` writes, against the sampler called directly."""

from pathlib import Path

import numpy as np
import pytest
from made_sampler import save_sampler, save_sampler_with_classes
from PIL import Image as PillowImage

from pix2pix.base.pictures import grid, load_rgb
from pix2pix.base.shown import shown
from pix2pix.commands import sample
from pix2pix.data import video
from pix2pix.models.sampler import Sampler


@pytest.fixture(scope="module")
def sampler(tmp_path_factory):
    return Sampler.load(save_sampler(tmp_path_factory.mktemp("models") / "generator"))


@pytest.fixture
def given(command, monkeypatch, sampler):
    monkeypatch.setattr(sample.model, "load_sampler", lambda _: sampler)
    return lambda *words: command("sample", *words)


def test_a_folder_gets_a_file_for_each_picture(given, sampler):
    assert given("-o", "out", "--count", "3", "--seed", "7") == (0, "3 pictures: out\n", "")
    assert sorted(path.name for path in Path("out").iterdir()) == ["7-1.png", "7-2.png", "7-3.png"]
    for number in range(3):
        assert np.array_equal(load_rgb(Path(f"out/7-{number + 1}.png")), shown(sampler(7, number)))


def test_a_sheet_has_all_pictures_in_rows(given, sampler):
    assert given("-o", "sheet.png", "--count", "16")[0] == 0
    expected = grid([[sampler(0, row * 8 + column) for column in range(8)] for row in range(2)])
    assert np.array_equal(load_rgb(Path("sheet.png")), expected)


def test_the_way_from_one_seed_to_another_is_one_row_or_a_film(given):
    assert given("-o", "way.png", "--to", "1", "--count", "10")[0] == 0
    assert load_rgb(Path("way.png")).shape == (40, 10 * 36 + 4, 3)
    assert given("-o", "way.gif", "--to", "1", "--count", "4")[0] == 0
    with PillowImage.open("way.gif") as film:
        assert film.size == (32, 32) and film.n_frames in range(2, 7)  # equal neighbours become one


def test_a_video_goes_there_and_back(given, sampler):
    pytest.importorskip("imageio_ffmpeg", reason="the extra `video` is not installed")
    assert given("-o", "way.mp4", "--to", "1", "--count", "4")[0] == 0
    clip = video.probed(Path("way.mp4"))
    frames = list(video.frames(Path("way.mp4"), clip))
    made = sampler.between(sampler.noise(0), sampler.noise(1), 4)
    expected = [shown(made[place]) for place in (0, 1, 2, 3, 2, 1)]
    assert (clip.width, clip.height, clip.rate, len(frames)) == (32, 32, 12, 6)
    assert np.abs(np.subtract(frames, expected, dtype=np.float32)).mean() < 8


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["-o", "way.gif"], "name the other one with --to"),
        (["-o", "out", "--to", "1"], "name a strip"),
        (["-o", "sheet.jpg"], "--out sheet.jpg: the name of a file; name a folder, *.png, *.gif or *.mp4"),
        (["-o", "there.png"], "exists already"),
        (["-o", "out", "--count", "0"], "is not a number from 1"),
        (["-o", "out", "--seed", "-1"], "--seed"),
    ],
)
def test_what_cannot_be_is_refused_before_any_work(command, words, says):
    Path("there.png").write_bytes(b"")
    status, _, err = command("sample", *words)
    assert status == 2 and says in err


def test_a_model_that_reads_pictures_is_refused(command, tiny_model):
    status, _, err = command("sample", "-o", "out", "--model", tiny_model)
    assert status == 1 and "turns pictures into others" in err


def test_a_model_from_noise_cannot_predict(command, tmp_path):
    model = save_sampler(tmp_path / "generator")
    PillowImage.new("RGB", (32, 32)).save("1.png")
    status, _, err = command("predict", "1.png", "-o", "out", "--model", model)
    assert status == 1 and "use `pix2pix sample`" in err


# ---- classes ----


@pytest.fixture(scope="module")
def classy(tmp_path_factory):
    return Sampler.load(save_sampler_with_classes(tmp_path_factory.mktemp("models") / "generator"))


@pytest.fixture
def asked(command, monkeypatch, classy):
    monkeypatch.setattr(sample.model, "load_sampler", lambda _: classy)
    return lambda *words: command("sample", *words)


def test_without_a_class_a_sheet_has_a_row_for_each_with_the_same_noise(asked, classy):
    assert asked("-o", "sheet.png", "--count", "10") == (0, "20 pictures, 10 of each class: sheet.png\n", "")
    expected = grid([[classy(0, number, class_id) for number in range(10)] for class_id in range(2)])
    assert np.array_equal(load_rgb(Path("sheet.png")), expected)


def test_one_class_is_a_sheet_of_its_own(asked, classy):
    assert asked("-o", "sheet.png", "--count", "8", "--class", "shop")[0] == 0
    assert np.array_equal(load_rgb(Path("sheet.png")), grid([[classy(0, number, 1) for number in range(8)]]))


def test_files_in_a_folder_name_their_class(asked, classy):
    assert asked("-o", "out", "--count", "2", "--class", "shop")[0] == 0
    assert asked("-o", "out", "--count", "1", "--class", "no shop")[0] == 0
    assert sorted(path.name for path in Path("out").iterdir()) == [
        "0-1-0-no_shop.png",
        "0-1-1-shop.png",
        "0-2-1-shop.png",
    ]
    assert np.array_equal(load_rgb(Path("out/0-2-1-shop.png")), classy(0, 1, 1))
    status, _, err = asked("-o", "out", "--count", "1")
    assert status == 2 and "0-1-0-no_shop.png exists already" in err


def test_a_film_goes_from_one_noise_to_another_within_a_class(asked):
    assert asked("-o", "way.gif", "--to", "1", "--count", "4", "--class", "shop")[0] == 0
    status, _, err = asked("-o", "other.gif", "--to", "1", "--count", "4")
    assert status == 2 and "a film shows one class; name no shop or shop" in err
    assert asked("-o", "way.png", "--to", "1", "--count", "3")[0] == 0
    assert load_rgb(Path("way.png")).shape == (2 * 36 + 4, 3 * 36 + 4, 3)


def test_unknown_classes_are_refused(asked):
    status, _, err = asked("-o", "out", "--class", "roof")
    assert status == 1 and "roof: this model makes pictures of one of the classes no shop, shop" in err


def test_a_model_without_classes_cannot_be_asked_for_one(given):
    status, _, err = given("-o", "out", "--class", "shop")
    assert status == 1 and "shop: this model knows no classes" in err
