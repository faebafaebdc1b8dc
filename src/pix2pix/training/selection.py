"""Which epoch's generator is the model."""

from collections.abc import Sequence

from pix2pix.params import Select
from pix2pix.training.progress import Row

LOWER_IS_BETTER = {"validation_l1"}


def selected_epoch(validation: Sequence[Row], select: Select, epochs: int) -> int:
    """The epoch (from 1) that `train.select` chooses among those done.

    Args:
        validation: rows of `Progress.validation`; at least one, unless the last is chosen.
        select: `train.select`.
        epochs: how many are done.

    Returns:
        The last one, or the one with the best value of the metric; of equally good ones the first.
    """
    if select == "last":
        return epochs
    best = (min if select in LOWER_IS_BETTER else max)(validation, key=lambda row: row[select])
    return int(best["epoch"])
