"""Seeds. A random choice depends on the seed, its purpose and its number; never on time, processes or threads."""

import hashlib


def derive(seed: int, purpose: str) -> int:
    """Return the seed of one purpose: a hash of the run's seed and the purpose's name, from 0 to 2**31 - 1."""
    return int.from_bytes(hashlib.sha256(f"{seed}/{purpose}".encode()).digest()[:4], "little") >> 1
