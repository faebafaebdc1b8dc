"""Memory that the process keeps: a training step allocates and frees the same large arrays again and again.

By default the C library takes an array of more than 32 MB from the system and gives it back when it is freed. The
kernel then has to clear each of its pages anew, every step. Here the process keeps what it has freed, and asks for huge
pages for the first 2 GB, so that the kernel handles 2 MB at a time. No result changes: only addresses do.
"""

import contextlib
import ctypes
import re
import resource
from functools import cache
from pathlib import Path

# More than a step of the default networks needs at batch size 1.
_HEAP = (1 << 31) - (1 << 20)
# The names of glibc's malloc.h and of Linux' mman.h.
_M_TRIM_THRESHOLD, _M_TOP_PAD, _M_MMAP_MAX = -1, -2, -4
_MADV_HUGEPAGE = 14
_DEFAULT_PAD = 1 << 26


@cache
def keep() -> None:
    """Have this process keep the memory that it frees, where the C library is glibc; call it before large arrays exist.

    A limit on the address space (`ulimit -v`) or on data is left alone: there every byte counts.
    """
    libc = ctypes.CDLL(None)
    if not hasattr(libc, "mallopt") or _limited():
        return
    libc.mallopt(_M_MMAP_MAX, 0)
    libc.mallopt(_M_TRIM_THRESHOLD, (1 << 31) - 1)
    libc.mallopt(_M_TOP_PAD, _HEAP)
    _grow(libc)
    libc.mallopt(_M_TOP_PAD, _DEFAULT_PAD)
    with contextlib.suppress(OSError):
        for first, last in _heap():
            libc.madvise(ctypes.c_void_p(first), ctypes.c_size_t(last - first), _MADV_HUGEPAGE)


def _grow(libc: ctypes.CDLL) -> None:
    """Have malloc extend its heap once, by `_HEAP` bytes of addresses; pages come when they are used."""
    libc.malloc.restype = ctypes.c_void_p
    libc.free(ctypes.c_void_p(libc.malloc(ctypes.c_size_t(_DEFAULT_PAD))))


def _heap() -> list[tuple[int, int]]:
    """Return the addresses of the heap's first and last byte, as the kernel tells them."""
    maps = Path("/proc/self/maps").read_text(encoding="utf-8")
    found = re.findall(r"^([0-9a-f]+)-([0-9a-f]+) .*\[heap\]$", maps, flags=re.MULTILINE)
    return [(int(first, 16), int(last, 16)) for first, last in found]


def _limited() -> bool:
    limits = (resource.getrlimit(which)[0] for which in (resource.RLIMIT_AS, resource.RLIMIT_DATA))
    return any(limit != resource.RLIM_INFINITY for limit in limits)
