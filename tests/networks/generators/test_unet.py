import keras
import numpy as np
import pytest

from pix2pix.networks.blocks import Style
from pix2pix.networks.generators.unet import generator


def kinds(model, kind):
    return [layer for layer in model.layers if isinstance(layer, kind)]


def widths(filters, size):
    return [filters * min(2**level, 8) for level in range(int(np.log2(size)))]


def expected_parameters(filters, size, skips, bottleneck_norm):
    """Counted layer by layer from the paper's appendix: 16 weights a pair of channels, 4 a normalised channel."""
    down = widths(filters, size)
    total, channels = 0, 3
    for level, width in enumerate(down):
        innermost = level == len(down) - 1
        total += 16 * channels * width
        total += 4 * width if level > 0 and (not innermost or bottleneck_norm) else 0
        channels = width
    for width in down[-2::-1]:
        total += 16 * channels * width + 4 * width
        channels = 2 * width if skips else width
    return total + 16 * channels * 3 + 3


@pytest.fixture(scope="module")
def tutorial():
    return generator((256, 256), bottleneck_norm=True)


def test_the_tutorials_number_of_parameters(tutorial):
    assert tutorial.count_params() == 54_425_859
    assert expected_parameters(64, 256, skips=True, bottleneck_norm=True) == 54_425_859  # so the count below counts


@pytest.mark.parametrize("size", [32, 64, 128, 256])
@pytest.mark.parametrize("skips", [True, False])
def test_sizes_and_parameters(size, skips):
    model = generator((size, size), filters=2, skips=skips)
    assert model.input_shape == model.output_shape == (None, size, size, 3)
    seeds = sum(2 for _ in kinds(model, keras.layers.Dropout))  # Keras may count their states
    assert model.count_params() - expected_parameters(2, size, skips, bottleneck_norm=False) in (0, seeds)
    assert model.get_layer(f"down_{len(widths(2, size))}_conv").output.shape[1:3] == (1, 1)
    assert len(kinds(model, keras.layers.Concatenate)) == (len(widths(2, size)) - 1 if skips else 0)


@pytest.mark.parametrize(
    ("size", "innermost", "of"),
    [
        ((64, 128), (1, 2), 64),
        ((128, 32), (4, 1), 32),
        ((32, 96), (1, 3), 32),
        ((64, 96), (2, 3), 32),
        ((96, 96), (3, 3), 32),
        ((192, 128), (3, 2), 64),
    ],
)
def test_both_sides_are_halved_as_often_as_both_can_be(size, innermost, of):
    """The weights are those of the square of as many halvings: a rectangle has more places, not more layers."""
    model, square = generator(size, filters=2), generator((of, of), filters=2)
    assert model.input_shape == model.output_shape == (None, *size, 3)
    deepest = [layer for layer in model.layers if layer.name.startswith("down_") and layer.name.endswith("_conv")][-1]
    assert deepest.output.shape[1:3] == innermost
    assert [weight.tobytes() for weight in model.get_weights()] == [weight.tobytes() for weight in square.get_weights()]


@pytest.mark.parametrize("channels", [(1, 3), (3, 1), (4, 2)])
def test_channels_are_those_of_the_input_and_of_the_target(channels):
    model, usual = generator((32, 64), filters=2, channels=channels), generator((32, 64), filters=2)
    assert (model.input_shape[3], model.output_shape[3]) == channels
    first, last = 16 * 2 * (channels[0] - 3), (16 * 4 + 1) * (channels[1] - 3)
    assert model.count_params() - usual.count_params() == first + last


@pytest.mark.parametrize("size", [(33, 66), (32, 31), (0, 32), (0, 0), (-32, 32)])
def test_sides_that_cannot_be_halved_are_refused(size):
    with pytest.raises(ValueError, match="both sides must be even numbers above 0"):
        generator(size, filters=2)


