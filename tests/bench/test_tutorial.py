import keras
import made_examples
import numpy as np
import pytest

from bench import tutorial as peer
from bench.checks import DISCRIMINATOR, GENERATOR, check_first_losses
from bench.flop import step_flop
from bench.noise import noise
from bench.tutorial import Tutorial
from pix2pix.base import hardware
from pix2pix.networks.inference import dropout_layers
from pix2pix.params import Pix2pix
from pix2pix.systems import pix2pix
from pix2pix.training.windows import Windows

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def tutorial():
    keras.utils.set_random_seed(0)
    return Tutorial()


def without_dropout(model):
    for layer in model.layers:
        if isinstance(layer, keras.Model):
            without_dropout(layer)
        elif isinstance(layer, keras.layers.Dropout):
            layer.rate = 0.0


def test_the_peer_is_our_step_with_the_tutorials_bottleneck(tutorial):
    """Two steps from the same weights: the second's losses tell of gradients and of Adam."""
    assert (tutorial.generator.count_params(), tutorial.discriminator.count_params()) == (GENERATOR, DISCRIMINATOR)
    training = pix2pix.Pix2Pix(Pix2pix(bottleneck_norm=True), "float32", made_examples.task(size=256), seed=0)
    windows = Windows(training, seed=0)
    assert training.generator.count_params() == GENERATOR
    flop = step_flop(tutorial.generator, tutorial.discriminator)
    assert flop == step_flop(training.generator, training.discriminator)
    # Forward 12.1 GFLOP the generator and 6.4 the discriminator; three and seven times that, less their first layers.
    assert flop == pytest.approx(3 * 12.1e9 + 7 * 6.4e9, rel=0.01)
    training.generator.set_weights(tutorial.generator.get_weights())
    training.discriminator.set_weights(tutorial.discriminator.get_weights())
    for layer in dropout_layers(training.generator):
        layer.rate = 0.0
    without_dropout(tutorial.generator)
    pictures = noise()
    scaled = [half / np.float32(127.5) - 1 for half in pictures]
    for step, tolerance in enumerate((1e-4, 1e-2)):
        theirs = {name: float(loss) for name, loss in tutorial.train_step(*scaled).items()}
        mine = windows(dict(zip(("input", "target"), pictures[:, None], strict=True)), step)
        np.testing.assert_allclose([float(mine[name][0]) for name in theirs], list(theirs.values()), rtol=tolerance)
        if step == 0:
            check_first_losses(theirs)


def test_on_a_gpu_a_call_is_a_window_of_steps_and_the_first_losses_those_of_one(tutorial, monkeypatch):
    told, train_step = [], tutorial.train_step

    def train(*pictures):
        told.append(train_step(*pictures))
        return told[-1]

    monkeypatch.setattr(tutorial, "train_step", train)
    monkeypatch.setattr(peer, "Tutorial", lambda: tutorial)
    monkeypatch.setattr(peer, "check_first_losses", print)  # these networks are no longer new
    monkeypatch.setattr(hardware, "steps_a_call", lambda: 2)
    step, about = peer.build("float32")
    assert about["steps_a_call"] == 2
    assert about["first_losses"] == {name: float(loss) for name, loss in told[0].items()}
    assert step() == {name: float(loss) for name, loss in told[2].items()}
    assert len(told) == 3
