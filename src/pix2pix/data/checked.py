"""Whether the bytes of a file have a hash, found out once for each file of this machine and not in every stage."""

import os
import time
from pathlib import Path

from pix2pix.base import files

# Within this time after a change, in seconds, a file could be changed again and keep its times: their clock is coarse.
_FRESH = 2.0


def has(path: Path, sha256: str) -> bool:
    """Return whether the SHA-256 of a file's bytes is `sha256`.

    The answer yes is kept in the home, with the file's device, number, size and times of change. As long as these are
    the same, the file is not read again. A file that was changed in the last two seconds is read again in any case.
    """
    kept = files.home() / "checked" / sha256
    seen = _seen(path)
    try:
        if kept.read_text(encoding="ascii") == seen:
            return True
    except (FileNotFoundError, UnicodeDecodeError):
        pass
    if files.sha256(path) != sha256:
        return False
    if time.time() - path.stat().st_ctime > _FRESH:
        kept.parent.mkdir(parents=True, exist_ok=True)
        kept.write_text(seen, encoding="ascii")  # if this is cut off, the file is only read once more
    return True


def _seen(path: Path) -> str:
    status: os.stat_result = files.regular(path).stat()
    return " ".join(
        str(value) for value in (status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)
    )
