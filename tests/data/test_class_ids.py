import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image as PillowImage

from pix2pix.base.errors import DataError
from pix2pix.data import class_ids, decoding

COLOURS = {0: (0, 0, 0), 7: (128, 64, 128), 23: (70, 130, 180), 300: (1, 2, 3)}
IDS = np.array([[0, 7], [23, 7], [0, 0]])
EXPECTED = np.array([[COLOURS[id_] for id_ in row] for row in IDS.tolist()], np.uint8)


def file(picture, kind="PNG", **options):
    contents = io.BytesIO()
    picture.save(contents, kind, **options)
    return contents.getvalue()


def any_size(width, height):
    pass


def read(contents):
    return class_ids.painted(decoding.class_ids(contents, any_size), COLOURS)


def with_palette(bits):
    """A picture whose indices are the ids, and whose palette has other colours than the classes."""
    picture = PillowImage.fromarray(IDS.astype(np.uint8)).convert("P")
    picture.putdata(IDS.ravel().tolist())
    picture.putpalette([255 - value for value in range(256) for _ in range(3)])
    return picture, {"bits": bits} if bits else {}


@pytest.mark.parametrize("kind", ["PNG", "BMP", "TIFF", "PPM"])
def test_grey_values_are_ids(kind):
    assert (read(file(PillowImage.fromarray(IDS.astype(np.uint8)), kind)) == EXPECTED).all()


@pytest.mark.parametrize("kind", ["PNG", "BMP", "TIFF"])
def test_the_indices_of_a_palette_are_ids_whatever_its_colours(kind):
    picture, options = with_palette(None)
    assert (read(file(picture, kind, **options)) == EXPECTED).all()


def test_sixteen_bits_are_ids():
    ids = np.where(IDS == 23, 300, IDS).astype(np.uint16)
    for kind in ("PNG", "TIFF"):
        assert (read(file(PillowImage.fromarray(ids), kind))[1, 0] == COLOURS[300]).all()


def test_equal_channels_are_ids():
    grey = np.repeat(IDS[..., None], 3, axis=-1).astype(np.uint8)
    assert (read(file(PillowImage.fromarray(grey))) == EXPECTED).all()


@pytest.mark.parametrize(("bits", "most"), [(1, 1), (2, 3), (4, 15)])
def test_grey_of_few_bits_is_not_enlarged(bits, most):
    """Pillow shows such values enlarged to 0 … 255; the file is written by hand."""
    width = 8
    values = np.arange(width) % (most + 1)
    packed = np.packbits(((values[:, None] >> np.arange(bits)[::-1]) & 1).astype(np.uint8)).tobytes()
    head = struct.pack(">IIBBBBB", width, 1, bits, 0, 0, 0, 0)
    chunks = ((b"IHDR", head), (b"IDAT", zlib.compress(b"\0" + packed)), (b"IEND", b""))
    png = b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body)) for name, body in chunks
    )
    assert decoding.class_ids(png, any_size).tolist() == [values.tolist()]


@pytest.mark.parametrize(
    ("contents", "says"),
    [
        (file(PillowImage.fromarray(EXPECTED)), "has colours, where data.palette or data.instances says ids"),
        (file(PillowImage.fromarray(IDS.astype(np.uint8)), "JPEG"), "its compression changes values"),
        (file(PillowImage.fromarray((IDS + 5).astype(np.uint8))), "nor data.ignore names: 5, 12, 28"),
        (b"P2 2 1 33 0 7\n", "may not be the ids that were saved"),
        (file(PillowImage.fromarray(IDS.astype(np.uint8)), "GIF"), "may not be the ids that were saved"),
    ],
)  # fmt: skip
def test_what_holds_no_ids_is_refused(contents, says):
    with pytest.raises(DataError, match=says):
        read(contents)
