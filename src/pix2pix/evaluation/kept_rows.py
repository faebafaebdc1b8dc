"""The folder of the rows that evaluations keep until they are finished; see `rows`."""

from pathlib import Path

from pix2pix.base import files


def folder() -> Path:
    """Return the folder; it has a folder for each training, by its fingerprint."""
    return files.home() / "evaluations"
