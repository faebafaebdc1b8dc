"""Where an archive in `data/raw/` came from, as `download` noted it beside the archive."""

from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from pix2pix import params
from pix2pix.base import files
from pix2pix.base.errors import DataError
from pix2pix.data.rows import Sha256


class Origin(BaseModel):
    """The part of `source.json` that matters for records.

    Attributes:
        dataset: the name of the data set.
        address: where the user has the archive; messages name it.
        sha256: the SHA-256 of the archive.
    """

    model_config = ConfigDict(strict=True)

    dataset: params.Dataset
    address: str
    sha256: Sha256


def read(source: Path) -> Origin:
    """Read `source.json`, and check that the archive beside it has not changed since.

    Args:
        source: the folder that `download.fetch` wrote.

    Raises:
        DataError: a file is missing or damaged, or the archive has another hash.
    """
    path, said = source / "archive", source / "source.json"
    if not path.is_file() or not said.is_file():
        raise DataError(f"{path}: it or source.json beside it is missing; run `dvc repro download`")
    try:
        origin = Origin.model_validate_json(said.read_bytes())
    except ValidationError:
        raise DataError(f"{said}: damaged; rerun `dvc repro -f download`") from None
    if files.sha256(path) != origin.sha256:
        raise DataError(f"{path}: changed since it was fetched; rerun `dvc repro -f download`")
    return origin
