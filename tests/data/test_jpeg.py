"""Pillow's decoder is the truth: what it makes of a cut file differs from the whole picture."""

import io
import tarfile
from itertools import islice

import numpy as np
import pytest
from archives import REAL
from PIL import Image as PillowImage

from pix2pix.base.errors import DataError
from pix2pix.data import jpeg

RNG = np.random.default_rng(0)
PHOTO = np.kron(RNG.integers(40, 216, (4, 6, 3)), np.ones((16, 16, 1))) + RNG.integers(-20, 20, (64, 96, 3))
PICTURES = {"photo": PHOTO, "odd": PHOTO[:51, :83], "flat": np.full((64, 96, 3), 128), "tiny": PHOTO[:1, :2]}
OPTIONS = {
    "baseline": {},
    "coarse": {"quality": 10},
    "no subsampling": {"quality": 95, "subsampling": "4:4:4"},
    "half subsampling": {"subsampling": "4:2:2", "optimize": True},
    "progressive": {"quality": 95, "progressive": True},
    "rows": {"restart_marker_rows": 1},
    "blocks": {"restart_marker_blocks": 3},
    "progressive rows": {"progressive": True, "restart_marker_rows": 2},
}
EVERY = pytest.mark.parametrize("how", OPTIONS)


def encoded(how="baseline", picture="photo", mode="RGB"):
    file = io.BytesIO()
    PillowImage.fromarray(PICTURES[picture].astype(np.uint8)).convert(mode).save(file, "JPEG", **OPTIONS[how])
    return file.getvalue()


def decoded(data):
    return np.asarray(PillowImage.open(io.BytesIO(data)))


def is_refused(data):
    try:
        jpeg.refuse_cut(data, 10**6)
    except DataError as error:
        assert "damaged or cut short" in str(error)
        return True
    return False


@EVERY
@pytest.mark.parametrize("picture", PICTURES)
@pytest.mark.parametrize("mode", ["RGB", "L", "CMYK"])
def test_a_whole_jpeg_is_welcome(how, picture, mode):
    assert not is_refused(encoded(how, picture, mode))


@EVERY
@pytest.mark.parametrize("mode", ["RGB", "L"])
def test_a_jpeg_that_was_cut_anywhere_and_closed_is_refused(how, mode):
    whole = encoded(how, mode=mode)
    good, begin, tried = decoded(whole), whole.index(b"\xff\xda") + 14, 0
    for end in range(begin, len(whole) - 2, (len(whole) - begin) // 40):
        cut = whole[:end].rstrip(b"\xff") + b"\xff\xd9"
        try:
            got = decoded(cut)
        except OSError:
            continue  # cut in a header between two scans: Pillow notices
        if (got != good).any():
            tried += 1
            assert is_refused(cut), f"cut at {end} of {len(whole)}, {np.mean(got != good):.0%} wrong"
    assert tried > 15


def test_a_missing_restart_interval_or_scan_is_refused():
    whole = encoded("rows")
    marks = [at for at in range(len(whole) - 1) if whole[at] == 0xFF and whole[at + 1] in range(0xD0, 0xD8)]
    assert is_refused(whole[: marks[-1]] + b"\xff\xd9")
    assert is_refused(whole[: marks[0]] + whole[marks[1] :])
    whole = encoded("progressive")
    assert is_refused(whole[: whole.rindex(b"\xff\xda")] + b"\xff\xd9")


def test_what_stands_behind_the_end_does_not_matter():
    assert not is_refused(encoded() + b"\xff\xda\0\x04more")


def test_an_arithmetically_coded_jpeg_is_refused_by_name():
    with pytest.raises(DataError, match="arithmetically coded"):
        jpeg.refuse_cut(encoded().replace(b"\xff\xc0", b"\xff\xc9"), 10**6)


def test_more_pixels_than_expected_are_not_decoded():
    with pytest.raises(DataError, match="a JPEG of 96x64 pixels inside"):
        jpeg.refuse_cut(encoded(), 96 * 64 - 1)


def test_scans_without_end_are_not_decoded():
    whole = encoded("progressive")
    last = whole[whole.rindex(b"\xff\xda") : -2]
    with pytest.raises(DataError, match=r"a JPEG of 1,0\d\d scans"):
        jpeg.refuse_cut(whole[:-2] + last * 1000 + b"\xff\xd9", 10**6)


@pytest.mark.skipif(not REAL.exists(), reason="shared/data/facades.tar.gz is not beside this checkout")
def test_real_pairs_are_whole_and_cut_ones_are_not():
    with tarfile.open(REAL) as tar:
        for member in islice((each for each in tar if each.isfile()), 20):
            whole = tar.extractfile(member).read()
            assert not is_refused(whole), member.name
            assert is_refused(whole[: len(whole) - 200] + b"\xff\xd9"), member.name
