"""The name of the container image, and the digests of what it has to hold."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from pix2pix.base import code
from pix2pix.base.errors import UsageError, one_line
from pix2pix.base.files import CHECKOUT, sha256, sha256_of
from pix2pix.pipeline.kubeflow.graph import Stage

# The locks say which versions compute.
_CODE = ("dvc.yaml", "requirements.lock", "requirements-gpu.lock", "stages", "src")
# What Python and an installation leave in the folders of the code.
_LEFT = re.compile(r"__pycache__|.*\.egg-info")
_NAME = re.compile(
    r"[a-z0-9.-]+(?::\d+)?(?:/[a-z0-9._-]+)*(?P<tag>:[\w][\w.-]{0,127})?(?P<digest>@sha256:[0-9a-f]{64})?"
)


def named(image: str, tag: str) -> str:
    """Return the full name of an image.

    Args:
        image: the name that a user gave, such as `me/pix2pix`.
        tag: the tag for a name without one.

    Raises:
        UsageError: it is no name of an image, or its tag is `latest`. A cluster's cache compares names, so another
            image of the same name would pass for this one.
    """
    match = _NAME.fullmatch(image)
    if match is None:
        raise UsageError(f"--image {one_line(image)}: no name of an image, such as me/pix2pix")
    if match["tag"] == ":latest" and not match["digest"]:
        raise UsageError(
            f"--image {image}: `latest` names another image each time; leave the tag out, then it is a digest of the "
            "code"
        )
    return image if match["tag"] or match["digest"] else f"{image}:{tag}"


def digest(known: Mapping[str, Stage]) -> str:
    """Return one SHA-256 in hexadecimal over all that the image holds: code, and what no stage makes.

    Args:
        known: the stages of the pipeline, whose sources are your own pictures and the models of `evaluate.beside`.
    """
    places = {source for stage in known.values() for source in stage.sources} - set(_CODE)
    files = [file for place in sorted(places) for file in _files(CHECKOUT / place)]
    return sha256_of([code_digest(), *(part for file in files for part in (_shown(file), sha256(file)))])


def code_digest() -> str:
    """Return one SHA-256 in hexadecimal over the code of the checkout and its locks.

    Comments and docstrings of Python files do not count.
    """
    return code.digest([file for name in _CODE for file in _files(CHECKOUT / name)])


def _files(place: Path) -> Iterator[Path]:
    """Yield the files at a place, sorted, at any depth."""
    for file in [place] if place.is_file() else sorted(place.rglob("*")):
        if file.is_file() and not any(_LEFT.fullmatch(part) for part in file.parts):
            yield file


def _shown(file: Path) -> str:
    return file.relative_to(CHECKOUT).as_posix() if file.is_relative_to(CHECKOUT) else file.as_posix()
