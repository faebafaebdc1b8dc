"""Where the files of records lie: in a folder here, or at an address from which they are fetched when they are used."""

import fcntl
import os
import random
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import BinaryIO
from urllib.parse import unquote, urlsplit

import requests
from filelock import FileLock

from pix2pix.base import files
from pix2pix.base.errors import DataError, OutageError, UserError
from pix2pix.data import transfer
from pix2pix.data.rows import AGAIN

# The environment variable with the most disk that fetched shards take, in gigabytes, and its default.
ROOM, _ROOM_GB = "PIX2PIX_SHARDS_GB", 20.0
# How long to wait for a silent server, in seconds.
_PATIENCE_S = 60.0
# How long to wait, in seconds, before each further attempt after the server failed.
_PAUSES_S = (2, 15, 60, 300)
# The most bytes of the rows of a shard for each of its bytes: a row of tiny examples may be larger than they are.
_ROWS = 64
_ANEW = "if those records were made anew, `dvc repro -f download` fetches their manifest"


def folder() -> Path:
    """Return the folder of what was fetched: shards, and their rows."""
    return files.home() / "shards"


@contextmanager
def unused() -> Iterator[None]:
    """Let no process fetch or read records while the block runs.

    Raises:
        UserError: a process that has done so still runs.
    """
    with _lock().open("ab") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise UserError(f"{folder()}: a program that is running reads these records; wait for its end") from None
        yield


@cache
def _use(lock: Path) -> BinaryIO:
    """Share the lock against `unused` until this process ends; one that holds it is waited for."""
    opened = lock.open("ab")
    fcntl.flock(opened, fcntl.LOCK_SH)
    return opened


def _lock() -> Path:
    return files.home() / ".shards.lock"


class Place:
    """The folder of the records, and the address of their shards if these lie elsewhere.

    Attributes:
        advice: what to do if a file is not what the manifest says.
    """

    def __init__(self, folder: Path, address: str | None) -> None:
        """Take the folder, and the address of another one: `https://`, `http://`, `s3://`, `gs://`, `file://`."""
        local = bool(address and address.startswith("file://"))
        self._folder = Path(unquote(urlsplit(address).path)) if address and local else folder
        self._address = None if local else address
        self.advice = AGAIN if address is None else _ANEW if local else f"remove it, and it is fetched again; {_ANEW}"

    @property
    def is_here(self) -> bool:
        """Whether the files lie in a folder of this machine, where none of them goes."""
        return self._address is None

    def shard(self, file: str, sha256: str, size: int) -> Path:
        """Return the path of a shard of `size` bytes. One that lies elsewhere is fetched first, if it is not here.

        Fetched shards stay in `shards` in the home, up to `PIX2PIX_SHARDS_GB`. If room is needed, shards go that are
        drawn by lot, but for those that came last, which fill half of the room. So of a set that is larger than the
        room a part is found again in each epoch, and shards that nobody uses any more go some time. (If the oldest
        went first, none would ever be found again, because an epoch goes through all shards in nearly one order.)

        Args:
            file: its name.
            sha256: the SHA-256 that its bytes should have. Of a file in the folder it is checked where it is read.
            size: the bytes that it should have.

        Raises:
            DataError: the file does not come, or is larger than the room; or the folder lacks it.
        """
        return self._path(file, sha256, size, needs_room=True)

    def rows(self, file: str, sha256: str, size: int) -> Path:
        """Return the path of the rows of a shard of `size` bytes, which are fetched, too, and stay."""
        return self._path(file, sha256, _ROWS * size + (1 << 20), needs_room=False)

    def _path(self, file: str, sha256: str, most: int, *, needs_room: bool) -> Path:
        if self._address is None:
            path = self._folder / file
            if not path.is_file():
                raise DataError(f"{path}: missing, and its manifest names it; {self.advice}")
            return path
        kept = folder() / f"{sha256}{Path(file).suffix}"
        files.home().mkdir(parents=True, exist_ok=True)
        _use(_lock())
        if not kept.is_file():
            kept.parent.mkdir(exist_ok=True)
            # Threads and processes that need the same file wait for the one that fetches it.
            with FileLock(kept.with_suffix(".lock"), fallback_to_soft=False):
                if not kept.is_file():
                    if needs_room:
                        _expect_room(most)
                    _fetch(f"{self._address}/{file}", kept, sha256, most)
            if needs_room:
                # Shards that are fetched at the same time may take more room until they are here.
                with FileLock(kept.parent / ".room.lock", fallback_to_soft=False):
                    _make_room(kept.parent)
        return kept


def _fetch(address: str, path: Path, sha256: str, most: int) -> None:
    """Fetch a file. Only one with the right bytes gets its name.

    Raises:
        DataError: it does not come, or is another one.
    """
    new = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        _download(address, new, most)
        if files.sha256(new) != sha256:
            raise DataError(f"its sha256 is not the one in its manifest; {_ANEW}")
        new.replace(path)
    except (DataError, requests.RequestException) as error:
        raise DataError(f"{address}: {transfer.reason(error, _PATIENCE_S)}") from None
    finally:
        files.remove(new)


def _download(address: str, path: Path, most: int) -> None:
    """Download a file, again and again if the server fails, because a training should outlive an outage."""
    for pause in (*_PAUSES_S, None):
        try:
            transfer.download(address, path, path.parent / ".partial", most, _PATIENCE_S, shown=False)
            return
        except OutageError as error:
            if pause is None:
                raise
            print(f"warning: {address}: {error}; trying again in {pause} s", file=sys.stderr, flush=True)
            time.sleep(pause)


def _expect_room(needed: int) -> None:
    """Raise `DataError` if a shard alone takes more than half of the room."""
    if 2 * needed > _room():
        least = f"{2 * needed / 1e9:.2g}"
        raise DataError(f"{ROOM}: a shard has {needed:,} bytes, and the room has to be twice that; set it to {least}")


def _make_room(folder: Path) -> None:
    """Remove fetched shards that have no room."""
    room, taken, old = _room(), 0, []
    found = {path: path.stat() for path in folder.glob("*.tfrecord")}
    for path, status in sorted(found.items(), key=lambda item: item[1].st_ctime_ns, reverse=True):
        taken += status.st_size
        if taken > room / 2:
            old.append(path)
    random.SystemRandom().shuffle(old)  # other draws than these decide what is computed
    while taken > room:
        path = old.pop()
        taken -= found[path].st_size
        path.unlink()


def _room() -> float:
    """Return the bytes that fetched shards may take."""
    told = os.environ.get(ROOM, str(_ROOM_GB))
    try:
        room = float(told) * 1e9
    except ValueError:
        room = 0
    if not 0 < room < float("inf"):
        raise DataError(f"{ROOM} = {told!r}: has to be a number of gigabytes above 0")
    return room
