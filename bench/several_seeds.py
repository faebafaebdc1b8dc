"""The scores of models that were trained with several seeds: their mean, the lowest and the highest.

    python -m bench.several_seeds REPORTS/scores.csv class_iou ssim

The models are those of `models/beside/`, whose folders are called NAME-SEED (`spade-42`, `spade-43`). Real pictures,
floors and the workspace's own model have one row each, with the interval over the pictures.
"""

import argparse
import re
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from pix2pix.evaluation import measures
from pix2pix.evaluation.measure import Measure

_SEEDED = re.compile(r"(.+)-(\d+)")


def main(path: Path, keys: Sequence[str]) -> None:
    """Print a table with a row for each model."""
    known = {measure.key: measure for measure in measures.MEASURES}
    if unknown := [key for key in keys if key not in known]:
        raise SystemExit(f"error: {', '.join(unknown)}: no such measure; there are {', '.join(known)}")
    chosen = [known[key] for key in keys]
    scores = pd.read_csv(path, index_col="subject")
    print(f"| | seeds | {' | '.join(measure.title for measure in chosen)} |\n|{'---|' * (len(chosen) + 2)}")
    for name, subjects in models(scores.index.tolist()).items():
        cells = [cell(scores.loc[subjects], measure) for measure in chosen]
        alone = subjects == [name]
        title, seeds = (scores["name"][name], "") if alone else (name, str(len(subjects)))
        print(f"| {title} | {seeds} | {' | '.join(cells)} |")


def models(subjects: Sequence[str]) -> dict[str, list[str]]:
    """Return the subjects of each model, in their order; a subject without a seed is alone."""
    found: dict[str, list[str]] = {}
    for subject in subjects:
        seeded = _SEEDED.fullmatch(subject)
        found.setdefault(seeded[1] if seeded else subject, []).append(subject)
    return found


def cell(rows: pd.DataFrame, measure: Measure) -> str:
    """Return the mean with the lowest and the highest score of several seeds, or one score with its interval."""
    if measure.key not in rows or (values := rows[measure.key].dropna()).empty:
        return ""
    bounds = [values.min(), values.max()]
    if len(rows) == 1:
        bounds = [rows[f"{measure.key}{end}"].iloc[0] for end in ("_low", "_high")]
    low, high = map(measure.show, bounds)
    return measure.show(values.mean()) + ("" if pd.isna(bounds[0]) else f" [{low}, {high}]")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("scores", type=Path, help="scores.csv of an evaluation")
    parser.add_argument("measures", nargs="+", help="keys of measures, such as class_iou")
    asked = parser.parse_args()
    main(asked.scores, asked.measures)
