"""Seeds: every random choice is a function of (seed, what it is for, which one), never of time, process or thread."""

import hashlib


def derive(seed: int, purpose: str) -> int:
    """The seed of one purpose, in [0, 2**31): a hash of the run's seed and the purpose's name."""
    return int.from_bytes(hashlib.sha256(f"{seed}/{purpose}".encode()).digest()[:4], "little") >> 1
