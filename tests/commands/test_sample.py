"""What `sample` writes, against the sampler called directly."""

from pathlib import Path

import numpy as np
import pytest
from made_sampler import save_sampler
from PIL import Image as PillowImage

from pix2pix.base.pictures import grid, load_rgb
from pix2pix.base.shown import shown
from pix2pix.commands import sample
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


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["-o", "way.gif"], "name the other one with --to"),
        (["-o", "out", "--to", "1"], "name a strip"),
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
