"""Whether a JPEG has all its pixels: a file that was cut and then closed looks whole to every decoder.

libjpeg fills what is missing with grey and warns; Pillow does not pass the warning on. A JPEG has no checksum and no
length. But a decoder leaves off when it has all pixels. So bytes that are put behind the data of a scan change nothing
in a whole picture, and become pixels in a cut one. What is cut at the border of a scan or of a restart interval is
found by counting. (ITU-T T.81, B.1 and B.2)
"""

import io
import re
import struct
from collections.abc import Iterator
from typing import NamedTuple

from PIL import Image as PillowImage
from PIL import ImageChops

from pix2pix.base.errors import DataError

_MARKER = re.compile(rb"\xff+([\x01-\xfe])")
_RESTARTS = range(0xD0, 0xD8)
_EOI, _SOS, _DRI = 0xD9, 0xDA, 0xDD
_BASELINE, _EXTENDED, _PROGRESSIVE, _LOSSLESS = _HUFFMAN = (0xC0, 0xC1, 0xC2, 0xC3)
_ARITHMETIC = (0xC9, 0xCA, 0xCB)
# Encoders make about ten; each costs a pass over all pixels, though it may have no data.
_MOST_SCANS = 200
# Bits that look like none: what they become differs from the grey of missing pixels, whatever the Huffman codes are.
NOISE = bytes(254 - 97 * number * number % 253 for number in range(96))


class _Scan(NamedTuple):
    """One pass over the picture.

    Attributes:
        ends: where each of its pieces of data ends, in bytes; pieces are parted by restart markers.
        restarts: these markers.
        interval: how many MCUs a piece has; 0 if there are no restarts.
        components: their ids.
        spectrum: the first and the last coefficient that it has.
        precision: the bits of them that are left for later scans.
    """

    ends: list[int]
    restarts: list[int]
    interval: int
    components: list[int]
    spectrum: tuple[int, int]
    precision: int


class _Frame(NamedTuple):
    """The size of a picture in pixels, and the sampling factors of its components by their ids."""

    kind: int
    width: int
    height: int
    sampling: dict[int, tuple[int, int]]


def refuse_cut(data: bytes, most_pixels: int) -> int:
    """Refuse a JPEG that lacks pixels. Returns how many it has.

    Args:
        data: a JPEG that Pillow decodes.
        most_pixels: the most that it may have; known before it is decoded.

    Raises:
        DataError: pixels are missing or too many, there are more than 200 scans, or the file is arithmetically coded,
            where one cannot tell.
        struct.error, ValueError: it is no JPEG.
    """
    frame, scans = _parsed(data)
    if frame.width * frame.height > most_pixels:
        raise DataError(f"damaged (a JPEG of {frame.width}x{frame.height} pixels inside)")
    if frame.kind in _ARITHMETIC:
        raise DataError("is arithmetically coded; save it as an ordinary JPEG or as PNG")
    if len(scans) > _MOST_SCANS:
        raise DataError(f"damaged (a JPEG of {len(scans):,} scans)")
    if not (_complete(frame, scans) and all(_has_restarts(frame, scan) for scan in scans)):
        raise DataError("damaged or cut short (a part of the JPEG is missing)")
    ends = [end for scan in scans for end in scan.ends]
    noisy = b"".join(data[start:end] + NOISE for start, end in zip([0, *ends], ends, strict=False)) + data[ends[-1] :]
    if ImageChops.difference(_decoded(data), _decoded(noisy)).getbbox(alpha_only=False):
        raise DataError("damaged or cut short (the JPEG ends before its last pixel)")
    return frame.width * frame.height


def _decoded(data: bytes) -> PillowImage.Image:
    picture = PillowImage.open(io.BytesIO(data), formats=["JPEG"])
    picture.load()
    return picture


def _parsed(data: bytes) -> tuple[_Frame, list[_Scan]]:
    """The frame and the scans of a JPEG."""
    frame, scans, interval = None, [], 0
    for code, body, end in _segments(data):
        if code in (*_HUFFMAN, *_ARITHMETIC):
            frame = _frame(code, body)
        elif code == _DRI:
            interval = struct.unpack(">H", body[:2])[0]
        elif code == _SOS:
            scans.append(_scan(data, body, end, interval))
    if frame is None or not scans:
        raise ValueError("a JPEG without a picture")
    return frame, scans


def _segments(data: bytes) -> Iterator[tuple[int, bytes, int]]:
    """The marker, the contents and the end of every segment with contents, up to the end of the picture."""
    at = 2
    while (found := _MARKER.search(data, at)) and (code := found[1][0]) != _EOI:
        at = found.end()
        if code not in (0x01, *_RESTARTS):
            length = struct.unpack_from(">H", data, at)[0]
            yield code, data[at + 2 : at + length], at + length
            at += max(length, 2)


def _frame(kind: int, body: bytes) -> _Frame:
    height, width, count = struct.unpack_from(">HHB", body, 1)
    rows = [body[at : at + 3] for at in range(6, 6 + 3 * count, 3)]
    return _Frame(kind, width, height, {row[0]: (row[1] >> 4, row[1] & 15) for row in rows})


def _scan(data: bytes, body: bytes, at: int, interval: int) -> _Scan:
    """The scan whose header is `body` and whose data begin at `at`."""
    count = body[0]
    first, last, bits = body[1 + 2 * count : 4 + 2 * count]
    ends, restarts = [], []
    for found in _MARKER.finditer(data, at):
        ends.append(found.start())
        if found[1][0] not in _RESTARTS:
            break
        restarts.append(found[1][0] - _RESTARTS[0])
    return _Scan(ends or [len(data)], restarts, interval, list(body[1 : 1 + 2 * count : 2]), (first, last), bits & 15)


def _complete(frame: _Frame, scans: list[_Scan]) -> bool:
    """Whether the scans together have every component, and of a progressive picture every bit of each coefficient."""
    if frame.kind != _PROGRESSIVE:
        return {each for scan in scans for each in scan.components} >= set(frame.sampling)
    left = {(component, index): -1 for component in frame.sampling for index in range(64)}
    for scan in scans:
        first, last = scan.spectrum
        left |= {(each, index): scan.precision for each in scan.components for index in range(first, last + 1)}
    return not any(left.values())


def _has_restarts(frame: _Frame, scan: _Scan) -> bool:
    """Whether a scan has the restart markers of its size, in their order."""
    if not scan.interval:
        return True
    count = -(-_mcus(frame, scan.components) // scan.interval) - 1
    return scan.restarts[:count] == [number % len(_RESTARTS) for number in range(count)]


def _mcus(frame: _Frame, components: list[int]) -> int:
    """How many MCUs a scan has: of one component they are its blocks, of several they are as large as the coarsest."""
    side = 1 if frame.kind == _LOSSLESS else 8
    across = max(h for h, _ in frame.sampling.values())
    down = max(v for _, v in frame.sampling.values())
    if len(components) > 1:
        return -(-frame.width // (side * across)) * -(-frame.height // (side * down))
    h, v = frame.sampling[components[0]]
    columns, rows = -(-frame.width * h // across), -(-frame.height * v // down)
    return -(-columns // side) * -(-rows // side)
