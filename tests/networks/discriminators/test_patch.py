import keras
import numpy as np
import pytest
import tensorflow as tf

from pix2pix.networks.blocks import Style
from pix2pix.networks.discriminators.patch import discriminator
from pix2pix.networks.generators.unet import generator


def test_the_tutorials_number_of_parameters_and_logits():
    model = discriminator()
    assert model.count_params() == 2_770_433
    assert model.output_shape == (None, 30, 30, 1)
    assert [tuple(shape) for shape in model.input_shape] == [(None, 256, 256, 3)] * 2


@pytest.mark.parametrize(("field", "size"), [(1, 32), (16, 64), (70, 256), (286, 512)])
def test_the_receptive_field_is_the_extent_of_the_gradient(field, size):
    """All weights positive and no statistics of the batch, so that nothing cancels."""
    model = discriminator((size, size), filters=1, receptive_field=field, conditional=False)
    for variable in model.trainable_variables:
        if "kernel" in variable.path:
            variable.assign(tf.ones_like(variable))
    picture = tf.Variable(tf.ones((1, size, size, 3)))
    with tf.GradientTape() as tape:
        logits = model(picture, training=False)
        middle = logits.shape[1] // 2
        logit = logits[0, middle, middle, 0]
    seen = np.argwhere(tape.gradient(logit, picture).numpy()[0].sum(axis=-1) != 0)
    extent = seen.max(axis=0) - seen.min(axis=0) + 1
    assert extent.tolist() == [field, field]
    assert len(seen) == field**2  # a whole square, without holes
    assert (seen.min() > 0 and seen.max() < size - 1) or field == 1  # not cut off by the picture's edge


@pytest.mark.parametrize(
    ("field", "size", "logits"),
    [(1, 32, 32), (1, 256, 256), (16, 32, 14), (70, 32, 2), (70, 128, 14), (286, 128, 2), (286, 256, 6)],
)
def test_sizes(field, size, logits):
    assert discriminator((size, size), filters=1, receptive_field=field).output_shape == (None, logits, logits, 1)


def test_sides_need_not_be_equal_nor_channels_three():
    """Of twice the width the same answers in every row, and as many again."""
    model = discriminator((128, 256), filters=1, channels=(1, 4))
    assert model.input_shape == [(None, 128, 256, 1), (None, 128, 256, 4)]
    assert model.output_shape == (None, 14, 30, 1)
    assert discriminator((128, 256), filters=1, channels=(1, 4), conditional=False).input_shape == (None, 128, 256, 4)


@pytest.mark.parametrize(
    ("field", "kernel", "channels"),
    [
        # Appendix 6.1.2: C64-C128; then what its code makes of 16, 70 and 286.
        (1, 1, [64, 128, 1]),
        (16, 4, [64, 128, 1]),
        (70, 4, [64, 128, 256, 512, 1]),
        (286, 4, [64, 128, 256, 512, 512, 512, 1]),
    ],
)
def test_layers(field, kernel, channels):
    model = discriminator((128, 128), receptive_field=field)
    layers = [layer for layer in model.layers if isinstance(layer, keras.layers.Conv2D)]
    assert [layer.filters for layer in layers] == channels
    assert {layer.kernel_size for layer in layers} == {(kernel, kernel)}
    assert [layer.use_bias for layer in layers] == [False] * (len(layers) - 1) + [True]
    norms = [layer for layer in model.layers if isinstance(layer, keras.layers.BatchNormalization)]
    assert len(norms) == len(layers) - 2  # neither the first convolution nor the last


@pytest.mark.parametrize("conditional", [True, False])
def test_the_input_matters_only_to_a_conditional_one(conditional):
    model = discriminator((32, 32), filters=2, conditional=conditional)
    random = np.random.default_rng(0)
    input_, other, target, worse = (tf.constant(random.uniform(-1, 1, (1, 32, 32, 3)), tf.float32) for _ in range(4))
    if conditional:
        said = model([input_, target]).numpy()
        assert not np.array_equal(said, model([other, target]).numpy())
        assert not np.array_equal(said, model([input_, worse]).numpy())
        assert not np.array_equal(said, model([target, input_]).numpy())
    else:
        assert len(model.inputs) == 1
        assert not np.array_equal(model(target).numpy(), model(worse).numpy())


def test_logits_are_no_probabilities():
    model = discriminator((32, 32), filters=2, conditional=False)
    model.get_layer("logits_conv").bias.assign([5.0])
    assert model(np.zeros((1, 32, 32, 3))).numpy() == pytest.approx(5)


def test_the_seed_decides_the_first_weights():
    first, again, other = (discriminator((32, 32), Style(seed), filters=2).get_weights() for seed in (1, 1, 2))
    assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))
    drawn = [n for n, weight in enumerate(first) if weight.ndim == 4]
    assert len(drawn) == 5 and not any(np.array_equal(first[n], other[n]) for n in drawn)


def test_what_implementations_differ_in_is_as_asked():
    style = Style(seed=0, leaky_slope=0.2, norm_epsilon=1e-5, norm_gamma_stddev=0.02)
    for field in (1, 70):
        layers = discriminator((32, 32), style, filters=64, receptive_field=field).layers
        norms = [layer for layer in layers if isinstance(layer, keras.layers.BatchNormalization)]
        assert {layer.epsilon for layer in norms} == {1e-5}
        slopes = {layer.negative_slope for layer in layers if isinstance(layer, keras.layers.LeakyReLU)}
        assert slopes == {0.2}
        gammas = np.concatenate([np.array(layer.gamma) for layer in norms])
        assert gammas.mean() == pytest.approx(1, abs=0.006) and gammas.std() == pytest.approx(0.02, rel=0.25)


def test_the_adversaries_do_not_begin_with_the_same_numbers():
    """Layers of one name and shape stand in both."""
    one, other = generator((32, 32), Style(1), filters=8), discriminator((32, 32), Style(1), filters=8)
    shared = [layer.name for layer in one.layers if layer.name in {other_.name for other_ in other.layers}]
    compared = [
        (one.get_layer(name).kernel.numpy(), other.get_layer(name).kernel.numpy())
        for name in shared
        if name.endswith("_conv") and one.get_layer(name).kernel.shape == other.get_layer(name).kernel.shape
    ]
    assert compared
    assert not any(np.isin(ours, theirs).any() for ours, theirs in compared)
