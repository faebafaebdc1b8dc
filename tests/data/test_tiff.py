import io
from unittest.mock import Mock

import numpy as np
import pytest
from PIL import Image as PillowImage

from pix2pix.base.errors import DataError
from pix2pix.data import decoding, tiff

STRIP_OFFSETS, STRIP_COUNTS = 273, 279
PIXELS = np.random.default_rng(0).integers(0, 256, (128, 256, 3)).astype(np.uint8)


def encoded(compression, mode="RGB"):
    file = io.BytesIO()
    PillowImage.fromarray(PIXELS).convert(mode).save(file, "TIFF", compression=compression)
    return file.getvalue()


def read(data):
    return decoding.rgb(data, Mock())  # no size is refused


@pytest.mark.parametrize("compression", [None, "tiff_lzw", "tiff_adobe_deflate", "packbits", "jpeg"])
@pytest.mark.parametrize("mode", ["RGB", "L"])
def test_a_whole_tiff_is_read(compression, mode):
    assert read(encoded(compression, mode))[0].shape == PIXELS.shape


@pytest.mark.parametrize("strip", [0, 1])
def test_a_jpeg_inside_that_was_cut_and_closed_is_refused(strip):
    data = bytearray(encoded("jpeg"))
    tags = PillowImage.open(io.BytesIO(data)).tag_v2
    end = tags[STRIP_OFFSETS][strip] + tags[STRIP_COUNTS][strip]
    lost = tags[STRIP_COUNTS][strip] // 2
    data[end - lost : end] = b"\xff\xd9" + bytes(lost - 2)
    with pytest.raises(DataError, match="damaged or cut short"):
        read(bytes(data))


@pytest.mark.parametrize("compression", ["group3", "group4"])
def test_the_codings_of_fax_machines_are_refused_by_name(compression):
    with pytest.raises(DataError, match=rf"compressed in a way that hides damage \({compression}\); save it as PNG"):
        read(encoded(compression, "1"))


def test_strips_without_end_are_not_decoded():
    """The strips of a small TIFF are many JPEGs of a large size, all the same bytes."""
    file = io.BytesIO()
    PillowImage.new("L", (2000, 1000)).save(file, "JPEG")
    picture = Mock(info={"compression": "jpeg"}, width=10, height=10)
    picture.tag_v2 = {STRIP_OFFSETS: (0,) * 10**6, STRIP_COUNTS: (file.tell(),) * 10**6}
    with pytest.raises(DataError, match="a JPEG of 2000x1000 pixels inside"):
        tiff.refuse_cut(picture, file.getvalue())
