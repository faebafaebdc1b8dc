"""Colours of picture files that are not sRGB: ICC profiles, and the gamma and primaries of a PNG file."""

import functools
import io
import struct
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image as PillowImage
from PIL import ImageCms

from pix2pix.base.errors import one_line
from pix2pix.data import colour_headers

# The chromaticities (x, y) of sRGB: white, red, green, blue, in the order of a PNG's cHRM.
_SRGB = (0.3127, 0.3290, 0.64, 0.33, 0.30, 0.60, 0.15, 0.06)
# By convention a PNG with this gAMA is sRGB, though sRGB's curve is not quite a power.
_SRGB_GAMMA = 0.45455
_CLOSE = 0.005
# Colours that no profile moves by more than so many levels are sRGB's, but for rounding.
_ROUNDING = 2
_ASIDE = ", left aside"
_MODES = {"GRAY": "L", "RGB": "RGB", "CMYK": "CMYK"}
# The white of profiles (D50), and the Bradford adaptation's cone responses: ICC.1:2022, annex E.
_D50 = np.array([0.9642, 1.0, 0.8249])
_BRADFORD = np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]])


def to_srgb(
    picture: PillowImage.Image, kind: str | None, info: Mapping[Any, Any], data: bytes
) -> tuple[PillowImage.Image, str | None]:
    """Convert a picture to sRGB if its file says that its colours are others.

    Args:
        picture: of mode L, RGB or CMYK.
        kind: the file's format, as Pillow names it.
        info: what the file says, as Pillow read it.
        data: the file.

    Returns:
        The picture, of mode RGB if it was converted and unchanged else; and what it was converted from, or why its
        profile was left aside, None if it says nothing else than sRGB.
    """
    try:
        said = _said(kind, info, data)
        return _converted(picture, said) if said else (picture, colour_headers.left_aside(kind, data))
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError, LookupError, struct.error, ArithmeticError):
        return picture, "a colour profile that cannot be read, left aside"


def not_converted(grey: bool, kind: str | None, info: Mapping[Any, Any], data: bytes) -> str | None:
    """What a file says of its colours, for pixels that stay as they are; None if it says nothing else than sRGB."""
    _, said = to_srgb(PillowImage.new("L" if grey else "RGB", (1, 1)), kind, info, data)
    return f"{said.removesuffix(_ASIDE)}{_ASIDE}" if said else None


def _said(kind: str | None, info: Mapping[Any, Any], data: bytes) -> bytes | None:
    """The profile of a file, or one that says what a PNG's chunks do; None if it is sRGB or says nothing."""
    if icc := info.get("icc_profile") or colour_headers.profile(kind, data):
        return bytes(icc)
    if "icc_profile" in info:
        raise ValueError("a profile of which a part is missing, or that does not unpack")
    if kind != "PNG" or "srgb" in info or not {"gamma", "chromaticity"} & info.keys():
        return None
    gamma, primaries = info.get("gamma", _SRGB_GAMMA), info.get("chromaticity", _SRGB)
    if np.allclose([gamma, *primaries], [_SRGB_GAMMA, *_SRGB], rtol=0, atol=_CLOSE):
        return None
    return _made(gamma, primaries)


def _converted(picture: PillowImage.Image, icc: bytes) -> tuple[PillowImage.Image, str | None]:
    profile = _profile(icc)
    if profile.mode == "RGB" and picture.mode == "L":
        picture = picture.convert("RGB")
    if picture.mode != profile.mode:
        return picture, f"a colour profile for other pictures ({profile.name}), left aside"
    transform = _transform(icc)
    if transform is None:
        return picture, None
    converted = ImageCms.applyTransform(picture, transform)
    assert converted is not None  # it is, only in place
    return converted, f"colour profile {profile.name}"


class _Profile(NamedTuple):
    """A profile that was read, its name for people, and the mode of the pictures that it is for."""

    read: ImageCms.ImageCmsProfile
    name: str
    mode: str | None


