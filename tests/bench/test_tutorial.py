import keras
import numpy as np
import pytest

from bench.checks import DISCRIMINATOR, GENERATOR, check_first_losses
from bench.flop import step_flop
from bench.noise import noise
from bench.tutorial import Tutorial
from pix2pix.networks.inference import dropout_layers
from pix2pix.params import Params
from pix2pix.training import loop

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
    training = loop.build(Params().train.model_copy(update={"bottleneck_norm": True}), 256, seed=0)
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
        mine = training(*pictures[:, None], step)
        np.testing.assert_allclose([float(mine[name][0]) for name in theirs], list(theirs.values()), rtol=tolerance)
        if step == 0:
            check_first_losses(theirs)
