"""The part of a file that a broken download has left, and what a server must say for the download to resume.

The rules are those of HTTP (RFC 9110, sections 8.8.2.2, 13.1.5 and 15.3.7), but stricter: an answer that leaves open
whether the rest belongs to the part is refused.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import BinaryIO, Literal

from filelock import FileLock, Timeout
from pydantic import BaseModel, ConfigDict, PositiveInt, ValidationError

from pix2pix.base import files
from pix2pix.base.errors import DataError
from pix2pix.base.secrets import hidden

# A file that changed less than this before the server sent it may have changed again within the same second.
_SETTLED = timedelta(seconds=60)


class OtherError(DataError):
    """A server's answer cannot be joined to the part; the message says why."""


class Version(BaseModel):
    """One version of the file at an address.

    Attributes:
        address: the address, without its secrets.
        header: the header of HTTP that tells versions apart.
        validator: the value of this header.
        bytes: the size of the whole file.
    """

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    address: str
    header: Literal["ETag", "Last-Modified"]
    validator: str
    bytes: PositiveInt

    @classmethod
    def told(cls, address: str, headers: Mapping[str, str]) -> "Version | None":
        """Return the version that the headers of a whole file state; None if a download of it could not resume."""
        header, size = _validator(headers), headers.get("Content-Length", "")
        if header is None or not size.isdecimal() or not int(size[:20]):
            return None
        return cls(address=hidden(address), header=header, validator=headers[header], bytes=int(size[:20]))

    def is_of(self, headers: Mapping[str, str]) -> bool:
        """Whether the headers are those of this version."""
        return headers.get(self.header) == self.validator


def _validator(headers: Mapping[str, str]) -> Literal["ETag", "Last-Modified"] | None:
    """The header that tells versions apart for certain; a weak ETag does not."""
    etag = headers.get("ETag", "")
    if len(etag) > 2 and etag[0] == etag[-1] == '"':
        return "ETag"
    try:
        changed, sent = (parsedate_to_datetime(headers[name]) for name in ("Last-Modified", "Date"))
        return "Last-Modified" if sent - changed >= _SETTLED else None
    except (KeyError, TypeError, ValueError):
        return None


class Part:
    """The part of a file: its bytes, and beside them its version, if the download can resume.

    Attributes:
        version: the version of the file, as it was when the part was opened; None if there is no part to resume from.
        start: the number of bytes that are kept; 0 without a version.
    """

    def __init__(self, folder: Path, address: str) -> None:
        """Take the folder for parts, which need not exist, and the address of the file."""
        name = files.sha256_of([address])[:16]
        self._address, self._path, self._about = address, folder / name, folder / f"{name}.json"
        self.version: Version | None = None
        self.start = 0

    @contextmanager
    def opened(self, patience_s: float) -> Iterator[BinaryIO]:
        """Open the part for writing. At the end a part from which no download can resume is removed.

        The folder stays, empty or not: another thread or process may just be about to write its own part there.

        Args:
            patience_s: how long to wait for another process that writes the same part, in seconds.

        Raises:
            DataError: another process writes it all this time.
        """
        self._path.parent.mkdir(parents=True, exist_ok=True)
        lock = FileLock(self._path.with_suffix(".lock"), fallback_to_soft=False)
        try:
            lock.acquire(timeout=patience_s)
        except Timeout:
            raise DataError("another process is fetching it; wait for that one, or end it") from None
        try:
            self._look()
            with self._path.open("r+b" if self.version else "w+b") as file:
                yield file
        finally:
            if not self._about.exists():
                files.remove(self._path)
                files.remove(Path(lock.lock_file))
            lock.release()

    def request(self) -> dict[str, str]:
        """Return the headers that ask for the rest, and for the whole file if it is another version by now."""
        return {"Range": f"bytes={self.start}-", "If-Range": self.version.validator} if self.version else {}

    def begin(self, file: BinaryIO, headers: Mapping[str, str]) -> None:
        """Empty the opened part for a whole file with these headers."""
        self.forget(file)
        self.version = Version.told(self._address, headers)
        if self.version:
            # Not by way of a temporary file: with half a text nothing resumes.
            self._about.write_text(self.version.model_dump_json(indent=2) + "\n", encoding="utf-8")

    def go_on(self, file: BinaryIO, headers: Mapping[str, str]) -> None:
        """Place the opened part where an answer with these headers continues.

        Raises:
            OtherError: the answer is not the rest of this version.
        """
        version = self.version
        if version is None:
            raise OtherError("it sent a part that nobody asked for")
        asked, got = f"bytes {self.start}-{version.bytes - 1}/{version.bytes}", headers.get("Content-Range", "")
        if got.strip() != asked:
            raise OtherError("it sent other bytes than asked for")
        if not version.is_of(headers):
            raise OtherError(f"its {version.header} is another one")
        self.rest(file)

    def rest(self, file: BinaryIO) -> None:
        """Place the opened part where the rest of its version begins."""
        file.seek(self.start)
        file.truncate()

    def forget(self, file: BinaryIO) -> None:
        """Empty the opened part, so that no download resumes from it."""
        files.remove(self._about)
        file.seek(0)
        file.truncate()
        self.version, self.start = None, 0

    def move(self, file: BinaryIO, target: Path) -> None:
        """Give the finished part the name `target`.

        Raises:
            DataError: it is not finished.
        """
        file.close()
        if self.version and self._path.stat().st_size != self.version.bytes:
            raise DataError("the connection broke before the end")
        self._path.replace(target)
        files.remove(self._about)

    def _look(self) -> None:
        """Find out whether a download can resume from what is there."""
        self.version, self.start = None, 0
        try:
            version = Version.model_validate_json(self._about.read_bytes())
            size = self._path.stat().st_size
        except (OSError, ValidationError):
            files.remove(self._about)
            return
        # The last byte of a whole file is asked for again: a server answers that there is no rest with an error.
        if start := min(size, version.bytes - 1):
            self.version, self.start = version, start
