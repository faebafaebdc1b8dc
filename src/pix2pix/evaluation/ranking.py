"""The order of pictures from the best to the worst."""

import pandas as pd

from pix2pix.evaluation import measures
from pix2pix.evaluation.measure import LIKENESS


def ranked(images: pd.DataFrame) -> list[str]:
    """Return the ids of `images.csv`, the most lifelike picture first; equal pictures keep their order in the file.

    Pictures from noise keep their order: each by itself, they have no score.
    """
    row = measures.lead(LIKENESS)
    if row.key not in images:
        return images.index.tolist()
    return images.sort_values(row.key, ascending=not row.higher_is_better, kind="stable").index.tolist()
