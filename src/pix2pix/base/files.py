"""Atomic writes, hashes, and where the project's lasting files live."""

import errno
import glob
import hashlib
import json
import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil

# A disk that takes no more; what fails for it need not know the file's name.
FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
CHECKOUT = Path(__file__).resolve().parents[3]


def home() -> Path:
    """The folder for what outlives a workspace: MLflow's store, checkpoints, logs.

    `PIX2PIX_HOME` (a relative one starts at the next), else DVC's root (which names the real repository even inside a
    `dvc exp run --temp`), else the checkout.
    """
    root = Path(os.environ.get("DVC_ROOT") or CHECKOUT)
    return (root / os.environ.get("PIX2PIX_HOME", "")).resolve()


@contextmanager
def whole(path: Path) -> Iterator[Path]:
    """Write a file or a folder whole or not at all.

    Yields a temporary name beside `path`; make a file or a folder of that name. When the block ends well it is
    flushed to disk and takes the place of `path`; when the block fails it is removed and `path` stays as it was. An
    `OSError` of the temporary name, or of a disk that is full, is told of `path`.
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


def sweep(folder: Path, name: str | None = None) -> None:
    """Remove what killed processes were writing in a folder, in place of `name` or of anything."""
    for leftover in folder.glob(f".{glob.escape(name)}.*.part" if name else ".*.part"):
        target, _, pid = leftover.name.removeprefix(".").removesuffix(".part").rpartition(".")
        if pid.isdecimal() and not psutil.pid_exists(int(pid)):
            if target.endswith(".old"):
                _bring_back(leftover, folder / target.removesuffix(".old"))
            remove(leftover)


def _bring_back(old: Path, path: Path) -> None:
    """Undo the first half of an exchange whose second half did not happen."""
    if old.exists() and not path.exists():
        old.rename(path)


def discard(folder: Path) -> None:
    """Remove a folder so that a kill on the way leaves it whole or not at all under its name."""
    condemned = folder.with_name(f".{folder.name}.{os.getpid()}.part")
    remove(condemned)  # process numbers come again, in a container after each start
    folder.rename(condemned)
    remove(condemned)


def make_room(folder: Path, size: int) -> None:
    """See that `size` bytes more fit on a folder's disk, for a library that is not to find out by itself.

    Raises:
        OSError: they do not.
    """
    if shutil.disk_usage(folder).free < size:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(folder))


def remove(path: Path) -> None:
    """Remove a file or a folder with all it holds; nothing if it is absent."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    elif os.path.lexists(path):  # a read-only disk refuses to unlink even what is not there
        path.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Write a UTF-8 text file, whole or not at all."""
    with whole(path) as temporary:
        temporary.write_text(text, encoding="utf-8", newline="\n")


def write_json(path: Path, value: Any) -> None:
    """Write `value` as indented JSON with sorted keys, whole or not at all. NaN is refused (`ValueError`)."""
    write_text(path, json.dumps(value, indent=2, sort_keys=True, allow_nan=False, ensure_ascii=False) + "\n")


def read_json(path: Path) -> Any:
    """The value of a JSON file."""
    return json.loads(path.read_text(encoding="utf-8"))


def sha256(path: Path) -> str:
    """The SHA-256 of a file's bytes, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def sha256_of(parts: Iterable[bytes | str]) -> str:
    """One SHA-256 over several byte strings (or texts); their boundaries count."""
    digest = hashlib.sha256()
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        digest.update(len(data).to_bytes(8, "little") + data)
    return digest.hexdigest()


def _flush(path: Path) -> None:
    """Force a file, or a folder with all it holds, to disk."""
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