def _profile(icc: bytes) -> _Profile:
    read = ImageCms.ImageCmsProfile(io.BytesIO(icc))
    told = read.profile
    return _Profile(
        read, one_line(told.profile_description or "without a name")[:60], _MODES.get(told.xcolor_space.strip())
    )


@functools.lru_cache(maxsize=8)
def _transform(icc: bytes) -> ImageCms.ImageCmsTransform | None:
    """The way from a profile's colours to sRGB; None if these are sRGB's."""
    profile = _profile(icc)
    assert profile.mode is not None
    transform = ImageCms.buildTransform(
        profile.read,
        ImageCms.createProfile("sRGB"),
        profile.mode,
        "RGB",
        ImageCms.Intent.RELATIVE_COLORIMETRIC,
        ImageCms.Flags.BLACKPOINTCOMPENSATION,
    )
    probe = _probe(profile.mode)
    moved = np.asarray(ImageCms.applyTransform(probe, transform), np.int16) - np.asarray(probe.convert("RGB"))
    return transform if np.abs(moved).max() > _ROUNDING else None


def _probe(mode: str) -> PillowImage.Image:
    """Colours from all over a colour space: steps of 32 in every channel."""
    channels = len(PillowImage.new(mode, (1, 1)).getbands())
    steps = np.array([*range(0, 256, 32), 255], np.uint8)
    colours = np.stack(np.meshgrid(*[steps] * channels), axis=-1).reshape(1, -1, channels)
    return PillowImage.fromarray(colours[..., 0] if channels == 1 else colours, mode)


def _made(gamma: float, primaries: Sequence[float]) -> bytes:
    """An ICC profile (ICC.1:2022) of three primaries and one power.

    Args:
        gamma: the exponent from light to values, as in gAMA.
        primaries: x and y of white, red, green and blue, as in cHRM.
    """
    curve = b"para" + struct.pack(">4xHHi", 0, 0, _fixed(1 / gamma))
    name = f"of PNG, gamma {gamma:g}".encode("utf-16-be")
    words = b"mluc" + struct.pack(">4xII2s2sII", 1, 12, b"en", b"US", len(name), 28) + name
    tags = {b"desc": words, b"wtpt": _xyz(_D50), b"rTRC": curve, b"gTRC": curve, b"bTRC": curve}
    tags |= {
        name: _xyz(colour) for name, colour in zip((b"rXYZ", b"gXYZ", b"bXYZ"), _colorants(primaries).T, strict=True)
    }
    table, body, start = b"", b"", 132 + 12 * len(tags)
    for tag, content in tags.items():
        table += tag + struct.pack(">II", start + len(body), len(content))
        body += content + bytes(-len(content) % 4)
    told = struct.pack(
        ">4xI4s4s4s12x4s28x3i48xI", 0x04400000, b"mntr", b"RGB ", b"XYZ ", b"acsp", *map(_fixed, _D50), len(tags)
    )
    return struct.pack(">I", start + len(body)) + told + table + body


def _fixed(value: float) -> int:
    """A number as 16 bits before and 16 after the point."""
    return round(value * 65536)


def _xyz(values: NDArray[np.float64]) -> bytes:
    return b"XYZ " + struct.pack(">4x3i", *map(_fixed, values))


def _colorants(primaries: Sequence[float]) -> NDArray[np.float64]:
    """The XYZ of full red, green and blue, a column each, with the white adapted to that of profiles (D50)."""
    white, *rgb = ([x / y, 1.0, (1 - x - y) / y] for x, y in zip(primaries[::2], primaries[1::2], strict=True))
    matrix = np.array(rgb).T
    matrix = matrix * np.linalg.solve(matrix, white)
    cones = (_BRADFORD @ _D50) / (_BRADFORD @ white)
    return np.linalg.inv(_BRADFORD) @ np.diag(cones) @ _BRADFORD @ matrix
