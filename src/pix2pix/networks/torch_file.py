"""Files of tensors that PyTorch wrote before its version 1.6, read without PyTorch and without running what they say.

Such a file has five pickles (a mark, a version, the machine, the tensors, the order of their values), and then the
values themselves. A pickle may name any function, and reading it would call that function. So only a few names are
known here, and none of them does anything but say what a tensor is.
"""

import pickle
from collections import OrderedDict
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import numpy as np
from numpy.lib.stride_tricks import as_strided
from numpy.typing import NDArray

from pix2pix.base.errors import DataError, one_line

_MARK, _VERSION = 0x1950A86A20F9469CFC6C, 1001


class _Values(NamedTuple):
    """The values that one tensor or several have in common: their name in the file, their type and their number."""

    name: str
    dtype: str
    number: int


class _Tensor(NamedTuple):
    """A tensor: its values, the place of its first one, its shape, and the steps from value to value of each axis."""

    values: _Values
    first: int
    shape: tuple[int, ...]
    steps: tuple[int, ...]


def _tensor(values: _Values, first: int, shape: tuple[int, ...], steps: tuple[int, ...], *_: Any) -> _Tensor:
    return _Tensor(values, first, shape, steps)


# All that a file may name, with what stands in its place here. Before version 0.4 a tensor was a `_rebuild_tensor`.
_KNOWN: Mapping[tuple[str, str], Callable[..., Any] | str] = {
    ("collections", "OrderedDict"): OrderedDict,
    ("torch._utils", "_rebuild_tensor"): _tensor,
    ("torch._utils", "_rebuild_tensor_v2"): _tensor,
    ("torch", "FloatStorage"): "<f4",
    ("torch", "LongStorage"): "<i8",
}


class _Unpickler(pickle.Unpickler):
    """Reads a pickle that names nothing but `_KNOWN`."""

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in _KNOWN:
            raise pickle.UnpicklingError(f"it names {module}.{name}, which no file of tensors needs")
        return _KNOWN[module, name]

    def persistent_load(self, pid: Any) -> _Values:
        kind, dtype, name, _, number, view = pid
        if kind != "storage" or view is not None:
            raise pickle.UnpicklingError("it has values of an unknown form")
        return _Values(name, dtype, number)


def read(path: Path) -> dict[str, NDArray[Any]]:
    """Return the tensors of a file by their names: float32 and int64 arrays of their shapes.

    Raises:
        DataError: the file is damaged, is no such file, or names anything else than tensors.
    """
    try:
        with path.open("rb") as file:
            return _tensors(file)
    except OSError:
        raise
    except Exception as error:  # a damaged pickle raises any kind of exception
        raise DataError(
            f"{path}: cannot be read as tensors ({one_line(error)}); it has to be whole, and of the form before "
            "PyTorch 1.6: `torch.save(tensors, path, _use_new_zipfile_serialization=False)`"
        ) from None


def _tensors(file: BinaryIO) -> dict[str, NDArray[Any]]:
    mark, version, _, tensors, names = (_Unpickler(file).load() for _ in range(5))
    if (mark, version) != (_MARK, _VERSION):
        raise ValueError("it does not begin as one")
    dtypes = {tensor.values.name: tensor.values for tensor in tensors.values()}
    values = {name: _values(file, dtypes[name]) for name in names}
    return {name: _array(tensor, values[tensor.values.name]) for name, tensor in tensors.items()}


def _values(file: BinaryIO, told: _Values) -> NDArray[Any]:
    """Read the next values of the file, which has their number before them."""
    (number,) = np.frombuffer(file.read(8), "<i8")
    found = np.frombuffer(file.read(told.number * np.dtype(told.dtype).itemsize), told.dtype)
    if not number == told.number == len(found):
        raise ValueError(f"the values {told.name} are not all there")
    return found


def _array(tensor: _Tensor, values: NDArray[Any]) -> NDArray[Any]:
    """Return a tensor as an array of its own."""
    _, first, shape, steps = tensor
    last = first + sum((size - 1) * step for size, step in zip(shape, steps, strict=True))
    if min(first, *shape, *steps, 0) < 0 or last >= len(values):
        raise ValueError("a tensor reaches beyond its values")
    return as_strided(values[first:], shape, [step * values.itemsize for step in steps]).copy()
