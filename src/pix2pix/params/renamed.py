"""Keys that an older params.yaml has elsewhere. Messages name the new place, and the migration moves them there."""

from collections.abc import Mapping
from typing import Any

# The new path of each key that only moved.
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
# The new path of each key that has another name in its section.
RENAMED = {"evaluate.dropout_seed": "evaluate.seed", "evaluate.dropout_repeats": "evaluate.repeats"}
# The present path of each key that once had another one.
PRESENT = MOVED | RENAMED
# The key, with another meaning, that replaces an old key.
_REPLACED = {"train.learning_rate_schedule": "train.decay_epochs"}


def old_keys(content: Mapping[str, Any]) -> list[str]:
    """Return the paths that show that a parameters file is an old one; a new file has none."""
    train = content.get("train")
    if "model" in content or not isinstance(train, Mapping):
        return []
    return [path for path in MOVED if path.removeprefix("train.") in train]


def earlier(key: str) -> set[str]:
    """Return the earlier names of a key, without their section."""
    return {old.partition(".")[2] for old, new in RENAMED.items() if new.partition(".")[2] == key}


def now(path: str) -> str | None:
    """Say what a renamed key is called now; None for any other key."""
    if path in PRESENT:
        return f"it is {PRESENT[path]} now"
    if path in _REPLACED:
        return f"{_REPLACED[path]} replaces it"
    return None
