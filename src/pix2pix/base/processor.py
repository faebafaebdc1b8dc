"""The processor at hand, as Linux describes it. Needs the standard library alone."""

from pathlib import Path

CPUINFO = Path("/proc/cpuinfo")
# x86's, of vectors and of matrices.
BFLOAT16 = {"avx512_bf16", "amx_bf16"}


def name() -> str | None:
    """What its maker calls it; None where that is not told."""
    return next(iter(_told("model name")), None)


def has_bfloat16() -> bool:
    """Whether it has bfloat16 instructions; no where that is not told."""
    return any(not BFLOAT16.isdisjoint(flags.split()) for flags in _told("flags")[:1])


def _told(what: str) -> list[str]:
    """What is told of each core."""
    if not CPUINFO.exists():
        return []
    lines = (line.partition(":") for line in CPUINFO.read_text().splitlines())
    return [value.strip() for key, _, value in lines if key.strip() == what]
