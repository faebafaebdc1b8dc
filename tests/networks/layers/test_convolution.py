import numpy as np
import pytest
import tensorflow as tf
from keras import layers
from keras_layer import BATCH, FILTERS, assert_computes_like, assert_same_twice_differentiated

from pix2pix.base import hardware
from pix2pix.networks.layers.convolution import Convolution, convolved


@pytest.fixture(params=[True, False], ids=["slow", "fast"])
def machine(request, monkeypatch):
    """A machine on which TensorFlow's convolutions are slow, and another one."""
    monkeypatch.setattr(hardware, "convolutions_are_slow", lambda _: request.param)
    return request.param


@pytest.mark.usefixtures("machine")
@pytest.mark.parametrize("padding", ["same", "valid"])
@pytest.mark.parametrize("kernel", [1, 3, 4, (7, 1), (1, 5), (4, 3)])
def test_it_is_keras_convolution(kernel, padding):
    options = {"kernel_size": kernel, "padding": padding, "strides": 1}
    given = assert_computes_like(Convolution, layers.Conv2D, (9, 18), **options)
    rows, columns = kernel if isinstance(kernel, tuple) else (kernel, kernel)
    lost = (0, 0) if padding == "same" else (rows - 1, columns - 1)
    assert given.shape == (BATCH, 9 - lost[0], 18 - lost[1], FILTERS)


@pytest.mark.usefixtures("machine")
@pytest.mark.parametrize(
    "options",
    [
        {"use_bias": True, "activation": "tanh"},
        {"strides": 2},
        {"dilation_rate": 2},
        {"kernel_size": 4, "padding": "valid"},
    ],
)
def test_its_other_settings_are_those_of_keras(options):
    assert_computes_like(Convolution, layers.Conv2D, (8, 18), **({"kernel_size": 3, "strides": 1} | options))


@pytest.mark.parametrize("padding", ["same", "valid"])
@pytest.mark.parametrize("side", [3, 4])
def test_its_gradients_have_gradients(side, padding):
    """A penalty on gradients needs them."""
    random = np.random.default_rng(1)
    pictures, kernel = (
        tf.constant(random.normal(size=size), tf.float32) for size in ((2, 6, 7, 3), (side, side, 3, 2))
    )
    assert_same_twice_differentiated(
        lambda pictures, kernel: convolved(pictures, kernel, padding),
        lambda pictures, kernel: tf.nn.conv2d(pictures, kernel, 1, padding.upper()),
        pictures,
        kernel,
    )


@pytest.mark.parametrize(("side", "large"), [(16, False), (17, True), (None, True)])
def test_a_machine_with_slow_convolutions_runs_none_on_large_maps(machine, side, large):
    layer = Convolution(FILTERS, 3)
    run = tf.function(layer, input_signature=[tf.TensorSpec([None, 8, side, 5])])
    kinds = {operation.type for operation in run.get_concrete_function().graph.get_operations()}
    mirrored = machine and large
    assert ("Conv2D" in kinds) != mirrored and ("Conv2DBackpropInput" in kinds) == mirrored
