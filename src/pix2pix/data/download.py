"""Fetch the archive of pairs that the parameters name, and check that it is complete and the right one."""

import os
import shutil
import sys
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import unquote, urlsplit

from pix2pix import params
from pix2pix.base import files
from pix2pix.base.errors import DataError, first_names, one_line
from pix2pix.data.archive import LAYOUT, verify
from pix2pix.data.picture_files import is_other, is_picture, passed_over
from pix2pix.data.samples import facades


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
    """Return a data set of the pix2pix authors, at its two addresses."""
    homes = (
        "http://efrosgans.eecs.berkeley.edu/pix2pix/datasets",
        "https://people.eecs.berkeley.edu/~tinghuiz/projects/pix2pix/datasets",
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


def fetch(data: params.Data, timeout_s: float, folder: Path) -> dict[str, Any]:
    """Copy the archive that `data` names to `folder`, whole or not at all.

    The addresses are tried in turn, until one gives an archive that is complete and has the known size and hash. A
    folder of pairs becomes a tar, whose bytes depend only on its pictures.

    Args:
        data: the `data` section of the parameters.
        timeout_s: how long to wait for a silent server, in seconds.
        folder: gets the files `archive` and `source.json`, and no others.

    Returns:
        The content of `source.json`: `dataset`, `address`, `bytes`, `sha256`.

    Raises:
        DataError: no address gave a good archive; the message has a reason for each, and says what to do.
    """
    failures = {}
    with files.whole(folder) as new:
        new.mkdir()
        archive = new / "archive"
        for address in _addresses(data):
            try:
                _bring(address, data, timeout_s, archive)
                source = _identify(archive, data, address)
                files.write_json(new / "source.json", source)
                break
            except (DataError, OSError) as error:
                if isinstance(error, OSError) and error.errno in files.FULL:
                    raise  # the disk is full, and no other address can help
                failures[address] = _reason(error, timeout_s)
                files.remove(archive)
        else:
            raise DataError(_advice(data, failures))
    return source


def _addresses(data: params.Data) -> tuple[str, ...]:
    if data.url is not None:
        return (data.url,)
    if data.dataset in KNOWN:
        return KNOWN[data.dataset].addresses
    return (data.path if data.dataset == "custom" else data.dataset,)


def _bring(address: str, data: params.Data, timeout_s: float, archive: Path) -> None:
    """Write the archive at an address to the file `archive`."""
    if data.dataset == "sample" and data.url is None:
        facades.write_archive(archive, data.sample_seed, data.sample_train, data.sample_val, data.sample_test)
    elif address.startswith(("http://", "https://")):
        _download(address, timeout_s, archive)
    else:
        is_url = address.startswith("file://")
        local = Path(unquote(urlsplit(address).path)) if is_url else Path(address).expanduser()
        if local.is_dir():
            for line in passed_over(pack(local, archive)):
                print(f"warning: {line}", file=sys.stderr)
        else:
            shutil.copyfile(local, archive)


def _download(address: str, timeout_s: float, archive: Path) -> None:
    import pooch

    print(f"fetching {address}", flush=True)
    pooch.get_logger().setLevel("ERROR")  # its messages would name temporary files
    # A server that compressed the archive for the transfer would change its hash.
    patient = pooch.HTTPDownloader(progressbar=True, timeout=timeout_s, headers={"Accept-Encoding": "identity"})
    name = archive.name
    store = pooch.create(archive.parent, base_url="", registry={name: None}, urls={name: address}, retry_if_failed=1)
    store.fetch(name, downloader=patient)


def pack(folder: Path, archive: Path) -> list[str]:
    """Make a tar of the pictures in a folder. The same names and contents give the same bytes.

    Links to files are followed, as DVC follows them; links to folders are refused, because DVC does not watch behind
    them.

    Returns:
        The names of the files that lie among the pictures and were passed over.

    Raises:
        DataError: the folder holds no pictures, links to folders, or links that lead nowhere.
    """
    names = dict(_files(folder))
    found = {name: path for name, path in names.items() if is_picture(name)}
    if odd := [name for name, path in found.items() if not path.is_file()]:
        raise DataError(f"{folder}: neither files nor links that lead to files: {first_names(sorted(odd))}")
    if not found:
        raise DataError(f"{folder}: holds no pictures; {LAYOUT}{_copied()}")
    with tarfile.open(archive, "w") as tar:
        for name in sorted(found):
            with found[name].open("rb") as file:
                member = tarfile.TarInfo(name)
                member.size = os.fstat(file.fileno()).st_size
                tar.addfile(member, file)
    return [name for name in names if is_other(name)]


def _files(folder: Path) -> Iterator[tuple[str, Path]]:
    """Every file below a folder, hidden folders included, by its name relative to it."""
    for where, folders, names in os.walk(folder):
        if linked := [str(Path(where, name)) for name in folders if Path(where, name).is_symlink()]:
            raise DataError(
                f"{first_names(sorted(linked))}: a link to a folder, and DVC does not notice changes behind it; copy "
                "the pictures (`cp -rL`), or set data.path to the folder that really holds train/"
            )
        for path in (Path(where, name) for name in names):
            yield path.relative_to(folder).as_posix(), path


def _copied() -> str:
    """Why a folder may be empty here: `dvc exp run --temp` and `--queue` work in a copy of what git has."""
    root = os.environ.get("DVC_ROOT")
    if root is None or Path(root).resolve() == files.CHECKOUT:
        return ""
    return (
        f". This is a copy of {root} that DVC made of what git has; for pictures that git does not have, give "
        "data.path as an absolute path"
    )


def _identify(archive: Path, data: params.Data, address: str) -> dict[str, Any]:
    """Check that an archive is complete and the right one; return the content of `source.json`."""
    size, digest = archive.stat().st_size, files.sha256(archive)
    known = KNOWN[data.dataset].archives if data.url is None and data.dataset in KNOWN else ()
    if data.sha256 not in (None, digest):
        raise DataError(f"its sha256 is {digest}, data.sha256 is {data.sha256}")
    if known and not any(size == good.bytes and good.sha256 in (None, digest) for good in known):
        sizes = " or ".join(f"{good.bytes:,}" for good in known)
        raise DataError(
            f"is no known archive of {data.dataset}: {size:,} bytes, sha256 {digest}; the known ones have {sizes} bytes"
        )
    verify(archive)
    return {"dataset": data.dataset, "address": address, "bytes": size, "sha256": digest}


def _reason(error: Exception, timeout_s: float) -> str:
    """Return the reason why an address failed, in a few words."""
    from requests import exceptions

    match error:
        case DataError():
            return str(error)
        case exceptions.HTTPError() if error.response is not None:
            return f"{error.response.status_code} {error.response.reason}"
        case exceptions.Timeout():
            return f"no answer within {timeout_s:g} s"
        case exceptions.ChunkedEncodingError():
            return "the connection broke before the end"
        case exceptions.ConnectionError():
            return "no such host" if "resol" in str(error) else "no connection"
        case OSError(strerror=str(words)):
            return words
    return one_line(error)


def _advice(data: params.Data, failures: dict[str, str]) -> str:
    """Return every address with its failure, and two other ways if the network may be the reason."""
    lines = [f"{address}: {reason}" for address, reason in failures.items()]
    if any(address.startswith("http") for address in failures):
        lines = [f"the archive of {data.dataset} could not be fetched:", *(f"  {line}" for line in lines)]
        lines += [
            f"either set `data.url: file:///…/{data.dataset}.tar.gz` in params.yaml, an archive on this machine,",
            "or see the whole pipeline on pictures that are drawn here: `make demo`",
        ]
    return "\n".join(lines)
