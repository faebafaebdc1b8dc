"""Keys that an older params.yaml has elsewhere: messages name the new place, and the migration moves them there."""

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
REPLACED = {"train.learning_rate_schedule": "train.decay_epochs"}


def now(path: str) -> str | None:
    """What a renamed key is called now, in words; None for any other key."""
    if path in MOVED:
        return f"it is {MOVED[path]} now"
    if path in REPLACED:
        return f"{REPLACED[path]} replaces it"
    return None
