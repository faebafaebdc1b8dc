"""Where the files of records lie: in a folder here, or at an address from which they are fetched when they are used."""

import os
import threading
from pathlib import Path
from urllib.parse import unquote, urlsplit

import requests

from pix2pix.base import files
from pix2pix.base.errors import DataError
from pix2pix.base.secrets import hidden
from pix2pix.data import transfer
from pix2pix.data.rows import AGAIN

# The environment variable with the most disk that fetched files take, in gigabytes, and its default.
ROOM, _ROOM_GB = "PIX2PIX_SHARDS_GB", 20.0
# How long to wait for a silent server, in seconds.
_PATIENCE_S = 60.0
# The most bytes of the rows of a shard for each of its bytes: a row of tiny examples may be larger than they are.
_ROWS = 64
# So many files that came last are in use, or will be soon.
_IN_USE = 16
# What to do if what lies at the address is not what its manifest says.
_FETCH_AGAIN = "if the records there were made anew, fetch their manifest: `dvc repro -f download`"
_fetching = threading.Lock()


class Place:
    """The folder of the records, and the address of their shards if these lie elsewhere."""

    def __init__(self, folder: Path, address: str | None) -> None:
        """Take the folder, and the address of another one: `https://`, `http://`, `s3://`, `gs://`, `file://`."""
        local = bool(address and address.startswith("file://"))
        self._folder = Path(unquote(urlsplit(address).path)) if address and local else folder
        self._address = None if local else address

    @property
    def is_here(self) -> bool:
        """Whether the files lie in the folder."""
        return self._address is None

    @property
    def advice(self) -> str:
        """What to do with a file that has changed."""
        return AGAIN if self.is_here else "remove it, and it is fetched again"

    def shard(self, file: str, sha256: str, size: int) -> Path:
        """Return the path of a shard of `size` bytes. One that lies elsewhere is fetched first, if it is not here.

        Fetched shards stay in `shards` in the home, up to `PIX2PIX_SHARDS_GB`. If room is needed, those that came last
        go, but for a few that are in use: an epoch goes through all shards in nearly one order, so of a set that is
        larger than the room those that came first are found again in the next epoch, and others never would be.

        Args:
            file: its name.
            sha256: the SHA-256 that its bytes should have. Of a file in the folder it is checked where it is read.
            size: the bytes that it should have.

        Raises:
            DataError: the file does not come, or has no room; or the folder lacks it.
        """
        return self._path(file, sha256, size, make_room=True)

    def rows(self, file: str, sha256: str, size: int) -> Path:
        """Return the path of the rows of a shard of `size` bytes, which are fetched, too. They stay for good."""
        return self._path(file, sha256, _ROWS * size + (1 << 20), make_room=False)

    def _path(self, file: str, sha256: str, most: int, *, make_room: bool) -> Path:
        if self._address is None:
            path = self._folder / file
            if not path.is_file():
                raise DataError(f"{path}: missing, and manifest.json names it; {AGAIN}")
            return path
        kept = files.home() / "shards" / f"{sha256}{Path(file).suffix}"
        with _fetching:
            if not kept.is_file():
                kept.parent.mkdir(parents=True, exist_ok=True)
                if make_room:
                    _make_room(kept.parent, most)
                _fetch(f"{self._address}/{file}", kept, sha256, most)
        return kept


def _fetch(address: str, path: Path, sha256: str, most: int) -> None:
    """Fetch a file. Only one with the right bytes gets its name.

    Raises:
        DataError: it does not come, or is another one.
    """
    new = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        transfer.download(address, new, path.parent / ".partial", most, _PATIENCE_S, shown=False)
        if files.sha256(new) != sha256:
            raise DataError(f"its sha256 is not the one in its manifest; {_FETCH_AGAIN}")
        new.replace(path)
    except (DataError, requests.RequestException) as error:
        raise DataError(f"{hidden(address)}: {transfer.reason(error, _PATIENCE_S)}") from None
    finally:
        files.remove(new)


def _make_room(folder: Path, needed: int) -> None:
    """Remove fetched files until there is room for another one."""
    room = _room()
    found = sorted(folder.glob("*.tfrecord"), key=lambda path: path.stat().st_ctime_ns, reverse=True)
    taken = sum(path.stat().st_size for path in found)
    for path in found[_IN_USE:]:
        if taken + needed <= room:
            return
        taken -= path.stat().st_size
        path.unlink()


def _room() -> float:
    """Return the bytes that fetched files may take."""
    told = os.environ.get(ROOM, str(_ROOM_GB))
    try:
        room = float(told) * 1e9
    except ValueError:
        room = 0
    if not 0 < room < float("inf"):
        raise DataError(f"{ROOM} = {told!r}: has to be a number of gigabytes above 0")
    return room
