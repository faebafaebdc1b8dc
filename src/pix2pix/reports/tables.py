"""The CSV tables of a run's results, checked as they are read: a value that is no number is named, never shown."""

import math
from collections.abc import Hashable, Iterable, Sequence
from pathlib import Path

import pandas as pd

from pix2pix.base.errors import one_line
from pix2pix.reports import results

# These columns are texts: an id such as "NA" or "007" stays one.
_TEXTS = ("id", "class", "read", "real_read", "subject", "name", "nearest", "real_nearest")


def read(path: Path, stage: str, texts: Sequence[str] = (), numbers: Sequence[str] = ()) -> pd.DataFrame:
    """Read a CSV file that a stage wrote.

    Args:
        path: the file.
        stage: the stage.
        texts: columns that it needs, without gaps.
        numbers: columns that it needs, with a finite number in each row. Other columns of numbers may have gaps.

    Raises:
        DataError: the file is missing or damaged, or has no such column, or another value.
    """

    def parse(path: Path) -> pd.DataFrame:
        table = pd.read_csv(path, dtype=dict.fromkeys(_TEXTS, str), keep_default_na=False, na_values=[""])
        if missing := [column for column in (*texts, *numbers) if column not in table]:
            raise ValueError(f"it has no column {missing[0]}")
        for other in (column for column in table if column not in _TEXTS):
            values = pd.to_numeric(table[other], errors="coerce")
            _refuse(table, other, (values.isna() & table[other].notna()) | values.isin([math.inf, -math.inf]))
        for column in (*texts, *numbers):
            _refuse(table, column, table[column].isna())
        return table

    return results.read(path, stage, parse)


def square(path: Path, names: Iterable[str]) -> pd.DataFrame:
    """Read a table of pixel counts by true class (rows) and read class (columns).

    Raises:
        DataError: the file is missing or damaged, has other values than counts, or is not of these classes.
    """
    classes = list(names)

    def parse(path: Path) -> pd.DataFrame:
        # Without a header and as texts: a class may be called `class`, `id` or `NA`.
        (_, *columns), *rows = pd.read_csv(path, header=None, dtype=str, keep_default_na=False).to_numpy().tolist()
        if columns != classes or [row[0] for row in rows] != classes:
            raise ValueError("it is not of the classes of the manifest")
        table = pd.DataFrame([row[1:] for row in rows], classes, classes)
        for column in table:
            _refuse(table, column, ~table[column].str.fullmatch("[0-9]+"))
        return table.astype(int)

    return results.read(path, "evaluate", parse)


def _refuse(table: pd.DataFrame, column: Hashable, wrong: "pd.Series[bool]") -> None:
    """Raise `ValueError` if a column has a wrong value."""
    if wrong.any():
        row = int(wrong.to_numpy().argmax())
        shown = one_line(table[column].iloc[row])
        raise ValueError(f"{column} in row {row + 1} is {shown}, which is no value of this column")
