"""Files of tensors as PyTorch wrote them before its version 1.6, made with stand-ins for its modules."""

import pickle
import sys
import types
from collections import OrderedDict
from pathlib import Path
from typing import Any

import numpy as np
import pytest

MARK, VERSION = 0x1950A86A20F9469CFC6C, 1001


class Values:
    """The values of tensors, with the name of their type."""

    def __init__(self, name: str, kind: str, values: np.ndarray) -> None:
        self.name, self.kind, self.values = name, kind, values


class Tensor:
    """A tensor of some of these values, as a version from 0.4 on (`_rebuild_tensor_v2`) or an older one writes it."""

    def __init__(self, values: Values, first: int, shape: tuple[int, ...], steps: tuple[int, ...], new: bool = True):
        self.told = (values, first, shape, steps, *((False, OrderedDict()) if new else ()))
        self.name = "_rebuild_tensor_v2" if new else "_rebuild_tensor"

    def __reduce__(self) -> tuple[Any, tuple[Any, ...]]:
        return getattr(sys.modules["torch._utils"], self.name), self.told


def tensor(name: str, values: np.ndarray) -> Tensor:
    """All values of an array, float32 or int64."""
    kind = {"float32": "FloatStorage", "int64": "LongStorage"}[values.dtype.name]
    steps = tuple(step // values.itemsize for step in values.strides)
    return Tensor(Values(name, kind, values.ravel()), 0, values.shape, steps)


def _modules() -> dict[str, types.ModuleType]:
    """Modules that have the names which such a file has."""
    torch, utils = types.ModuleType("torch"), types.ModuleType("torch._utils")
    for name in ("_rebuild_tensor", "_rebuild_tensor_v2"):

        def rebuild(*words: Any) -> None:
            raise AssertionError(f"nobody calls this: {words}")

        rebuild.__module__, rebuild.__qualname__ = "torch._utils", name
        setattr(utils, name, rebuild)
    for name in ("FloatStorage", "LongStorage"):
        setattr(torch, name, type(name, (), {"__module__": "torch"}))
    return {"torch": torch, "torch._utils": utils}


def written(path: Path, tensors: Any) -> Path:
    """Write a file with these tensors, which are often a dictionary; returns `path`."""
    found = {}
    modules = _modules()

    class Pickler(pickle.Pickler):
        def persistent_id(self, thing: Any) -> Any:
            if not isinstance(thing, Values):
                return None
            found[thing.name] = thing.values
            return "storage", getattr(modules["torch"], thing.kind), thing.name, "cpu", len(thing.values), None

    with path.open("wb") as file, pytest.MonkeyPatch.context() as patch:
        for name, module in modules.items():
            patch.setitem(sys.modules, name, module)
        for each in (MARK, VERSION, {"little_endian": True}):
            pickle.dump(each, file, protocol=2)
        Pickler(file, protocol=2).dump(tensors)
        pickle.dump(sorted(found), file, protocol=2)
        for name in sorted(found):
            file.write(np.int64(len(found[name])).tobytes() + found[name].tobytes())
    return path
