"""Atomic writes, hashes, and the place of the files that outlive a run."""

import errno
import glob
import hashlib
import json
import os
import shutil
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil

from pix2pix.base.errors import DataError

# The errors of a full disk. They need not name a file.
FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
# The bytes that a probe writes: a block of most disks.
_PROBE = 4096
CHECKOUT = Path(__file__).resolve().parents[3]


def home() -> Path:
    """Return the folder of the files that outlive a workspace: MLflow's store, checkpoints, logs.

    The environment variable `PIX2PIX_HOME` names it. Without that it is DVC's root, which is the real repository even
    inside `dvc exp run --temp`, and without DVC it is the checkout. A relative `PIX2PIX_HOME` is relative to these.
    """
    root = Path(os.environ.get("DVC_ROOT") or CHECKOUT)
    return (root / os.environ.get("PIX2PIX_HOME", "")).resolve()


@contextmanager
def whole(path: Path) -> Iterator[Path]:
    """Write a file or a folder whole or not at all.

    The block gets a temporary path beside `path` and makes a file or a folder there. If the block succeeds, this is
    flushed to disk and replaces `path`. If the block fails, it is removed and `path` stays as it was.

    Yields:
        The temporary path.

    Raises:
        OSError: with `path` as its file name, where the error names the temporary path or the disk is full.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    sweep(path.parent, path.name)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    old = path.with_name(f".{path.name}.old.{os.getpid()}.part")
    remove(temporary)
    remove(old)
    try:
        yield temporary
        _flush(temporary)
        try:
            if temporary.is_dir() and path.exists():
                path.rename(old)  # a folder cannot be renamed over another one
            temporary.replace(path)
        except BaseException:
            _bring_back(old, path)
            raise
        _flush_folder(path.parent)
    except OSError as error:
        if error.errno in FULL or str(error.filename or "").startswith(str(temporary)):
            error.filename, error.filename2 = str(path), None
        raise
    finally:
        remove(temporary)
        remove(old)


def probe(path: Path) -> None:
    """Try to write beside a file or a folder that is written later, before the work that it is to hold is done.

    Raises:
        OSError: the folder cannot be made or written, or its disk is full. The error has `path` as its file name, or
            a folder on the way that is the reason.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    remove(temporary)
    try:
        temporary.write_bytes(bytes(_PROBE))
        _flush(temporary)
    except OSError as error:
        error.filename = str(path)
        raise
    finally:
        remove(temporary)


def sweep(folder: Path, name: str | None = None) -> None:
    """Remove what killed processes have left half written in a folder.

    Args:
        folder: where to look.
        name: only leftovers of the file or folder of this name; None: all leftovers.
    """
    for leftover in folder.glob(f".{glob.escape(name)}.*.part" if name else ".*.part"):
        target, _, pid = leftover.name.removeprefix(".").removesuffix(".part").rpartition(".")
        if pid.isdecimal() and not psutil.pid_exists(int(pid)):
            if target.endswith(".old"):
                _bring_back(leftover, folder / target.removesuffix(".old"))
            remove(leftover)


def _bring_back(old: Path, path: Path) -> None:
    """Move the old version back to `path`, if a kill came before the new one was there."""
    if old.exists() and not path.exists():
        old.rename(path)


def discard(folder: Path) -> None:
    """Remove a folder. If a kill comes on the way, the folder is still whole under its name, or gone."""
    condemned = folder.with_name(f".{folder.name}.{os.getpid()}.part")
    remove(condemned)  # a container may give the same process number again
    folder.rename(condemned)
    remove(condemned)


def make_room(folder: Path, size: int) -> None:
    """Check that a folder's disk has room, before a library that handles a full disk badly writes there.

    Args:
        folder: an existing folder.
        size: the bytes that are needed.

    Raises:
        OSError: `ENOSPC`, if there is less room.
    """
    if shutil.disk_usage(folder).free < size:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(folder))


def remove(path: Path) -> None:
    """Remove a file, or a folder with everything in it; do nothing if it is absent."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    elif os.path.lexists(path):  # a read-only disk refuses to unlink even an absent file
        path.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Write a UTF-8 text file, whole or not at all."""
    with whole(path) as temporary:
        temporary.write_text(text, encoding="utf-8", newline="\n")


def write_json(path: Path, value: Any) -> None:
    """Write `value` as indented JSON with sorted keys, whole or not at all.

    Raises:
        ValueError: `value` holds NaN or infinity.
    """
    write_text(path, as_json(value))


def as_json(value: Any) -> str:
    """Return the text that `write_json` writes."""
    return json.dumps(value, indent=2, sort_keys=True, allow_nan=False, ensure_ascii=False, default=plain) + "\n"


def plain(number: Any) -> Any:
    """Return a number of NumPy's as Python has it. JSON cannot hold NumPy's, which columns of whole numbers have.

    Raises:
        TypeError: it is none of NumPy's.
    """
    if not hasattr(number, "item"):
        raise TypeError(f"{type(number).__name__} is no number, and JSON cannot hold it")
    return number.item()


def regular(path: Path) -> Path:
    """Return the path of a regular file. To read anything else might never end: a device, a pipe, a socket.

    Raises:
        DataError: the path, or the link there, leads to a device, a pipe or a socket.
        OSError: it leads nowhere, or to a folder.
    """
    mode = path.stat().st_mode
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    if not stat.S_ISREG(mode):
        raise DataError(f"{path}: a device, a pipe or a socket, where a file belongs")
    return path


def read_json(path: Path) -> Any:
    """Return the value of a JSON file; see `regular` for the errors."""
    return json.loads(regular(path).read_text(encoding="utf-8"))


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file's bytes, in hexadecimal; see `regular` for the errors."""
    with regular(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def sha256_of(parts: Iterable[bytes | memoryview | str]) -> str:
    """Return one SHA-256 over several byte strings, views of bytes or texts, in hexadecimal. Their boundaries count.

    Views are not copied, because the weights of a network have hundreds of megabytes.
    """
    digest = hashlib.sha256()
    for part in parts:
        data = memoryview(part.encode() if isinstance(part, str) else part)
        digest.update(data.nbytes.to_bytes(8, "little"))
        digest.update(data)
    return digest.hexdigest()


def _flush(path: Path) -> None:
    """Force a file, or a folder with everything in it, to disk."""
    for each in [*path.rglob("*"), path] if path.is_dir() else [path]:
        if each.is_dir():
            _flush_folder(each)
        else:
            with each.open("rb") as opened:
                os.fsync(opened.fileno())


def _flush_folder(folder: Path) -> None:
    """Force a folder's list of names to disk, so that a rename survives a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
