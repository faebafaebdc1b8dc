"""An archive of drawn pictures, whose bytes depend on nothing but its members."""

import gzip
import io
import tarfile
from collections.abc import Iterable
from pathlib import Path

from pix2pix.base.files import whole


def write(path: Path, members: Iterable[tuple[str, bytes]]) -> None:
    """Write a tar.gz, whole or not at all.

    Args:
        path: the archive.
        members: the name and the contents of each file, in order.
    """
    # The gzip header gets no name and no time, which would differ from run to run.
    with (
        whole(path) as temporary,
        temporary.open("wb") as file,
        gzip.GzipFile(filename="", mode="wb", fileobj=file, mtime=0) as packed,
        tarfile.open(fileobj=packed, mode="w", format=tarfile.USTAR_FORMAT) as archive,
    ):
        for name, contents in members:
            member = tarfile.TarInfo(name)
            member.size = len(contents)
            archive.addfile(member, io.BytesIO(contents))
