"""One file from a web server, within bounds of size and time."""

from concurrent.futures import Future, wait
from functools import partial
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any

from tqdm import tqdm

from pix2pix.base.errors import DataError, one_line

if TYPE_CHECKING:
    from requests import Response

# A server may take the patience and the time that its file needs at this rate, and never more than a day.
_SLOWEST = 10_000  # bytes a second
LONGEST = 24 * 3600  # seconds
_CHUNK = 1 << 16


def download(address: str, path: Path, most: int, timeout_s: float) -> None:
    """Write what is at an address to a file. It is tried twice; nothing is unpacked, whatever the server says.

    Args:
        address: http or https.
        path: the new file; its folder exists.
        most: the most bytes to take.
        timeout_s: how long to wait for a silent server, in seconds.

    Raises:
        DataError: the file is larger, did not arrive in time (see `_SLOWEST`, `LONGEST`), or comes with headers that
            make no sense.
        requests.RequestException, OSError: see `reason`.
    """
    result: Future[None] = Future()
    # A thread, because a server that sends one byte now and then cannot be interrupted. It ends with the process.
    Thread(target=_settle, args=(result, partial(_download, address, path, most, timeout_s)), daemon=True).start()
    deadline = min(timeout_s + most / _SLOWEST, LONGEST)
    if not wait([result], deadline).done:
        raise DataError(f"not here after {deadline:,.1f} s, all that is allowed for {most:,} bytes")
    try:
        result.result()
    except OSError:
        raise
    except ValueError as error:  # what the libraries raise at headers that make no sense
        raise DataError(f"the server's answer cannot be understood ({one_line(error)})") from None


def _settle(result: "Future[None]", work: partial[None]) -> None:
    try:
        result.set_result(work())
    except BaseException as error:
        result.set_exception(error)


def _download(address: str, path: Path, most: int, timeout_s: float) -> None:
    import pooch

    pooch.get_logger().setLevel("ERROR")  # its messages would name temporary files
    with _Bounded(most) as progress:
        patient = pooch.HTTPDownloader(
            progressbar=progress,
            chunk_size=_CHUNK,
            timeout=timeout_s,
            headers={"Accept-Encoding": "identity"},
            hooks={"response": partial(_begin, progress)},
        )
        store = pooch.create(
            path.parent, base_url="", registry={path.name: None}, urls={path.name: address}, retry_if_failed=1
        )
        store.fetch(path.name, downloader=patient)


class _Bounded(tqdm):
    """A progress bar that refuses to count further than `most` bytes."""

    def __init__(self, most: int) -> None:
        super().__init__(unit="B", unit_scale=True, ncols=79)
        self.most = most

    def __bool__(self) -> bool:
        return True  # pooch asks whether there is one

    def update(self, n: float | None = 1) -> bool | None:
        shown = super().update(n)
        if self.n >= self.most + _CHUNK:  # it is told of whole chunks, the last one included
            self.refuse()
        return shown

    def refuse(self) -> None:
        raise DataError(f"larger than {self.most:,} bytes, the most allowed")


def _begin(progress: _Bounded, response: "Response", **_: Any) -> None:
    """Look at the header of an answer, before its body is read."""
    progress.reset()
    length = response.headers.get("Content-Length", "")
    if length.isdecimal() and int(length[:20]) > progress.most:
        progress.refuse()
    # Some servers say that a tar.gz is a tar in transit. Without this it would be unpacked, to any size.
    response.raw.headers.pop("Content-Encoding", None)


def reason(error: Exception, timeout_s: float) -> str:
    """Return in a few words why an address failed."""
    from requests import exceptions

    match error:
        case DataError():
            return str(error)
        case exceptions.HTTPError() if error.response is not None:
            return f"{error.response.status_code} {one_line(error.response.reason)}"
        case exceptions.Timeout():
            return f"no answer within {timeout_s:g} s"
        case exceptions.ChunkedEncodingError():
            return "the connection broke before the end"
        case exceptions.SSLError():
            return f"no secure connection ({one_line(error)})"
        case exceptions.ConnectionError():
            return "no such host" if "resol" in str(error) else "no connection"
        case exceptions.InvalidURL():
            return "no valid address"
        case OSError(strerror=str(words), filename=str(name)):
            return f"{name}: {words}"
        case OSError(strerror=str(words)):
            return words
    return one_line(error)
