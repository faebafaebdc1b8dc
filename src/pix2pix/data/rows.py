"""What is known of each example: a row of the file beside its shard.

The manifest names shards alone, so that it is read in no time however many examples there are. `train-00000-of-00003.
jsonl` has a line of JSON for each record of `train-00000-of-00003.tfrecord`, in the order of the records.
"""

from collections.abc import Collection, Iterable, Sequence
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, NonNegativeInt, PositiveInt, StringConstraints, ValidationError

from pix2pix.base import files
from pix2pix.base.errors import DataError, one_line

AGAIN = "rerun `dvc repro -f prepare`"
Sha256 = Annotated[str, StringConstraints(pattern="^[0-9a-f]{64}$")]


class Told(BaseModel):
    """What the files about records tell, checked as it is read."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Row(Told):
    """One example in one role.

    Attributes:
        id: the path in the archive without top folder and suffix, such as `val/12`.
        offset: the byte of the shard at which the framed record begins.
        width, height: the size of the picture in the archive, in pixels: of both halves, or of the target.
        sha256: the SHA-256 of the values of each field.
        shares: the share of each class in the label map, in [0, 1]; None without a palette.
        far: by field, the share of pixels that are far from all colours of the palette, in [0, 1]; None without one.
        note: the kind of picture that was converted to 8-bit sRGB; None if it was that already.
        class_id: the class of the picture, which is also its field `class`; None without classes of pictures.
    """

    id: str
    offset: NonNegativeInt
    width: PositiveInt
    height: PositiveInt
    sha256: dict[str, Sha256]
    shares: dict[str, float] | None = None
    far: dict[str, float] | None = None
    note: str | None = None
    class_id: NonNegativeInt | None = None


def beside(shard: Path) -> Path:
    """Return the path of the rows of a shard."""
    return shard.with_suffix(".jsonl")


def write(path: Path, rows: Iterable[Row]) -> None:
    """Write rows, a line each, into a folder that appears as a whole."""
    lines = (row.model_dump_json(exclude_defaults=True) + "\n" for row in rows)
    path.write_text("".join(lines), encoding="utf-8", newline="\n")


def read(
    path: Path, sha256: str, fields: Collection[str], classes: Sequence[str] | None, advice: str = AGAIN
) -> list[Row]:
    """Read rows.

    Args:
        path: the file.
        sha256: the SHA-256 that its bytes have to have.
        fields: the names of the fields of every example.
        classes: the names of the classes of pixels; None without a palette.
        advice: what to do if the file is not as it should be.

    Raises:
        DataError: the file has changed or is no table of rows; or a row is of other fields or classes.
    """
    if files.sha256(path) != sha256:
        raise DataError(f"{path}: changed since it was written (its sha256 is not the manifest's); {advice}")
    found = []
    for number, line in enumerate(path.read_bytes().splitlines(), 1):
        try:
            row = Row.model_validate_json(line)
        except ValidationError as error:
            where = ".".join(map(str, error.errors()[0]["loc"])) or "not JSON"
            raise DataError(f"{path}: line {number} is no row ({one_line(where)}); {advice}") from None
        if wrong := _other(row, set(fields), set(classes or ())):
            raise DataError(f"{path}: line {number} {wrong}; {advice}")
        found.append(row)
    return found


def _other(row: Row, fields: set[str], classes: set[str]) -> str | None:
    """Say how a row is not of the fields and classes; None if it is."""
    if row.sha256.keys() != fields:
        return "has hashes of other fields"
    if row.shares is not None and row.shares.keys() != classes:
        return "has shares of other classes"
    if row.far is not None and not row.far.keys() <= fields:
        return "is far from the palette in other fields"
    return None
