"""Begin from another model's weights."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import keras
import tensorflow as tf

from pix2pix.base.errors import TrainingError, one_line
from pix2pix.base.files import read_json, sha256_of
from pix2pix.networks import folder
from pix2pix.training import checkpoint
from pix2pix.training.system import System

# What a model folder holds of a system.
PRODUCT = "generator"


@dataclass(frozen=True)
class Start:
    """Where a training begins.

    Attributes:
        path: a model folder, whose network is the system's product; or a checkpoint, which has every player's.
        name: what people call it.
    """

    path: Path
    name: str

    @property
    def is_checkpoint(self) -> bool:
        """Whether it is a checkpoint; else it is a model folder."""
        return (self.path / checkpoint.HASHES).is_file()

    def digest(self) -> str:
        """What identifies its weights: 64 hexadecimal digits.

        Raises:
            TrainingError: it is neither a model folder nor a checkpoint.
        """
        try:
            if self.is_checkpoint:
                return sha256_of(f"{name}: {value}" for name, value in sorted(self._hashes().items()))
            return str(read_json(self.path / "about.json")["weights_sha256"])
        except (OSError, ValueError, KeyError, TypeError):
            raise TrainingError(
                f"train.start_from = {self.name}: no model folder and no checkpoint; name one such as models/generator"
            ) from None

    def _hashes(self) -> dict[str, str]:
        hashes = read_json(self.path / checkpoint.HASHES)
        return {name: value for name, value in hashes.items() if name.startswith(checkpoint.STATE)}

    def give(self, system: System) -> str:
        """Give a system these weights, in place of its first ones.

        Returns:
            What was given, for people.

        Raises:
            TrainingError: they do not fit, or the files are damaged; the message names the layer and both shapes.
            DataError: the model folder is damaged.
        """
        if self.is_checkpoint:
            return self._give_checkpoint(system)
        model, _ = folder.load(self.path)
        _transfer(model, system.products[PRODUCT], self.name)
        return f"the {PRODUCT} begins with the weights of {self.name}"

    def _give_checkpoint(self, system: System) -> str:
        checkpoint.checked(self.path)
        models = _models(system)
        state = str(self.path / checkpoint.STATE)
        shapes = dict(tf.train.list_variables(state))
        there = {name: model for name, model in models.items() if any(key.startswith(f"{name}/") for key in shapes)}
        try:
            tf.train.Checkpoint(**there).read(state).assert_existing_objects_matched().expect_partial()
        except (ValueError, AssertionError, tf.errors.OpError) as error:
            raise TrainingError(f"train.start_from = {self.name}: does not fit: {one_line(error)}") from None
        return f"{' and '.join(there)} begin with the weights of {self.name}"


def _models(system: System) -> Mapping[str, keras.Model]:
    """The networks of the players that have one, by the player's name, as checkpoints name them."""
    return {name: player.models[0] for name, player in system.players.items() if len(player.models) == 1}


def _transfer(source: keras.Model, target: keras.Model, name: str) -> None:
    """Copy the weights layer by layer."""
    given = {layer.name: layer for layer in source.layers}
    for layer in target.layers:
        theirs = [tuple(weight.shape) for weight in given[layer.name].weights] if layer.name in given else None
        ours = [tuple(weight.shape) for weight in layer.weights]
        if theirs != ours and (ours or theirs):
            raise TrainingError(
                f"train.start_from = {name}: does not fit: the layer {layer.name} has weights of {ours} here and of "
                f"{'no such layer' if theirs is None else theirs} there"
            )
        if ours:
            layer.set_weights(given[layer.name].get_weights())
