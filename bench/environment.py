"""The cores and the versions at hand. Needs the standard library alone."""

import os
import platform
from importlib.metadata import version


def threads() -> int:
    """As many as there are cores that this process may run on, which is what TensorFlow takes."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def versions(*packages: str) -> dict[str, str]:
    """Of Python and these packages."""
    return {"python": platform.python_version()} | {name: version(name) for name in packages}
