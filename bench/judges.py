"""Whether two segmenters rank the same models alike: Kendall's rank correlation of their scores.

    python -m bench.judges ONE/reports/scores.csv OTHER/reports/scores.csv

Both files are of evaluations of the same models on the same pictures, by another segmenter each: put the models into
`models/beside/` of two workspaces that differ in `segmenter` alone. The model itself, the other ways to use it, and the
models beside it are ranked; real pictures and floors are not.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

import pandas as pd
from scipy.stats import kendalltau

from pix2pix.evaluation import floors, measures
from pix2pix.evaluation.measure import SEGMENTATION

# Real pictures and floors.
NO_MODELS = ("real", "training", *floors.NAMES)
COLUMNS = ("measure", "Kendall's τ", "p", "models")


def main(paths: Sequence[Path]) -> None:
    """Print a table with a row for each FCN-score."""
    one, other = (pd.read_csv(path, index_col="subject") for path in paths)
    print(f"| {' | '.join(COLUMNS)} |\n|{'---|' * len(COLUMNS)}")
    for measure in measures.of(SEGMENTATION):
        print(f"| {measure.title} | {' | '.join(agreement(one[measure.key], other[measure.key]))} |")


def agreement(one: pd.Series, other: pd.Series) -> list[str]:
    """Return Kendall's τ of two segmenters' scores of the same models, its p-value, and the number of models.

    τ (Kendall 1938; τ-b, which counts ties) is 1 if both rank all models alike, 0 for independent ranks, and -1 if one
    rank is the other's reverse. p is the probability of a τ as far from 0 if the ranks are independent.

    Raises:
        SystemExit: fewer than three models have both scores.
    """
    both = pd.DataFrame({"one": one, "other": other}).drop(index=list(NO_MODELS), errors="ignore").dropna()
    if len(both) < 3:
        raise SystemExit(f"error: {len(both)} models have both scores, and a rank correlation needs three")
    found = kendalltau(both["one"], both["other"])
    return [f"{found.statistic:.2f}", f"{found.pvalue:.2g}", str(len(both))]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("scores", nargs=2, type=Path, help="scores.csv of two evaluations")
    main(parser.parse_args().scores)
