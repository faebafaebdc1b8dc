"""The systems that can be trained. Each is one file; `load` finds it by its name."""

from importlib import import_module
from types import ModuleType


def load(name: str) -> ModuleType:
    """Return the module of a system, by its name in `model.system`. Its `set_up` makes the parts of a training."""
    return import_module(f"pix2pix.systems.{name}")
