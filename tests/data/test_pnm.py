"""Files of Netpbm with one picture, and with several."""

import numpy as np
import pytest

from pix2pix.base.errors import DataError
from pix2pix.data import decoding

ONE = {
    "P1": b"P1 3 1\n1 0 1\n",
    "P2": b"P2\n# P2, a comment\n2 1 255\n1 2\n",
    "P3": b"P3 2 1 255\n1 2 3 4 5 6\n# P6\n",
    "P4": b"P4\n9 1\n\0\0",
    "P5": b"P5\n2 1\n255\nP5",
    "P6": b"P6\n2 1\n255\nP6 P5 ",
    "P6 deep": b"P6\n1 1\n65535\n\1\2\3\4\5\6",
}


def read(data):
    return decoding.rgb(data, lambda *_: None)


@pytest.mark.parametrize("one", ONE.values(), ids=ONE)
def test_one_picture_is_read_and_two_are_refused(one):
    read(one)
    read(one + b"\n")
    with pytest.raises(DataError, match="holds several pictures"):
        read(one + one)


def test_sixteen_bits_are_noted():
    pixels, note = read(ONE["P6 deep"])
    np.testing.assert_allclose(pixels, [[[1, 3, 5]]], atol=1)
    assert note == "16-bit RGB"