def test_skips_join_features_of_one_size():
    """Appendix 6.1.1: layer n - i sees layer i, both after their activation."""
    model = generator((64, 64), filters=2)
    for level in range(1, 6):
        joined = model.get_layer(f"skip_{6 - level}").input
        assert [tensor.shape[1] for tensor in joined] == [64 // 2**level] * 2
        assert joined[1] is model.get_layer(f"down_{level}_leaky").output
        assert joined[0] is model.get_layer(f"up_{6 - level}_relu").output


@pytest.mark.parametrize("skips", [True, False])
def test_only_skips_carry_the_picture_past_the_bottleneck(skips):
    model = generator((32, 32), filters=2, skips=skips)
    innermost = model.get_layer("down_5_conv")
    innermost.set_weights([np.zeros_like(weight) for weight in innermost.get_weights()])
    random = np.random.default_rng(0)
    first, second = (model(random.uniform(-1, 1, (1, 32, 32, 3))).numpy() for _ in range(2))
    assert np.array_equal(first, second) == (not skips)


def test_a_bottleneck_norm_at_batch_1_carries_nothing():
    """What the paper's erratum is about, and why it is off by default."""
    for norm, carries in ((True, False), (False, True)):
        model = generator((32, 32), filters=2, skips=False, bottleneck_norm=norm)
        for layer in kinds(model, keras.layers.Dropout):
            layer.rate = 0.0
        random = np.random.default_rng(0)
        pictures = [random.uniform(-1, 1, (1, 32, 32, 3)) for _ in range(2)]
        inner = keras.Model(model.input, model.get_layer("down_5_leaky").output)
        first, second = (inner(picture, training=True).numpy() for picture in pictures)
        assert np.array_equal(first, second) == (not carries)


@pytest.mark.parametrize("size", [32, 256])
def test_dropout_in_exactly_the_first_three_blocks_of_the_decoder(size):
    model = generator((size, size), filters=1)
    dropped = kinds(model, keras.layers.Dropout)
    assert [layer.name for layer in dropped] == ["up_1_dropout", "up_2_dropout", "up_3_dropout"]
    assert [layer.output.shape[1] for layer in dropped] == [2, 4, 8]
    assert [layer.rate for layer in dropped] == [0.5] * 3


def test_first_weights_are_drawn_from_the_papers_distribution(tutorial):
    for name in ("down_4_conv", "up_3_conv", "output"):
        kernel = np.array(tutorial.get_layer(name).kernel)
        assert kernel.mean() == pytest.approx(0, abs=1e-3)
        assert kernel.std() == pytest.approx(0.02, rel=0.02)
        # Normal, not truncated: 4.55 % lie beyond two deviations.
        assert (np.abs(kernel) > 0.04).mean() == pytest.approx(0.0455, abs=0.01)
    np.testing.assert_array_equal(tutorial.get_layer("up_1_norm").gamma, 1)


def test_no_two_layers_begin_with_the_same_numbers(tutorial):
    shapes = {}
    for layer in tutorial.layers:
        if hasattr(layer, "kernel"):
            shapes.setdefault(tuple(layer.kernel.shape), []).append(np.array(layer.kernel).ravel()[:50])
    alike = [begins for begins in shapes.values() if len(begins) > 1]
    assert alike
    for begins in alike:
        assert len({begin.tobytes() for begin in begins}) == len(begins)


def test_the_seed_decides_the_first_weights():
    first, again, other = (generator((32, 32), Style(seed), filters=2).get_weights() for seed in (1, 1, 2))
    assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))
    drawn = [n for n, weight in enumerate(first) if weight.ndim == 4]
    assert len(drawn) == 10 and not any(np.array_equal(first[n], other[n]) for n in drawn)


def test_what_implementations_differ_in_is_as_asked():
    style = Style(seed=0, leaky_slope=0.2, norm_epsilon=1e-5, norm_gamma_stddev=0.02)
    model = generator((32, 32), style, filters=64)
    assert {layer.negative_slope for layer in kinds(model, keras.layers.LeakyReLU)} == {0.2}
    assert {layer.epsilon for layer in kinds(model, keras.layers.BatchNormalization)} == {1e-5}
    gammas = np.concatenate([np.array(layer.gamma) for layer in kinds(model, keras.layers.BatchNormalization)])
    assert gammas.mean() == pytest.approx(1, abs=0.003)
    assert gammas.std() == pytest.approx(0.02, rel=0.1)


def test_by_default_they_are_the_tutorials():
    model = generator((32, 32), filters=2)
    assert {layer.negative_slope for layer in kinds(model, keras.layers.LeakyReLU)} == {0.3}
    assert {layer.epsilon for layer in kinds(model, keras.layers.BatchNormalization)} == {1e-3}


def test_pictures_stay_within_the_scale():
    model = generator((32, 32), filters=2)
    model.get_layer("output").bias.assign([100.0, -100.0, 0.0])
    picture = model(np.zeros((1, 32, 32, 3))).numpy()
    assert (picture[..., 0] == 1).all() and (picture[..., 1] == -1).all()


def test_a_decoder_of_resized_maps_has_no_transposed_convolution():
    """Odena et al. 2016: doubled pixels and 3x3 convolutions, 9 weights where the transposed ones have 16."""
    model = generator((32, 32), filters=2, resized=True)
    assert not kinds(model, keras.layers.Conv2DTranspose)
    assert {layer.kernel_size for layer in kinds(model, keras.layers.Conv2D)} == {(4, 4), (3, 3)}
    usual = generator((32, 32), filters=2)
    up = sum(layer.kernel.shape.num_elements() for layer in kinds(usual, keras.layers.Conv2DTranspose))
    assert usual.count_params() - model.count_params() == up * 7 // 16
    assert model.output_shape == usual.output_shape


def test_first_weights_of_resized_maps_leave_no_checkerboard():
    """A flat picture, away from the edges, stays flat; transposed convolutions alternate from pixel to pixel."""
    flat = np.full((1, 64, 64, 3), 0.3, np.float32)
    for resized in (True, False):
        model = generator((64, 64), filters=2, skips=False, resized=resized, depth=2)
        inner = model(flat)[0, 24:40, 24:40].numpy()
        assert (np.ptp(inner, axis=(0, 1)).max() < 1e-6) == resized
