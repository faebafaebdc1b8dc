import pytest
from PIL import Image as PillowImage

from pix2pix.data.picture_files import (
    FORMATS,
    SUFFIXES,
    caseless,
    is_other,
    is_picture,
    most_bytes,
    natural,
    passed_over,
)


@pytest.mark.parametrize("name", ["1.jpg", "a/b/1.PNG", "a.b.webp", "x.jpeg", "x.jpe", "x.JFIF", "x.avif", "x.pbm"])
def test_the_suffix_tells_a_picture(name):
    assert is_picture(name)


@pytest.mark.parametrize("name", ["1.txt", "1.heic", "jpg", ".jpg", "a/.hidden.png", "1.jpg.zip", ""])
def test_other_files_and_hidden_ones_are_none(name):
    assert not is_picture(name)


def test_what_is_passed_over_is_told_at_any_depth_and_in_any_folder():
    for name in ("train/1.txt", "a/train/more/1.heic", "validation/1.HEIC", "1.jxl"):
        assert is_other(name)
    for name in ("README.md", "top/LICENSE", "train/1.png", "train/.DS_Store", "validation/.1.heic", "train"):
        assert not is_other(name)


@pytest.mark.parametrize("letter", ["\x1b[31m", "\r", "\n", "\udce9"])
def test_names_of_files_cannot_write_to_the_terminal(letter):
    (line,) = passed_over([f"train/a{letter}b.txt", f"train/c.t{letter}t"])
    assert line.isprintable() and "2 files" in line


@pytest.mark.parametrize(("one", "other"), [("A.png", "a.png"), ("caf\u00e9", "cafe\u0301"), ("STRASSE", "straße")])
def test_names_that_some_file_systems_take_for_one_fold_to_one(one, other):
    assert caseless(one) == caseless(other) != caseless("b.png")


def test_natural_order_counts():
    names = ["b", "a10", "a9", "a09", "a", "a9b", "10", "9", "a" + "9" * 5000]
    assert sorted(names, key=natural) == ["9", "10", "a", "a09", "a9", "a9b", "a10", "a" + "9" * 5000, "b"]


def test_the_bound_on_bytes_leaves_room_for_every_good_picture():
    assert most_bytes(1000) >= 1000 * 4 * 2  # 16 bits of red, green, blue and alpha, not compressed


@pytest.mark.parametrize("suffix", sorted(SUFFIXES - {".npy"}))
def test_every_picture_by_its_name_is_of_a_kind_that_pillow_reads(suffix):
    PillowImage.init()
    assert PillowImage.EXTENSION[suffix] in FORMATS
