"""The processor and the versions at hand. Needs the standard library alone."""

import os
import platform
from importlib.metadata import version
from pathlib import Path

# x86's, of vectors and of matrices.
BFLOAT16 = {"avx512_bf16", "amx_bf16"}


def has_bfloat16(cpuinfo: Path = Path("/proc/cpuinfo")) -> bool:
    """Whether the processor has bfloat16 instructions; no where that cannot be read."""
    if not cpuinfo.exists():
        return False
    flags = [line.partition(":")[2].split() for line in cpuinfo.read_text().splitlines() if line.startswith("flags")]
    return bool(flags) and not BFLOAT16.isdisjoint(flags[0])


def threads() -> int:
    """As many as there are cores that this process may run on, which is what TensorFlow takes."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def versions(*packages: str) -> dict[str, str]:
    """Of Python and these packages."""
    return {"python": platform.python_version()} | {name: version(name) for name in packages}
