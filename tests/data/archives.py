"""Archives as a test wants them."""

import io
import tarfile
import zipfile
from pathlib import Path

import pytest

from pix2pix import params

CHECKOUT = Path(__file__).parents[2]
PARAMS = params.load(CHECKOUT / "params.yaml")
LIMITS = PARAMS.prepare
REAL = CHECKOUT.parent / "shared/data/facades.tar.gz"
FILES = {"top/train/1.jpg": b"one", "top/train/10.jpg": b"ten", "top/train/2.jpg": b"two" * 999, "top/val/1.png": b"v"}


def data(**changes):
    return PARAMS.data.model_copy(update={"dataset": "custom", "url": None, **changes})


def header(name, size=0, **changes):
    info = tarfile.TarInfo(name)
    info.size = size
    for key, value in changes.items():
        setattr(info, key, value)
    return info


def tar_of(path, entries, mode="w"):
    """A tar of `(header, contents)`, or of `{name: contents}`."""
    if isinstance(entries, dict):
        entries = [(header(name, len(contents)), contents) for name, contents in entries.items()]
    with tarfile.open(path, mode) as tar:
        for info, contents in entries:
            tar.addfile(info, io.BytesIO(contents))
    return path


def zip_of(path, entries):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archived:
        for name, contents in entries.items():
            archived.writestr(name, contents)
    return path


def make(path, kind, entries):
    if kind == "zip":
        return zip_of(path, entries)
    return tar_of(path, entries, {"tar": "w", "tar.gz": "w:gz"}[kind])


KINDS = pytest.mark.parametrize("kind", ["tar", "tar.gz", "zip"])
