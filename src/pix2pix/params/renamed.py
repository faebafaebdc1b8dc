"""Keys that an older params.yaml has elsewhere: messages name the new place, and the migration moves them there."""

from collections.abc import Mapping
from typing import Any

# Moved as they are.
MOVED = {
    f"train.{key}": f"model.{key}"
    for key in (
        "loss",
        "lambda_l1",
        "generator",
        "generator_filters",
        "receptive_field",
        "discriminator_filters",
        "leaky_slope",
        "bottleneck_norm",
        "norm_epsilon",
        "norm_gamma_stddev",
        "learning_rate",
        "beta_1",
        "discriminator_loss",
        "update_order",
    )
}
# Replaced by a key with another meaning.
_REPLACED = {"train.learning_rate_schedule": "train.decay_epochs"}


def old_keys(content: Mapping[str, Any]) -> list[str]:
    """The paths by which the content of a parameters file is seen to be an old one; none in a new one."""
    train = content.get("train")
    if "model" in content or not isinstance(train, Mapping):
        return []
    return [path for path in MOVED if path.removeprefix("train.") in train]


def now(path: str) -> str | None:
    """What a renamed key is called now, in words; None for any other key."""
    if path in MOVED:
        return f"it is {MOVED[path]} now"
    if path in _REPLACED:
        return f"{_REPLACED[path]} replaces it"
    return None
