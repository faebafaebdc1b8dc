"""Begin from another model's weights."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import keras
import tensorflow as tf
from tensorflow.core.protobuf.trackable_object_graph_pb2 import TrackableObjectGraph

from pix2pix.base.errors import TrainingError
from pix2pix.base.files import read_json, sha256_of
from pix2pix.networks import folder
from pix2pix.training import checkpoint
from pix2pix.training.system import System, averages, learner, networks

# The shapes of a network's weights, by their paths: `down_1_conv/kernel`.
_Shapes = Mapping[str, tuple[int, ...]]


@dataclass(frozen=True)
class Start:
    """The model whose weights a training begins with.

    Attributes:
        path: a model folder, which has one product of the system, or a checkpoint, which has every player's network.
        name: the name in `train.start_from`.
    """

    path: Path
    name: str

    @property
    def is_checkpoint(self) -> bool:
        """Whether the path is a checkpoint and no model folder."""
        return (self.path / checkpoint.HASHES).is_file()

    def digest(self) -> str:
        """Return the identity of the weights, 64 hexadecimal digits.

        Raises:
            TrainingError: the path is neither a model folder nor a checkpoint.
        """
        try:
            if self.is_checkpoint:
                return sha256_of(f"{name}: {value}" for name, value in sorted(self._hashes().items()))
            return str(read_json(self.path / "about.json")["weights_sha256"])
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            raise TrainingError(
                f"train.start_from = {self.name}: neither a model folder nor a checkpoint; name a folder that is"
            ) from None

    def _hashes(self) -> dict[str, str]:
        hashes = read_json(self.path / checkpoint.HASHES)
        return {name: value for name, value in hashes.items() if name.startswith(checkpoint.STATE)}

    def check(self, system: System) -> None:
        """Check that the weights fit a system. The system does not change.

        Raises:
            TrainingError: the weights do not fit, and the message names the layer and both shapes; or the checkpoint
                is damaged.
            DataError: the model folder is damaged.
        """
        if self.is_checkpoint:
            self._fitting(system)
        else:
            self._model(system)

    def give(self, system: System) -> str:
        """Give a system these weights instead of its first ones.

        Returns:
            A sentence that says which networks got weights.

        Raises:
            TrainingError, DataError: see `check`.
        """
        if self.is_checkpoint:
            return self._give_checkpoint(system)
        name = self._product(system)
        given = {weight.path: weight for weight in self._model(system).weights}
        for weight in learner(system, name).weights:
            weight.assign(given[weight.path])
        _begin_averages(system)
        return f"the {name} begins with the weights of {self.name}"

    def _product(self, system: System) -> str:
        """Return the product that a model folder has: the only one, or the one with the folder's name."""
        if len(system.products) == 1:
            return next(iter(system.products))
        if self.path.name not in system.products:
            raise TrainingError(
                f"train.start_from = {self.name}: the system makes {' and '.join(system.products)}; give the folder "
                "the name of the network that it has"
            )
        return self.path.name

    def _model(self, system: System) -> keras.Model:
        """Load the network of the model folder, which fits the system."""
        model, _ = folder.load(self.path)
        name = self._product(system)
        _compare(_shapes(system.products[name]), _shapes(model), name, self.name)
        return model

    def _fitting(self, system: System) -> dict[str, keras.Model]:
        """Return the networks of the system that the checkpoint has weights for, by their names there."""
        try:
            checkpoint.checked(self.path)
        except checkpoint.DamagedError as error:
            raise TrainingError(f"train.start_from = {self.name}: damaged checkpoint ({error})") from None
        state = str(self.path / checkpoint.STATE)
        there = networks(system)
        held = {name: _held(state, name) for name in there}
        models = {name: model for name, model in there.items() if held[name]}
        if not models:
            raise TrainingError(
                f"train.start_from = {self.name}: does not fit: the checkpoint has no {' and no '.join(there)}"
            )
        for name, model in models.items():
            _compare(_shapes(model), held[name], name, self.name)
        return models

    def _give_checkpoint(self, system: System) -> str:
        models, state = self._fitting(system), str(self.path / checkpoint.STATE)
        tf.train.Checkpoint(**models).read(state).assert_existing_objects_matched().expect_partial()
        _begin_averages(system)
        begin = "begins" if len(models) == 1 else "begin"
        return f"{' and '.join(f'the {name}' for name in models)} {begin} with the weights of {self.name}"


def _begin_averages(system: System) -> None:
    for average in averages(system):
        average.begin()


def _shapes(model: keras.Model) -> _Shapes:
    return {weight.path: tuple(weight.shape) for weight in model.weights}


def _held(state: str, player: str) -> _Shapes:
    """Return the shapes of the weights that a checkpoint holds for a player; empty if it has no such player."""
    reader = tf.train.load_checkpoint(state)
    shapes = reader.get_variable_to_shape_map()
    nodes = TrackableObjectGraph.FromString(reader.get_tensor("_CHECKPOINTABLE_OBJECT_GRAPH")).nodes
    waiting = [child.node_id for child in nodes[0].children if child.local_name == player]
    seen: set[int] = set()
    while waiting:
        number = waiting.pop()
        if number not in seen:
            seen.add(number)
            waiting += (child.node_id for child in nodes[number].children)
    entries = (entry for number in sorted(seen) for entry in nodes[number].attributes)
    return {entry.full_name: tuple(shapes[entry.checkpoint_key]) for entry in entries}


def _compare(ours: _Shapes, theirs: _Shapes, network: str, name: str) -> None:
    """Raise `TrainingError` if weights do not fit a network."""
    for path in (*ours, *theirs):
        if ours.get(path) != theirs.get(path):
            layer, _, weight = path.partition("/")
            here, there = (f"of {shapes[path]}" if path in shapes else "none" for shapes in (ours, theirs))
            raise TrainingError(
                f"train.start_from = {name}: does not fit: the layer {layer} of the {network} has a {weight} {here} "
                f"here and {there} there"
            )
