"""The choice of the epoch whose networks become the model."""

from collections.abc import Mapping, Sequence

import keras

from pix2pix.training.plan import Plan
from pix2pix.training.progress import Row


def selected_epoch(validation: Sequence[Row], plan: Plan, epochs: int) -> int:
    """Return the epoch (from 1) that the plan chooses among the finished ones.

    Args:
        validation: the rows of `Progress.validation`, at least one if `plan.select` is set.
        plan: the plan; its `select` and `lower_is_better` decide.
        epochs: the number of finished epochs.

    Returns:
        The last epoch if `plan.select` is None, otherwise the first epoch with the best value.
    """
    if plan.select is None:
        return epochs
    column = plan.select
    best = (min if plan.lower_is_better else max)(validation, key=lambda row: row[column])
    return int(best["epoch"])


class Selected:
    """Copies of a system's products after the best epoch so far.

    Attributes:
        models: the copies, by the product's name; empty if the plan always takes the last epoch.
    """

    def __init__(self, products: Mapping[str, keras.Model], plan: Plan) -> None:
        self._products, self._plan = products, plan
        kept = {} if plan.select is None else products
        self.models = {name: keras.models.clone_model(model) for name, model in kept.items()}

    def update(self, validation: Sequence[Row], epoch: int) -> None:
        """Copy the weights if the epoch that has just ended is the best so far."""
        if self.models and selected_epoch(validation, self._plan, epoch) == epoch:
            for name, copy in self.models.items():
                copy.set_weights(self._products[name].get_weights())

    def parts(self) -> dict[str, keras.Model]:
        """Return the copies by their names in a checkpoint."""
        return {f"selected_{name}": model for name, model in self.models.items()}
