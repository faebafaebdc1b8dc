"""One object from a bucket of S3 or of Google Cloud Storage, by fsspec."""

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO, Protocol

from pix2pix.base.errors import DataError, OutageError, one_line
from pix2pix.data.part import Part

# The package behind each scheme, and what its users do who have no credentials.
_PACKAGES = {"s3": "s3fs", "gs": "gcsfs"}
_SIGN_IN = {
    "s3": "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or run `aws configure`",
    "gs": "set GOOGLE_APPLICATION_CREDENTIALS to a key's file, or run `gcloud auth application-default login`",
}
# The bytes of one request. Each costs a round trip, and a download that breaks keeps whole ones.
_BLOCK = 8 << 20
# How often s3fs asks in all. gcsfs asks up to six times, which cannot be changed.
_ATTEMPTS = 2
# Parts of the names of errors that tell of no connection, no answer, or a broken one.
_SILENT = ("Connect", "Timeout", "HTTPClient", "Payload", "Incomplete", "Parser", "Proxy", "Transport")
_CHANGED = "it changed while it was fetched; try again"
# It would print a traceback before the line that says the same.
logging.getLogger("gcsfs").setLevel(logging.CRITICAL)


class Progress(Protocol):
    """Counts the bytes that arrive, and refuses too many of them."""

    def begin(self, before: int, length: str) -> None:
        """Begin to count; `before` bytes are there already, and `length` are to come."""

    def update(self, n: float | None = 1) -> bool | None:
        """Count `n` bytes more."""

    def say(self, words: str) -> None:
        """Tell the user something."""


def is_bucket(address: str) -> bool:
    """Whether an address is one of a bucket: `s3://BUCKET/KEY` or `gs://BUCKET/KEY`."""
    return _scheme(address) in _PACKAGES


def _scheme(address: str) -> str:
    return address.partition("://")[0]


def receive(address: str, part: Part, file: BinaryIO, progress: Progress, timeout_s: float) -> None:
    """Write an object to the opened part, or the rest of it, if the object is still the part's version.

    Args:
        address: `s3://BUCKET/KEY` or `gs://BUCKET/KEY`. Credentials and another server than Amazon's or Google's are
            those of the environment, such as `AWS_ENDPOINT_URL`.
        part: gets the bytes.
        file: the opened part.
        progress: is told of the bytes.
        timeout_s: how long to wait for a silent server at each attempt, in seconds.

    Raises:
        OutageError: the server does not answer, breaks off, or has an error of its own.
        DataError: the package for the scheme or credentials are missing, the bucket or the object does not exist or
            may not be read, or the object changed meanwhile.
    """
    with _explained(address):
        store = _store(address, timeout_s)
        about, version = store.info(address), store.ukey(address)
        if about["type"] != "file":
            raise DataError("is a folder; name one archive in it")
        remote = store.open(address, "rb", block_size=_BLOCK, cache_type="none")
    headers = {"ETag": f'"{version}"', "Content-Length": str(about["size"])}
    goes_on = part.version is not None and part.version.is_of(headers)
    start = part.start if goes_on else 0
    progress.begin(start, str(about["size"] - start))
    if goes_on:
        progress.say(f"resuming after {part.start:,} of {about['size']:,} bytes")
        part.rest(file)
    else:
        if part.version:
            progress.say("the bucket has another version by now, so the download begins anew")
        part.begin(file, headers)
    remote.seek(start)
    while block := _read(address, remote):
        file.write(block)
        progress.update(len(block))
    with _explained(address):
        store.invalidate_cache()
        if store.ukey(address) != version:
            part.forget(file)
            raise DataError(_CHANGED)


def _store(address: str, timeout_s: float) -> Any:
    """Return fsspec's file system for an address, which remembers no listing."""
    import fsspec

    # gcsfs would first ask another service what kind of bucket it is, and print a warning where it may not.
    os.environ.setdefault("GCSFS_EXPERIMENTAL_ZB_HNS_SUPPORT", "false")
    scheme = _scheme(address)
    waits = _PATIENCE[scheme](timeout_s)
    store = fsspec.filesystem(scheme, skip_instance_cache=True, use_listings_cache=False, **waits)
    store.retries = _ATTEMPTS
    return store


def _of_s3(timeout_s: float) -> dict[str, Any]:
    waits = {"connect_timeout": timeout_s, "read_timeout": timeout_s, "retries": {"max_attempts": 0}}
    return {"config_kwargs": waits}


def _of_gs(timeout_s: float) -> dict[str, Any]:
    import aiohttp

    return {"requests_timeout": aiohttp.ClientTimeout(None, sock_connect=timeout_s, sock_read=timeout_s)}


# What makes a file system wait so many seconds for a silent server.
_PATIENCE = {"s3": _of_s3, "gs": _of_gs}


def _read(address: str, remote: Any) -> bytes:
    with _explained(address):
        return bytes(remote.read(_BLOCK))


@contextmanager
def _explained(address: str) -> Iterator[None]:
    """Turn what the packages raise into one line that says what to do.

    Raises:
        OutageError: the server does not answer, breaks off, or has an error of its own.
        DataError: they have raised something else.
    """
    scheme, bucket = _scheme(address), address.split("/")[2]
    try:
        yield
    except DataError:
        raise
    except ImportError:
        raise DataError(f"{scheme}:// needs the package {_PACKAGES[scheme]}: `make setup` installs it") from None
    except FileNotFoundError as error:
        # A missing bucket has words of the server's; a missing object has only its name.
        no_bucket = "bucket does not exist" in str(error)
        what = f"no such bucket, {bucket}" if no_bucket else f"the bucket {bucket} has no such object"
        raise DataError(f"{what}; check data.url") from None
    except PermissionError as error:
        raise DataError(f"may not be read with these credentials ({one_line(error)}); check them") from None
    except Exception as error:  # each package raises errors of its own
        if type(error).__name__ == "FileExpired":  # s3fs asks for the version that it began with
            raise DataError(_CHANGED) from None
        if "redential" in type(error).__name__:
            raise DataError(f"no credentials ({one_line(error)}); {_SIGN_IN[scheme]}") from None
        if any(sign in kind.__name__ for kind in type(error).__mro__ for sign in _SILENT):
            raise OutageError(f"no answer ({one_line(error) or 'in time'})") from None
        if (status := _status(error)) >= 500:
            raise OutageError(f"the server fails with status {status}") from None
        raise DataError(one_line(error)) from None


def _status(error: Exception) -> int:
    """Return the status of HTTP that an error of gcsfs or s3fs tells of; 0 if it tells of none."""
    answer = getattr(error.__cause__, "response", None)  # botocore's
    code = answer["ResponseMetadata"]["HTTPStatusCode"] if isinstance(answer, dict) else getattr(error, "code", None)
    return code if isinstance(code, int) else 0
