"""One file from a web server or a bucket, within bounds of size and time."""

import io
from concurrent.futures import Future, wait
from functools import partial
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any, BinaryIO

from tqdm import tqdm

from pix2pix.base.errors import DataError, OutageError, one_line
from pix2pix.data import bucket
from pix2pix.data.part import OtherError, Part

if TYPE_CHECKING:
    from requests import Response

# A server may take the patience and the time that its file needs at this rate, and never more than a day.
_SLOWEST = 10_000  # bytes a second
LONGEST = 24 * 3600  # seconds
_CHUNK = 1 << 16
_ATTEMPTS = 2
# The statuses of HTTP for a part of a file, and for a part that does not exist.
_PARTIAL, _NOT_SATISFIABLE = 206, 416


def download(address: str, path: Path, parts: Path, most: int, timeout_s: float, *, shown: bool = True) -> None:
    """Write what is at an address to a file. Nothing is unpacked, whatever the server says.

    A download that broke or was killed earlier resumes where it stopped, if the server states that the file there is
    still the same version (see `part`). Otherwise it begins anew, and says why. A web server is asked twice, a
    bucket as `bucket` says.

    Args:
        address: http or https, or that of a bucket; see `bucket`.
        path: the new file; its folder exists.
        parts: the folder for what broken downloads leave, on the same disk. It need not exist, and stays.
        most: the most bytes to take.
        timeout_s: how long to wait for a silent server, in seconds.
        shown: whether a progress bar is drawn, and lines are printed.

    Raises:
        DataError: the file is larger, did not arrive in time (see `_SLOWEST`, `LONGEST`), or comes with headers that
            make no sense; or see `bucket.receive`.
        OutageError: the server does not answer, breaks off, or has an error of its own.
        requests.RequestException, OSError: see `reason`.
    """
    result: Future[None] = Future()
    # A thread, because a server that sends one byte now and then cannot be interrupted. It ends with the process.
    bring = _from_bucket if bucket.is_bucket(address) else _download
    work = partial(bring, address, path, Part(parts, address), _Bounded(most, shown), timeout_s)
    Thread(target=_settle, args=(result, work), daemon=True).start()
    deadline = min(timeout_s + most / _SLOWEST, LONGEST)
    if not wait([result], deadline).done:
        raise DataError(f"not here after {deadline:,.1f} s, all that is allowed for {most:,} bytes")
    try:
        result.result()
    except OSError as error:  # those of requests are such, too
        if _is_outage(error):
            raise OutageError(reason(error, timeout_s)) from None
        raise
    except ValueError as error:  # what the libraries raise at headers that make no sense
        raise DataError(f"the server's answer cannot be understood ({one_line(error)})") from None


def _settle(result: "Future[None]", work: partial[None]) -> None:
    try:
        result.set_result(work())
    except BaseException as error:
        result.set_exception(error)


def _from_bucket(address: str, path: Path, part: Part, bounded: "_Bounded", timeout_s: float) -> None:
    with bounded as progress, part.opened(timeout_s) as file:
        bucket.receive(address, part, file, progress, timeout_s)
        part.move(file, path)


def _download(address: str, path: Path, part: Part, bounded: "_Bounded", timeout_s: float) -> None:
    import pooch

    pooch.get_logger().setLevel("ERROR")  # its messages would name temporary files
    registry, urls = {path.name: None}, {path.name: address}
    store = pooch.create(path.parent, base_url="", registry=registry, urls=urls, retry_if_failed=_ATTEMPTS - 1)
    with bounded as progress:
        store.fetch(path.name, downloader=partial(_bring, part, progress, timeout_s))


def _bring(part: Part, progress: "_Bounded", timeout_s: float, address: str, target: str, _: Any) -> None:
    """Write what is at an address to the file `target`, for pooch; what is missing when it breaks stays in `part`."""
    with part.opened(timeout_s) as file:
        try:
            if part.version:
                progress.say(f"resuming after {part.start:,} of {part.version.bytes:,} bytes")
            _receive(part, file, progress, timeout_s, address)
        except OtherError as error:
            _say_anew(progress, str(error))
            part.forget(file)
            _receive(part, file, progress, timeout_s, address)
        part.move(file, Path(target))


def _receive(part: Part, file: BinaryIO, progress: "_Bounded", timeout_s: float, address: str) -> None:
    """Ask for the file, or for the rest of it, and write the body of the answer to the part."""
    import pooch

    receive = pooch.HTTPDownloader(
        progressbar=progress,
        chunk_size=_CHUNK,
        timeout=timeout_s,
        headers={"Accept-Encoding": "identity", **part.request()},
        hooks={"response": partial(_begin, part, file, progress)},
    )
    receive(address, file, None)


def _say_anew(progress: "_Bounded", reason: str) -> None:
    progress.say(f"the server does not resume where the download stopped ({reason}), so it begins anew")


class _Bounded(tqdm):
    """A progress bar that refuses to count further than `most` bytes, those of earlier downloads included."""

    def __init__(self, most: int, shown: bool) -> None:
        super().__init__(unit="B", unit_scale=True, ncols=79, file=None if shown else io.StringIO())
        self.most, self._before, self._shown = most, 0, shown

    def __bool__(self) -> bool:
        return True  # pooch asks whether there is one

    def begin(self, before: int, length: str) -> None:
        """Begin to count a body; `before` bytes are there already, and its header states `length`."""
        self.reset()
        self._before = before
        if length.isdecimal() and before + int(length[:20]) > self.most:
            self.refuse()

    def update(self, n: float | None = 1) -> bool | None:
        shown = super().update(n)
        if self._before + self.n >= self.most + _CHUNK:  # it is told of whole chunks, the last one included
            self.refuse()
        return shown

    def say(self, words: str) -> None:
        """Print a line, if the bar is drawn."""
        if self._shown:
            print(words, flush=True)

    def refuse(self) -> None:
        raise DataError(f"larger than {self.most:,} bytes, the most allowed")


def _begin(part: Part, file: BinaryIO, progress: _Bounded, response: "Response", **_: Any) -> None:
    """Look at the header of an answer, before its body is read, and prepare the part for the body."""
    status, asked = response.status_code, part.version
    length = response.headers.get("Content-Length", "")
    # Some servers say that a tar.gz is a tar in transit. Without this it would be unpacked, to any size.
    response.raw.headers.pop("Content-Encoding", None)
    if status == _PARTIAL:
        part.go_on(file, response.headers)
        progress.begin(part.start, length)
    elif status == _NOT_SATISFIABLE and asked:
        raise OtherError(f"{status} {one_line(response.reason)}")
    elif response.ok and not response.is_redirect:
        progress.begin(0, length)
        if asked:
            same = asked.is_of(response.headers)
            _say_anew(progress, "it sends whole files only" if same else "it has another version by now")
        part.begin(file, response.headers)


def _is_outage(error: OSError) -> bool:
    from requests import exceptions

    if isinstance(error, exceptions.HTTPError) and error.response is not None:
        return error.response.status_code >= 500
    return isinstance(error, (exceptions.ConnectionError, exceptions.Timeout, exceptions.ChunkedEncodingError))


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
