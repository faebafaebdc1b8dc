"""Fetch the archive of pictures that the parameters name, and check that it is complete and the right one."""

import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import unquote, urlsplit

from pix2pix import params
from pix2pix.base import files
from pix2pix.base.errors import DataError
from pix2pix.base.secrets import hidden
from pix2pix.data import earlier, folders, manifests, prepared, transfer
from pix2pix.data.archive import verify
from pix2pix.data.bucket import is_bucket
from pix2pix.data.member import too_large
from pix2pix.data.picture_files import passed_over
from pix2pix.data.samples import bricks, facades
from pix2pix.params import names


class Known(NamedTuple):
    """An archive that is known to be good; `sha256` is None if only its size was published."""

    bytes: int
    sha256: str | None


@dataclass(frozen=True)
class Dataset:
    """The addresses of a data set, in the order of trying, and its known archives. If none is known, any is taken."""

    addresses: tuple[str, ...]
    archives: tuple[Known, ...] = ()


def _published(name: str, *archives: Known) -> Dataset:
    """Return a data set of the pix2pix authors, at its two addresses: the one that cannot be forged comes first."""
    homes = (
        "https://people.eecs.berkeley.edu/~tinghuiz/projects/pix2pix/datasets",
        "http://efrosgans.eecs.berkeley.edu/pix2pix/datasets",
    )
    return Dataset(tuple(f"{home}/{name}.tar.gz" for home in homes), archives)


KNOWN = {
    "facades": _published(
        "facades",
        Known(30_168_306, None),
        # The same train and val pairs without the test split.
        Known(24_951_989, "e1c1a171bcdb5bd9f2ba1ca48832816265a184370c10403afd8eb96b7485ae7c"),
    ),
    **{name: _published(name) for name in ("cityscapes", "maps", "edges2shoes", "edges2handbags", "night2day")},
}

# The data sets that are drawn here, with the functions that draw their archives.
_DRAWN: dict[params.Dataset, Callable[[Path, int, int, int, int], None]] = {
    "sample": facades.write_archive,
    "bricks": bricks.write_archive,
}


def fetch(data: params.Data, limits: params.Prepare, timeout_s: float, folder: Path) -> dict[str, Any]:
    """Bring the archive that `data` names to `folder`, whole or not at all.

    The addresses are tried in turn, until one gives an archive that is complete and has the known size and hash. A
    folder of pictures becomes a tar, whose bytes depend only on its pictures. A download that breaks leaves its part in
    `.NAME.partial`, beside `folder`. The next call resumes from it, and removes it when an archive is there.

    Args:
        data: the `data` section of the parameters.
        limits: bounds `max_files`, and `max_unpacked_gb` also for the archive itself if its size is not known.
        timeout_s: how long to wait for a silent server, in seconds.
        folder: gets the files `archive` and `source.json`, and no others.

    Returns:
        The content of `source.json`: `dataset`, `address` without its secrets, `bytes`, `sha256`.

    Raises:
        DataError: no address gave a good archive; the message has a reason for each, and says what to do.
    """
    failures = {}
    with _parts(folder) as parts, files.whole(folder) as new:
        new.mkdir()
        archive = new / "archive"
        for address in _addresses(data):
            try:
                _bring(address, data, limits, timeout_s, archive, parts)
                source = _identify(archive, data, limits, address)
                files.write_json(new / "source.json", source)
                break
            except (DataError, OSError) as error:
                if isinstance(error, OSError) and error.errno in files.FULL:
                    raise  # the disk is full, and no other address can help
                failures[address] = transfer.reason(error, timeout_s).removeprefix(f"{address}: ")
                files.remove(archive)
        else:
            raise DataError(hidden(_advice(data, failures)))
    return source


@contextmanager
def _parts(folder: Path) -> Iterator[Path]:
    """Return the folder for what a broken download leaves. It goes if an archive came, or if nothing is in it."""
    parts = folder.with_name(f".{folder.name}.partial")
    try:
        yield parts
    except BaseException:
        with suppress(OSError):  # a part is there, or the folder was never made
            parts.rmdir()
        raise
    files.remove(parts)


def refuse_other(data: params.Data, folder: Path, lock: Path) -> None:
    """Refuse what `fetch` brought from a server, if the same parameters brought another archive earlier.

    Args:
        data: the `data` section of the parameters.
        folder: what `fetch` wrote.
        lock: `dvc.lock`, which tells of the earlier archive; without it, any is taken.

    Raises:
        DataError: it is another archive.
    """
    addresses = _addresses(data)
    if _is_remote(addresses[0]):
        # Earlier versions noted an address with its secrets.
        earlier.expect(lock, data, folder, {*addresses, *map(hidden, addresses)})


