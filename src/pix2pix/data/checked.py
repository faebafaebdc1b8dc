"""Whether the bytes of a file have a hash, found out once for each file of this machine and not in every stage."""

import time
from contextlib import suppress
from pathlib import Path

from pix2pix.base import files

# Within this time after a change, in seconds, a file could be changed again and keep its times: their clock is coarse.
_FRESH = 2.0


def folder() -> Path:
    """Return the folder of the kept answers. Without one of them a file is only read once more."""
    return files.home() / "checked"


def has(path: Path, sha256: str) -> bool:
    """Return whether the SHA-256 of a file's bytes is `sha256`.

    The answer yes is kept in the home, for the file's device and inode, with its size and times of change. As long as
    these are the same, the file is not read again. A file that was changed in the last two seconds is read again in any
    case. In a home that cannot be written nothing is kept.
    """
    status = files.regular(path).stat()
    kept = folder() / f"{sha256}-{status.st_dev}-{status.st_ino}"
    seen = f"{status.st_size} {status.st_mtime_ns} {status.st_ctime_ns}"
    try:
        if kept.read_text(encoding="ascii") == seen:
            return True
    except (OSError, UnicodeDecodeError):
        pass
    if files.sha256(path) != sha256:
        return False
    if time.time() - path.stat().st_ctime > _FRESH:
        with suppress(OSError):  # without this note the file is only read once more
            kept.parent.mkdir(parents=True, exist_ok=True)
            kept.write_text(seen, encoding="ascii")
    return True
