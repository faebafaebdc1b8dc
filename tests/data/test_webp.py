"""WebP files with holes and without their last bytes; libwebp takes most of them for whole."""

import io
import struct

import numpy as np
import pytest
from PIL import Image as PillowImage

from pix2pix.base.errors import DataError
from pix2pix.data import decoding, webp

PIXELS = np.random.default_rng(0).integers(0, 256, (64, 128, 3), np.uint8)


def saved(**options):
    file = io.BytesIO()
    PillowImage.fromarray(PIXELS).save(file, "WEBP", **options)
    return file.getvalue()


def read(data):
    return decoding.rgb(data, lambda *_: None)[0]


def with_hole(data, share):
    start = int(share * len(data))
    return data[:start] + bytes(400) + data[start + 400 :]


def of_one_frame():
    """An animation whose second frame was taken away."""
    data = saved(save_all=True, append_images=[PillowImage.new("RGB", (128, 64))])
    data = data[: data.rindex(b"ANMF")]
    return data[:4] + struct.pack("<I", len(data) - 8) + data[8:]


@pytest.mark.parametrize("share", [0.3, 0.5, 0.8])
@pytest.mark.parametrize("whole", [saved(lossless=True), saved(quality=90), of_one_frame()])
def test_a_hole_is_refused(whole, share):
    holed = with_hole(whole, share)
    assert PillowImage.open(io.BytesIO(holed)).convert("RGB"), "or this shows nothing"
    with pytest.raises(DataError, match="damaged"):
        read(holed)


def test_the_last_bytes_are_missed():
    """Cut by two bytes and closed, this file still decodes, to other pixels."""
    for seed in range(99):
        noise = np.random.default_rng(seed).integers(0, 256, (16, 16, 3), np.uint8)
        file = io.BytesIO()
        PillowImage.fromarray(noise).save(file, "WEBP", lossless=True)
        size = struct.unpack_from("<I", file.getvalue(), 16)[0] - 1
        cut = file.getvalue()[: 20 + size] + bytes(size % 2)
        cut = cut[:4] + struct.pack("<I", len(cut) - 8) + cut[8:16] + struct.pack("<I", size) + cut[20:]
        try:
            wrong = (np.asarray(PillowImage.open(io.BytesIO(cut)).convert("RGB")) != noise).any()
        except OSError:
            continue
        if wrong:
            with pytest.raises(DataError, match="damaged or cut short"):
                read(cut)
            return
    pytest.fail("libwebp refuses all of them now")


@pytest.mark.parametrize("side", [1, 2, 7, 16, 33])
@pytest.mark.parametrize("options", [{"lossless": True}, {"quality": 1}, {"quality": 100, "method": 6}])
@pytest.mark.parametrize("flat", [True, False])
def test_whole_pictures_of_all_kinds_are_read(side, options, flat):
    noise = np.random.default_rng(side).integers(0, 256, (side, side, 3), np.uint8)
    file = io.BytesIO()
    PillowImage.fromarray(noise * 0 + noise[0, 0] if flat else noise).save(file, "WEBP", **options)
    expected = PillowImage.open(io.BytesIO(file.getvalue())).convert("RGB")
    np.testing.assert_array_equal(read(file.getvalue()), np.asarray(expected))


def test_lossy_and_lossless_are_told_apart():
    assert webp.is_lossy(saved()) and webp.is_lossy(of_one_frame())
    assert not webp.is_lossy(saved(lossless=True))
