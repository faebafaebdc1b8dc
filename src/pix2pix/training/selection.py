"""Which epoch's generator is the model."""

from collections.abc import Iterable, Sequence

from pix2pix.params import Select
from pix2pix.training.progress import Row
from pix2pix.training.watched import Watched


def selected_epoch(validation: Sequence[Row], select: Select, epochs: int, watched: Iterable[Watched]) -> int:
    """The epoch (from 1) that `train.select` chooses among those done.

    Args:
        validation: rows of `Progress.validation`; at least one, unless the last is chosen.
        select: `last`, or `validation_` and the key of a measure.
        epochs: how many are done.
        watched: what was measured.

    Returns:
        The last one, or the one with the best value of the measure; of equally good ones the first.
    """
    if select == "last":
        return epochs
    measure = next(each for each in watched if select == f"validation_{each.key}")
    best = (max if measure.higher_is_better else min)(validation, key=lambda row: row[select])
    return int(best["epoch"])
