"""One entry of an archive, and the errors that all kinds of archives share."""

import contextlib
import lzma
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from typing import NamedTuple

from pix2pix.base.errors import DataError, one_line

KINDS = "tar, tar.gz, tar.bz2, tar.xz or zip"
# What the readers of the standard library raise at bytes that are no archive, or that are damaged.
DAMAGE = (
    tarfile.TarError,
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    EOFError,
    ValueError,
    RuntimeError,
)


class Member(NamedTuple):
    """One entry of an archive. `kind` is file, folder, or what it is else; `read` gives a file's contents, once."""

    name: str
    kind: str
    size: int
    read: Callable[[], bytes]


def shown(name: str) -> str:
    """A name from an archive, for a message: quoted and short if it is odd or long."""
    return name if name.isprintable() and len(name) <= 200 else repr(name[:60])


def too_large(limit: int) -> DataError:
    """The refusal of an archive that unpacks to more than `limit` bytes."""
    return DataError(f"unpacks to more than {limit / 1e9:g} GB: prepare.max_unpacked_gb says that is too much")


@contextlib.contextmanager
def damage(where: str | None = None) -> Iterator[None]:
    """Say every kind of damage as a `DataError`, with the archive's name if it is given."""
    prefix = f"{where}: " if where else ""
    try:
        yield
    except DataError as error:
        raise DataError(f"{prefix}{error}") from None
    except (*DAMAGE, OSError) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise  # of the system; those of `bz2` and `gzip` have no number
        what = f"cannot be read as a {KINDS} archive; it may be cut short or damaged"
        raise DataError(f"{prefix}{what} ({one_line(error)})") from None
