"""The processor of this machine, as Linux describes it. This module needs only the standard library."""

from pathlib import Path

CPUINFO = Path("/proc/cpuinfo")
# The flags of x86 processors: vector instructions and matrix instructions.
_BFLOAT16 = {"avx512_bf16", "amx_bf16"}


def name() -> str | None:
    """Return the name that its maker gave it, or None where Linux does not say."""
    return next(iter(_told("model name")), None)


def has_bfloat16() -> bool:
    """Whether it has bfloat16 instructions; False where Linux does not say."""
    return not _BFLOAT16.isdisjoint(_flags())


def has_avx2_only() -> bool:
    """Whether its widest vector instructions are those of AVX2; False where Linux does not say."""
    return {"avx2", "avx512f"} & _flags() == {"avx2"}


def instructions() -> str:
    """Return the names of its vector and matrix instructions, such as `avx avx2`; "" where Linux does not say."""
    return " ".join(sorted(flag for flag in _flags() if flag.startswith(("avx", "amx"))))


def _flags() -> set[str]:
    return set(next(iter(_told("flags")), "").split())


def _told(what: str) -> list[str]:
    """Return the values of one line of /proc/cpuinfo, one for each core."""
    if not CPUINFO.exists():
        return []
    lines = (line.partition(":") for line in CPUINFO.read_text(encoding="utf-8", errors="replace").splitlines())
    return [value.strip() for key, _, value in lines if key.strip() == what]
