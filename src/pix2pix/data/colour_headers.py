"""What files say of their colours and Pillow does not read.

The profiles of BMP (BITMAPV5HEADER, MS-WMF) and of GIF (the extension of the International Color Consortium), the
calibrated colours of BMP, and colours that are stated by their numbers in ITU-T H.273: cICP in PNG, nclx in AVIF.
"""

import struct

import numpy as np

from pix2pix.data import png

# In a BMP: where the header begins, and the places in it. Colours are 2.30, gammas 16.16 fixed-point numbers.
_HEADER, _SPACE, _ENDS, _GAMMAS, _PROFILE = 14, 56, 60, 96, 112
_V4, _V5 = 108, 124
_CALIBRATED, _EMBEDDED, _LINKED = b"\0\0\0\0", b"DEBM", b"KNIL"
_SRGB_ENDS = np.array([[0.64, 0.33], [0.30, 0.60], [0.15, 0.06]])
_CLOSE = 0.01
_GIF_PROFILE = b"\x21\xff\x0bICCRGBG1012"
# Primaries of sRGB, or not stated; transfer curves that are shown as sRGB's, or not stated.
_PRIMARIES, _TRANSFERS = {1, 2}, {1, 2, 6, 13, 14, 15}


def profile(kind: str | None, data: bytes) -> bytes | None:
    """The ICC profile in a file whose format Pillow calls `kind`; None if there is none that Pillow passes over.

    Raises:
        ValueError, struct.error, IndexError: it is cut short.
    """
    if kind == "BMP":
        return _of_bmp(data)
    return _of_gif(data) if kind == "GIF" else None


def left_aside(kind: str | None, data: bytes) -> str | None:
    """What a file says of its colours in a way that is not converted; None if that is nothing, or sRGB."""
    if kind == "BMP":
        return _aside_of_bmp(data)
    numbers = {"PNG": _cicp, "AVIF": _nclx}.get(kind or "", lambda _: None)(data)
    if numbers is None or (numbers[0] in _PRIMARIES and numbers[1] in _TRANSFERS):
        return None
    return f"colours of other primaries (CICP {numbers[0]}/{numbers[1]}), left aside"


def _bmp_space(data: bytes, header: int) -> bytes | None:
    """How a BMP says its colours; None if its header is shorter than `header` bytes."""
    return data[_HEADER + _SPACE :][:4] if struct.unpack_from("<I", data, _HEADER)[0] >= header else None


def _of_bmp(data: bytes) -> bytes | None:
    if _bmp_space(data, _V5) != _EMBEDDED:
        return None
    start, size = struct.unpack_from("<II", data, _HEADER + _PROFILE)
    found = data[_HEADER + start :][:size]
    if not found or len(found) < size:
        raise ValueError("the profile is cut short")
    return found


def _aside_of_bmp(data: bytes) -> str | None:
    if _bmp_space(data, _V5) == _LINKED:
        return "a colour profile in another file, left aside"
    calibrated = _bmp_space(data, _V4) == _CALIBRATED and not _is_srgb(data)
    return "calibrated colours of a BMP, left aside" if calibrated else None


def _is_srgb(data: bytes) -> bool:
    """Whether the calibrated colours of a BMP are those of sRGB, or all zero: not stated."""
    ends = np.array(struct.unpack_from("<9i", data, _HEADER + _ENDS)).reshape(3, 3) / 2**30
    gammas = np.array(struct.unpack_from("<3I", data, _HEADER + _GAMMAS)) / 2**16
    if not ends.any():
        return True
    usual = all(min(abs(gamma - each) for each in (0, 2.2, 1 / 2.2)) < _CLOSE for gamma in gammas)
    sums = ends.sum(axis=1, keepdims=True)
    return usual and bool((sums > 0).all() and np.allclose((ends / sums)[:, :2], _SRGB_ENDS, rtol=0, atol=_CLOSE))


def _of_gif(data: bytes) -> bytes | None:
    _, found, rest = data.partition(_GIF_PROFILE)
    if not found:
        return None
    content, at = b"", 0
    while size := rest[at]:
        content += rest[at + 1 : at + 1 + size]
        at += 1 + size
    return content


def _cicp(data: bytes) -> tuple[int, int] | None:
    content = next((chunk.content for chunk in png.chunks(data) if chunk.kind == b"cICP"), b"")
    return (content[0], content[1]) if len(content) >= 2 else None


def _nclx(data: bytes) -> tuple[int, int] | None:
    _, found, rest = data.partition(b"colrnclx")
    return struct.unpack_from(">HH", rest) if found else None
