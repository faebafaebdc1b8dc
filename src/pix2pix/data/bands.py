"""TIFF files that Pillow does not open, or misreads: any number of samples a pixel, 8 or 16 bits each. tifffile does.

Everything that would take memory is checked before it is read. (TIFF 6.0; BigTIFF)
"""

import io
import logging
import zlib
from collections.abc import Callable
from math import prod
from typing import NamedTuple

import numpy as np
from tifffile import COMPRESSION, EXTRASAMPLE, PHOTOMETRIC, PLANARCONFIG, TiffFile, TiffPage

from pix2pix.base.errors import DataError, number_of, one_line
from pix2pix.data.channels import MOST, Samples

SIGNATURES = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
# It logs what it passes over in damaged files; here that is checked, and raised.
logging.getLogger("tifffile").setLevel(logging.CRITICAL)
_DEFLATE = {COMPRESSION.ADOBE_DEFLATE, COMPRESSION.DEFLATE}
_READ = {COMPRESSION.NONE, *_DEFLATE}
_PLAIN = {PHOTOMETRIC.MINISBLACK, PHOTOMETRIC.RGB}


class Bands(NamedTuple):
    """The samples of a TIFF, uint8 or uint16 `(height, width, samples)`.

    Attributes:
        values: the samples.
        coloured: whether they are grey, RGB or RGBA; otherwise they are bands, of which nothing is known.
        profile: the ICC profile; None if there is none.
    """

    values: Samples
    coloured: bool
    profile: bytes | None


def can_read(data: bytes) -> bool:
    """Whether `read` takes a TIFF: by its compression, and because it can be opened at all."""
    try:
        with TiffFile(io.BytesIO(data)) as file:
            return _page(file).compression in _READ
    except Exception:  # `read` says what is wrong
        return False


def size(data: bytes) -> tuple[int, int]:
    """Return the width and the height of a TIFF, in pixels, without reading its pixels.

    Raises:
        Exception: of any kind; it is damaged.
    """
    with TiffFile(io.BytesIO(data)) as file:
        page = _page(file)
        return page.imagewidth, page.imagelength


def read(data: bytes, refuse: Callable[[int, int], None], stacked: bool) -> Bands:
    """Return the samples of a TIFF.

    Args:
        data: the file.
        refuse: see `decoding.decode`.
        stacked: whether several grey pictures of one size and type are taken for the bands of one picture.

    Raises:
        DataError: it holds several pictures, is rotated, has other samples, a compression that is not read, or lacks
            pixels.
    """
    try:
        with TiffFile(io.BytesIO(data)) as file:
            first, pages = _page(file), _pages(file, stacked)
            refuse(first.imagewidth, first.imagelength)
            for page in pages:
                _check(page)
                _check_whole(page, data)
            profile = first.tags.valueof("InterColorProfile")
            values = np.concatenate([_values(page) for page in pages], axis=2) if len(pages) > 1 else _values(first)
            return Bands(values, len(pages) == 1 and _coloured(first), bytes(profile) if profile else None)
    except DataError:
        raise
    except Exception as error:  # tifffile raises errors of any kind for damage
        raise DataError(f"damaged or cut short ({one_line(error)})") from None


def _pages(file: TiffFile, stacked: bool) -> list[TiffPage]:
    """Return the pictures whose samples are the bands."""
    if (count := len(file.pages)) == 1:
        return [_page(file)]
    pages = [page for page in file.pages[: MOST + 1] if isinstance(page, TiffPage)]
    kinds = {(page.shape, page.dtype, page.samplesperpixel) for page in pages}
    if not stacked or count > MOST or len(pages) < count or len(kinds) > 1 or pages[0].samplesperpixel > 1:
        raise DataError(f"holds {count} pictures; save its bands as the samples of one picture, or as .npy")
    return pages


def _values(page: TiffPage) -> Samples:
    values = page.asarray(maxworkers=1)
    if page.planarconfig == PLANARCONFIG.SEPARATE and page.samplesperpixel > 1:
        return np.moveaxis(values, 0, -1).copy()
    return values.reshape(page.imagelength, page.imagewidth, page.samplesperpixel)


def _coloured(page: TiffPage) -> bool:
    """Whether the samples are grey, RGB or RGBA, by what the file says.

    Raises:
        DataError: its colours are multiplied by alpha.
    """
    if EXTRASAMPLE.ASSOCALPHA in page.extrasamples:
        raise DataError("has colours that are multiplied by alpha; save it with straight alpha")
    if page.photometric == PHOTOMETRIC.MINISBLACK:
        return page.samplesperpixel == 1
    return page.samplesperpixel == 3 or page.extrasamples == (EXTRASAMPLE.UNASSALPHA,)


def _page(file: TiffFile) -> TiffPage:
    page = file.pages.first
    if not isinstance(page, TiffPage):
        raise DataError("damaged or cut short (the TIFF has no first page)")
    return page


def _check(page: TiffPage) -> None:
    """Refuse what could be read in more than one way, or is of no kind that is read here."""
    if (turned := page.tags.valueof("Orientation", 1)) not in (0, 1):
        raise DataError(f"is rotated (orientation {one_line(turned)}); save it upright")
    if page.compression not in _READ:
        name = one_line(COMPRESSION(page.compression).name)
        raise DataError(f"is a TIFF of a compression that is not read ({name}); save it uncompressed or with deflate")
    if page.dtype is None or page.dtype.name not in ("uint8", "uint16") or page.bitspersample not in (8, 16):
        there = f"{page.dtype.name if page.dtype else 'no one type'}, {page.bitspersample} bits"
        raise DataError(f"has samples of {one_line(there)}; scale them to 0 … 65535, and save them as uint16")
    if not prod(page.shape):
        raise DataError("damaged (it has no pixels)")
    if page.photometric not in _PLAIN or page.imagedepth != 1:
        name = one_line(PHOTOMETRIC(page.photometric).name)
        raise DataError(f"has samples that are neither RGB nor plain values ({name}); save it as .npy")
    if page.samplesperpixel > MOST:
        raise DataError(f"has {number_of(page.samplesperpixel, 'band')}; {MOST} are the most that are read")


def _check_whole(page: TiffPage, data: bytes) -> None:
    """Refuse pixels that are missing, and streams that unpack to more than their strip or tile."""
    offsets, counts = page.dataoffsets, page.databytecounts
    needed = prod(page.chunked)
    # A planar picture has a grid of strips or tiles for each plane, which `chunked` counts.
    if len(offsets) < needed or len(counts) < needed or not all(offsets) or not all(counts):
        raise DataError(f"damaged or cut short (the TIFF does not say where all of its {needed} strips or tiles are)")
    if any(at + count > len(data) for at, count in zip(offsets, counts, strict=True)):
        raise DataError("damaged or cut short (strips or tiles lie beyond the end of the file)")
    most = prod(page.chunks) * page.bitspersample // 8
    if most * needed > 4 * prod(page.shape) * page.bitspersample // 8 + (64 << 20):
        raise DataError("has tiles far beyond its pixels; save it anew")
    for at, count in zip(offsets, counts, strict=True) if page.compression in _DEFLATE else ():
        stream = zlib.decompressobj()
        stream.decompress(data[at : at + count], most)
        if not stream.eof and stream.decompress(stream.unconsumed_tail, 1):
            raise DataError("damaged (a strip or tile unpacks to more than its pixels)")
    if page.compression not in _DEFLATE and sum(counts) < prod(page.shape) * page.bitspersample // 8:
        raise DataError(f"damaged or cut short (the TIFF has {sum(counts):,} bytes of pixels)")