def _addresses(data: params.Data) -> tuple[str, ...]:
    if data.url is not None:
        return (data.url,)
    if data.dataset in KNOWN:
        return KNOWN[data.dataset].addresses
    return (data.path if data.dataset == "custom" else data.dataset,)


def _bring(
    address: str, data: params.Data, limits: params.Prepare, timeout_s: float, archive: Path, parts: Path
) -> None:
    """Write what is at an address to the file `archive`."""
    if data.dataset in _DRAWN and data.url is None:
        draw = _DRAWN[data.dataset]
        draw(archive, data.sample_seed, data.sample_train, data.sample_val, data.sample_test)
    elif _is_remote(address):
        print(f"fetching {hidden(address)}", flush=True)
        transfer.download(address, archive, parts, _most_bytes(data, limits), timeout_s)
    else:
        is_url = address.startswith("file://")
        _copy(Path(unquote(urlsplit(address).path)) if is_url else Path(address).expanduser(), data, limits, archive)


def _is_remote(address: str) -> bool:
    return address.startswith(("http://", "https://")) or is_bucket(address)


def _most_bytes(data: params.Data, limits: params.Prepare) -> int:
    """The most bytes that the archive can have; it holds pictures, which hardly get smaller when they are packed."""
    known = [archive.bytes for archive in _known(data)]
    return max(known, default=int(limits.max_unpacked_gb * 1e9))


def _known(data: params.Data) -> tuple[Known, ...]:
    """The archives that are known of the data set; none for an address that the user gave."""
    return KNOWN[data.dataset].archives if data.url is None and data.dataset in KNOWN else ()


def _copy(local: Path, data: params.Data, limits: params.Prepare, archive: Path) -> None:
    """Copy an archive of this machine, or make one of a folder."""
    if local.is_dir():
        for line in passed_over(folders.pack(local, archive, data, limits)):
            print(f"warning: {line}", file=sys.stderr)
        return
    size = files.regular(local).stat().st_size
    if size > limits.max_unpacked_gb * 1e9:
        raise too_large(int(limits.max_unpacked_gb * 1e9))
    shutil.copyfile(local, archive)


def _identify(archive: Path, data: params.Data, limits: params.Prepare, address: str) -> dict[str, Any]:
    """Check that an archive is complete and the right one; return the content of `source.json`."""
    size, digest = archive.stat().st_size, files.sha256(archive)
    known = _known(data)
    if data.sha256 not in (None, digest):
        raise DataError(f"its sha256 is {digest}, data.sha256 is {data.sha256}")
    if known and not any(size == good.bytes and good.sha256 in (None, digest) for good in known):
        sizes = " or ".join(f"{good.bytes:,}" for good in known)
        raise DataError(
            f"is no known archive of {data.dataset}: {size:,} bytes, sha256 {digest}; the known ones have {sizes} bytes"
        )
    if prepared.is_manifest(address):
        if hidden(address) != address:
            raise DataError("the address of a manifest may hold no password, because the shards are fetched without it")
        manifests.parse(archive)
    else:
        verify(archive, limits)
    if _is_remote(address) and digest not in (data.sha256, *(good.sha256 for good in known)):
        _warn_unverified(hidden(address), digest, "its size" if known else "nothing")
    return {"dataset": data.dataset, "address": hidden(address), "bytes": size, "sha256": digest}


def _warn_unverified(address: str, digest: str, known: str) -> None:
    print(
        f"warning: UNVERIFIED: {known} is known of the archive at {address}, and no SHA-256: whoever controls the "
        f"server or the way to it could have sent another one. If you trust this one, set data.sha256: {digest}",
        file=sys.stderr,
        flush=True,
    )


def _advice(data: params.Data, failures: dict[str, str]) -> str:
    """Return every address with its failure, and two other ways if the network may be the reason."""
    name = names.data_set(data)
    lines = [f"{address}: {reason}" for address, reason in failures.items()]
    if any(address.startswith("http") for address in failures):
        lines = [f"the archive of {name} could not be fetched:", *(f"  {line}" for line in lines)]
        lines += [
            f"either set `data.url: file:///…/{name}.tar.gz` in params.yaml, an archive on this machine,",
            "or see the whole pipeline on pictures that are drawn here: `make demo`",
        ]
    return "\n".join(lines)
