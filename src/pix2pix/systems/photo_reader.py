"""What the segmenter and the classifier share as systems: one player, a network that learns to read photos."""

from collections.abc import Collection

import keras

from pix2pix.params import Segmenter as Settings
from pix2pix.systems.readers import PRODUCT, adamw
from pix2pix.training.curves import Curve
from pix2pix.training.draw import Draw
from pix2pix.training.system import Batch, Pictures, Player, System, Verdicts


def curves(name: str) -> tuple[Curve, ...]:
    """Return the curves of a player: its loss, and the norm of its gradient."""
    return Curve(f"{name}_loss", name, "loss"), Curve(f"{name}_gradient_norm", name, "gradient")


class PhotoReader(System):
    """A `training.system.System` without losses, which a subclass adds. It makes `logits` from the field `photo`."""

    def __init__(self, name: str, model: keras.Model, settings: Settings, steps: int) -> None:
        """Make the optimiser.

        Args:
            name: the name of the player, with which the keys of its curves begin.
            model: the network.
            settings: the `segmenter` section.
            steps: the number of steps in an epoch.
        """
        optimizer = adamw(settings, steps, f"{name}_adamw")
        optimizer.build(model.trainable_variables)
        self._model = model
        self.players = {name: Player((model,), optimizer, learning_rate=None, makes=True)}
        self.moves = ((name,),)
        self.curves = curves(name)

    @property
    def products(self) -> dict[str, keras.Model]:
        """The network."""
        return {PRODUCT: self._model}

    def make(self, batch: Batch, draw: Draw) -> Pictures:
        """Compute the class logits of each photo."""
        draw.dropout(self._model)
        return {"logits": self._model(batch["photo"], training=True)}

    def judge(self, movers: Collection[str], batch: Batch, made: Pictures, draw: Draw) -> Verdicts:  # noqa: ARG002
        """Return nothing: no player judges, because the loss compares with the true classes."""
        return {}
