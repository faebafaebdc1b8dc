"""The order of pictures from the best to the worst."""

import pandas as pd

from pix2pix.evaluation import measures
from pix2pix.evaluation.measure import CYCLE, LIKENESS, Measure


def ranking(columns: pd.DataFrame) -> Measure:
    """Return the measure that ranks: that of likeness, or that of cycles where no likeness was measured.

    Args:
        columns: a table with a column for each measure; a measure without a value was not measured.
    """
    likeness = measures.lead(LIKENESS)
    measured = likeness.key in columns and columns[likeness.key].notna().any()
    return likeness if measured else measures.lead(CYCLE)


def ranked(images: pd.DataFrame) -> list[str]:
    """Return the ids of `images.csv`, the best picture first; equal pictures keep their order in the file.

    Pictures from noise keep their order: each by itself, they have no score.
    """
    row = ranking(images)
    if row.key not in images:
        return images.index.tolist()
    return images.sort_values(row.key, ascending=not row.higher_is_better, kind="stable").index.tolist()
