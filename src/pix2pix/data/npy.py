"""NumPy's `.npy` files as pictures: uint8 or uint16, `(height, width)` or `(height, width, bands)`. No pickle is read.

(NumPy enhancement proposal 1, and `numpy.lib.format`)
"""

import io
from math import prod
from typing import Any

import numpy as np
from numpy.lib import format as npy_format

from pix2pix.base.errors import DataError, one_line
from pix2pix.data.channels import MOST, Samples

SIGNATURE = npy_format.MAGIC_PREFIX
# The longest header that is read, in bytes: one of these arrays has about 120.
_HEADER = 1024
_READERS = {(1, 0): npy_format.read_array_header_1_0, (2, 0): npy_format.read_array_header_2_0}


def size(data: bytes) -> tuple[int, int]:
    """Return the width and the height, in pixels, without reading the values; see `read`."""
    (height, width, _), _, _, _ = _header(data)
    return width, height


def read(data: bytes) -> Samples:
    """Return the values, uint8 or uint16 `(height, width, bands)`.

    Raises:
        DataError: it has another shape or dtype, or is not as long as its header says.
    """
    shape, fortran, dtype, start = _header(data)
    there, needed = len(data) - start, prod(shape) * dtype.itemsize
    if there != needed:
        raise DataError(f"damaged or cut short (the .npy has {there:,} of {needed:,} bytes of values)")
    values = np.frombuffer(data, dtype, offset=start).reshape(shape, order="F" if fortran else "C")
    return np.ascontiguousarray(values, dtype.newbyteorder("="))


def encoded(values: Samples) -> bytes:
    """Return an array as the contents of a `.npy` file."""
    stream = io.BytesIO()
    np.save(stream, values, allow_pickle=False)
    return stream.getvalue()


def _header(data: bytes) -> tuple[tuple[int, int, int], bool, np.dtype[Any], int]:
    """Return the shape with three sides, whether the first side runs fastest, the dtype, and where the values begin."""
    stream = io.BytesIO(data)
    try:
        reader = _READERS[npy_format.read_magic(stream)]
        shape, fortran, dtype = reader(stream, max_header_size=_HEADER)
    except KeyError:
        raise DataError("is a .npy of a version that is not read; save it with numpy.save") from None
    except Exception as error:  # NumPy's parser raises errors of several kinds for damage
        raise DataError(f"damaged or cut short ({one_line(error)})") from None
    if dtype.kind != "u" or dtype.itemsize > 2:
        raise DataError(f"holds values of {_named(dtype)}; scale them to 0 … 65535, and save them as uint16")
    if len(shape) not in (2, 3) or not all(shape) or (len(shape) == 3 and shape[2] > MOST):
        said = f"(height, width) or (height, width, bands) with at most {MOST} bands"
        raise DataError(f"has the shape {tuple(shape)}; a picture is {said}")
    height, width, bands = (*shape, 1)[:3]
    return (height, width, bands), fortran, dtype, stream.tell()


def _named(dtype: np.dtype[Any]) -> str:
    return "Python objects" if dtype.hasobject else one_line(dtype.name)
