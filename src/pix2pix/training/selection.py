"""Which epoch's networks are the model."""

from collections.abc import Mapping, Sequence

import keras

from pix2pix.training.plan import Plan
from pix2pix.training.progress import Row


def selected_epoch(validation: Sequence[Row], plan: Plan, epochs: int) -> int:
    """The epoch (from 1) that the plan chooses among those done.

    Args:
        validation: rows of `Progress.validation`; at least one, unless the last epoch is chosen.
        plan: its `select` and `lower_is_better`.
        epochs: how many are done.

    Returns:
        The last epoch, or the first one with the best value.
    """
    if plan.select is None:
        return epochs
    column = plan.select
    best = (min if plan.lower_is_better else max)(validation, key=lambda row: row[column])
    return int(best["epoch"])


class Selected:
    """Copies of a system's products as they were after the best epoch so far.

    Attributes:
        models: by the product's name; empty where the last epoch is the best by definition.
    """

    def __init__(self, products: Mapping[str, keras.Model], plan: Plan) -> None:
        self._products, self._plan = products, plan
        kept = {} if plan.select is None else products
        self.models = {name: keras.models.clone_model(model) for name, model in kept.items()}

    def update(self, validation: Sequence[Row], epoch: int) -> None:
        """Copy the weights if this epoch, which has just ended, is the best so far."""
        if self.models and selected_epoch(validation, self._plan, epoch) == epoch:
            for name, copy in self.models.items():
                copy.set_weights(self._products[name].get_weights())

    def parts(self) -> dict[str, keras.Model]:
        """The copies by the name that a checkpoint has for them."""
        return {f"selected_{name}": model for name, model in self.models.items()}
