"""The results of an evaluation, and how their tables are made."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pix2pix.evaluation import measures
from pix2pix.evaluation.intervals import BOUNDS
from pix2pix.evaluation.measure import ALONE, ANSWERS, ASKED, HELD_OUT, OTHER_CLASS, SAMPLES, SEGMENTATION
from pix2pix.evaluation.segmenter_worth import FLOOR

# The subjects that have a confusion matrix, and the subjects whose scores `Evaluation.flat` contains.
CONFUSED = ("generated", "real")
_FLAT = (*CONFUSED, "training", FLOOR, HELD_OUT, OTHER_CLASS)
# The measures that pictures have which no model made.
_OF_ALL = measures.of(*ALONE, ANSWERS, SEGMENTATION, SAMPLES, ASKED)


@dataclass(frozen=True)
class Evaluation:
    """The results of an evaluation.

    Attributes:
        scores: one row for each subject, by its key. The columns are `name` and four for each measure: the score,
            the bounds of its interval (`_low`, `_high`), and the standard deviation over the dropout seeds (`_seeds`),
            which only the model's row has. NaN marks a missing score, or the bounds of too few images.
        images: one row for each image, by its id, with the columns `measures.image_columns` and `NEAREST`. NaN marks
            a missing value.
        confusions: for each subject in `CONFUSED`, the number of pixels by true class (rows) and read class (columns),
            or of pictures by the class that they were asked for; the table is empty if the data set has no classes.
        worth: what `segmenter_worth.over` returns for the ceiling and the floor; where pictures have classes, the
            figures of each class (`asked_class.of_each_class`).
        memorisation: the figures that `memorisation.memorisation` returns.
        absent: the name of everything that was left out, with the reason.
    """

    scores: pd.DataFrame
    images: pd.DataFrame
    confusions: dict[str, pd.DataFrame]
    worth: dict[str, float]
    memorisation: dict[str, float]
    absent: dict[str, str]

    def flat(self) -> dict[str, float]:
        """Return the scores of the model, its ceiling and its floor, with their bounds if there are enough images."""
        figures: dict[str, float] = {"pairs": len(self.images)}
        for subject in (subject for subject in _FLAT if subject in self.scores.index):
            row = self.scores.loc[subject].drop("name").dropna().to_dict()
            for each in measures.MEASURES if subject == "generated" else _OF_ALL:
                there = (bound for bound in BOUNDS if f"{each.key}{bound}" in row)
                figures |= {f"{each.figure(subject)}{bound}": row[f"{each.key}{bound}"] for bound in there}
        return figures | self.worth | self.memorisation


def scores_table(
    scores: Mapping[str, Mapping[str, float]], repeats: pd.DataFrame, keys: Sequence[str], names: Mapping[str, str]
) -> pd.DataFrame:
    """Return `Evaluation.scores`.

    Args:
        scores: the scores with their bounds, by subject.
        repeats: the scores of the model, one row for each of its seeds.
        keys: the measures, in the order of the columns.
        names: the names that people read, by subject.
    """
    table = pd.DataFrame({subject: dict(each) for subject, each in scores.items()}).T.rename_axis("subject")
    table = table.reindex(columns=[f"{key}{part}" for key in keys for part in (*BOUNDS, "_seeds")])
    spread = repeats[[key for key in keys if key in repeats]].std().add_suffix("_seeds")
    table.loc["generated", spread.index] = spread
    table.insert(0, "name", [names.get(subject, subject) for subject in table.index])
    return table


def confusion_table(counts: NDArray[np.int64] | None = None, classes: Sequence[str] = ()) -> pd.DataFrame:
    """Return one of `Evaluation.confusions`; without counts it is empty."""
    return pd.DataFrame([] if counts is None else counts, index=pd.Index(classes, name="class"), columns=list(classes))
