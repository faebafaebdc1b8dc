import keras
import numpy as np
import pytest

from pix2pix.networks.segmenter import segmenter


@pytest.fixture(scope="module")
def model():
    return segmenter(classes=5, filters=2)


@pytest.mark.parametrize("shape", [(32, 32), (64, 96), (256, 32)])
def test_logits_of_every_class_for_every_pixel(model, shape):
    assert model(np.zeros((2, *shape, 3)), training=False).shape == (2, *shape, 5)


def test_scores_are_taken_at_eighths_sixteenths_and_thirty_seconds(model):
    """Long et al. 2015, section 4.2: FCN-8s."""
    scorers = [layer for layer in model.layers if isinstance(layer, keras.layers.Conv2D) and layer.filters == 5]
    assert len(scorers) == 3 and {layer.kernel_size for layer in scorers} == {(1, 1)}
    sides = keras.Model(model.input, [layer.output for layer in scorers])(np.zeros((1, 64, 64, 3)))
    assert sorted(side.shape[1] for side in sides) == [64 // 32, 64 // 16, 64 // 8]


def test_all_three_scales_reach_the_logits(model):
    random = np.random.default_rng(0)
    picture = random.uniform(-1, 1, (1, 64, 64, 3))
    before = model(picture, training=False).numpy()
    for name in ("score_8", "score_16", "score_32"):
        bias = model.get_layer(name).bias
        bias.assign_add([0.0, 1.0, 0.0, 0.0, 0.0])
        # Bilinear enlargement keeps a constant: one added to a score is one added to the logit.
        difference = model(picture, training=False).numpy() - before
        np.testing.assert_allclose(difference, np.broadcast_to([0, 1, 0, 0, 0], difference.shape), atol=1e-4)
        bias.assign_sub([0.0, 1.0, 0.0, 0.0, 0.0])


def test_number_of_parameters(model):
    """3x3 convolutions without bias, 4 numbers a normalised channel, three 1x1 scorers with bias."""
    total, channels = 0, 3
    widths = [2, 4, 8, 16, 16]
    for width in widths:
        total += 9 * channels * width + 9 * width * width + 2 * 4 * width
        channels = width
    total += sum(width * 5 + 5 for width in widths[2:])
    assert model.count_params() == total


def test_the_seed_decides_the_first_weights():
    first, again, other = (segmenter(3, 2, seed).get_weights() for seed in (1, 1, 2))
    assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))
    assert not np.array_equal(first[0], other[0])


def test_first_weights_suit_a_relu():
    """He et al. 2015: variance 2 / fan-in, so that depth neither drowns nor blows up a signal."""
    model = segmenter(3, 32)
    for layer in model.layers:
        if isinstance(layer, keras.layers.Conv2D) and layer.kernel.shape[-1] > 3:
            fan_in = np.prod(layer.kernel.shape[:3])
            assert np.array(layer.kernel).std() == pytest.approx(np.sqrt(2 / fan_in), rel=0.1)
