"""The systems that can be trained. Each is one file; `load` finds it by its name."""

from importlib import import_module
from types import ModuleType


def load(name: str) -> ModuleType:
    """The module of a system, by the name that `model.system` gives it."""
    return import_module(f"pix2pix.systems.{name}")
