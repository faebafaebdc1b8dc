import keras
import numpy as np
import pytest
import tensorflow as tf
from skimage.transform import resize

from pix2pix.base.errors import DataError
from pix2pix.networks import folder
from pix2pix.networks.portable import portable
from pix2pix.networks.segmenter import segmenter


@pytest.fixture(scope="module")
def model():
    return segmenter(classes=5, filters=2)


@pytest.fixture(scope="module")
def vgg16():
    return segmenter(classes=5, backbone="vgg16")


@pytest.fixture(scope="module")
def lite0():
    return segmenter(classes=5, backbone="efficientnet_lite0")


@pytest.fixture(params=["model", "lite0", "vgg16"])
def either(request):
    return request.getfixturevalue(request.param)


@pytest.mark.parametrize("shape", [(32, 32), (64, 96), (256, 16)])
def test_logits_of_every_class_for_every_pixel(model, shape):
    assert model(np.zeros((2, *shape, 3)), training=False).shape == (2, *shape, 5)


def test_scores_are_taken_at_eighths_sixteenths_and_thirty_seconds(either):
    """Long et al. 2015, section 4.2: FCN-8s, of a photo twice as large."""
    scorers = [layer for layer in either.layers if isinstance(layer, keras.layers.Conv2D) and layer.filters == 5]
    assert len(scorers) == 3 and {layer.kernel_size for layer in scorers} == {(1, 1)}
    sides = keras.Model(either.input, [layer.output for layer in scorers])(np.zeros((1, 64, 64, 3)))
    assert sorted(side.shape[1] for side in sides) == [128 // 32, 128 // 16, 128 // 8]


def test_all_three_scales_reach_the_logits(either):
    random = np.random.default_rng(0)
    picture = random.uniform(-1, 1, (1, 64, 64, 3))
    before = either(picture, training=False).numpy()
    for name in ("score_8", "score_16", "score_32"):
        bias = either.get_layer(name).bias
        bias.assign_add([0.0, 1.0, 0.0, 0.0, 0.0])
        # Bilinear enlargement keeps a constant: one added to a score is one added to the logit.
        difference = either(picture, training=False).numpy() - before
        np.testing.assert_allclose(difference, np.broadcast_to([0, 1, 0, 0, 0], difference.shape), atol=1e-4)
        bias.assign_sub([0.0, 1.0, 0.0, 0.0, 0.0])


def test_logits_are_the_three_score_maps_enlarged_and_added(model):
    """Enlarged by skimage, which like the network takes pixels for areas and repeats the edge."""
    random = np.random.default_rng(0)
    for depth in (8, 16, 32):
        scorer = model.get_layer(f"score_{depth}")
        scorer.set_weights([random.normal(0, 1, weight.shape) for weight in scorer.get_weights()])
    picture = random.uniform(-1, 1, (1, 64, 64, 3))
    taken = keras.Model(model.input, [model.get_layer(f"score_{depth}").output for depth in (32, 16, 8)])(picture)
    coarsest, coarser, fine = (scores[0].numpy() for scores in taken)
    total = enlarged(enlarged(coarsest, 8) + coarser, 16) + fine
    np.testing.assert_allclose(model(picture, training=False)[0], enlarged(total, 64), rtol=1e-4, atol=1e-4)


def enlarged(scores, side):
    return resize(scores, (side, side), order=1, mode="edge", anti_aliasing=False)


def test_the_coarsest_scores_are_of_165_pixels_either_way(model):
    """And so, in the middle, of a whole façade of 256."""
    scored = keras.Model(model.input, model.get_layer("score_32").input)
    photo = tf.Variable(np.random.default_rng(0).uniform(-1, 1, (1, 256, 256, 3)).astype(np.float32))
    with tf.GradientTape() as tape:
        corner = tf.reduce_sum(scored(photo)[:, 0, 0])
    reached = np.abs(tape.gradient(corner, photo)[0]).sum(axis=-1) > 0
    assert np.argwhere(reached).max(axis=0).tolist() == [165, 165]


def test_nothing_is_preferred_at_first(either):
    """Long et al. 2015, section 4.2: scoring layers begin at zero."""
    backbones = {16: "compact", 128: "efficientnet_lite0", 1024: "vgg16"}
    fresh = segmenter(5, 2, backbone=backbones[either.get_layer("score_32").input.shape[-1]])
    assert not fresh(np.random.default_rng(0).uniform(-1, 1, (1, 32, 32, 3))).numpy().any()


def test_number_of_parameters(model):
    """Convolutions without bias, 4 numbers a normalised channel, three 1x1 scorers with bias."""
    total, channels = 9 * 3 * 2 + 4 * 2, 2
    widths = [4, 8, 16, 16]
    for width in widths:
        total += (9 + 4) * channels * width + 9 * width * width + 3 * 4 * width
        channels = width
    total += 2 * (9 * 16 * 16 + 4 * 16)  # the last block
    total += sum(width * 5 + 5 for width in widths[1:])
    assert model.count_params() == total


SLOW = ("efficientnet_lite0", "vgg16")


@pytest.mark.parametrize("backbone", ["compact", *(pytest.param(name, marks=pytest.mark.slow) for name in SLOW)])
def test_the_seed_decides_the_first_weights(backbone):
    first, again, other = (segmenter(3, 2, seed, backbone).get_weights() for seed in (1, 1, 2))
    assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))
    at = 2 if backbone == "vgg16" else 0  # VGG16 begins with a change of colours, the same for all
    assert not np.array_equal(first[at], other[at])


def test_first_weights_suit_a_relu():
    """He et al. 2015: variance 2 / fan-in, so that depth neither drowns nor blows up a signal."""
    model = segmenter(3, 32)
    for layer in model.layers:
        if isinstance(layer, keras.layers.Conv2D) and layer.kernel.shape[-1] > 3:
            fan_in = np.prod(layer.kernel.shape[:3])
            assert np.array(layer.kernel).std() == pytest.approx(np.sqrt(2 / fan_in), rel=0.1)


@pytest.mark.parametrize(
    "name", ["model", *(pytest.param(name, marks=pytest.mark.slow) for name in ("lite0", "vgg16"))]
)
def test_a_model_folder_keeps_it(name, request, tmp_path):
    model = request.getfixturevalue(name)
    folder.save(model, tmp_path / "segmenter", {})
    loaded, _ = folder.load(tmp_path / "segmenter")
    picture = np.random.default_rng(0).uniform(-1, 1, (1, 64, 64, 3))
    np.testing.assert_array_equal(loaded(picture, training=False), portable(model)(picture, training=False))
    np.testing.assert_allclose(loaded(picture, training=False), model(picture, training=False), rtol=1e-4, atol=1e-5)


# ---- EfficientNet-Lite0 ----


def test_weights_of_the_package_are_taken_and_the_heads_begin_anew():
    first, trained = (segmenter(5, backbone="efficientnet_lite0", weights=each) for each in (None, "imagenet"))
    changed = {
        layer.name
        for layer, other in zip(trained.layers, first.layers, strict=True)
        if any(not np.array_equal(*each) for each in zip(layer.get_weights(), other.get_weights(), strict=True))
    }
    weighted = {layer.name for layer in trained.layers if layer.weights}
    assert {name for name in weighted if name.startswith(("_conv", "_bn", "_blocks"))} == changed
    assert len(weighted - changed) == 3 * 3  # a convolution, its normalisation and scores, at three depths


# ---- VGG16 ----


def test_vgg16_is_the_published_one_with_narrower_fully_connected_layers(vgg16):
    """14,714,688 weights up to pool5 (keras.io), 12 of the colours, fc6, fc7 and the scores of three depths."""
    head = (9 * 512 * 1024 + 1024) + (1024 * 1024 + 1024)
    scores = (256 + 512 + 1024) * 5 + 3 * 5
    assert vgg16.count_params() == 14_714_688 + 12 + head + scores


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    """Keras' own VGG16 without its top, with weights of its own, and the file of them."""
    keras.utils.set_random_seed(0)
    model = keras.applications.VGG16(include_top=False, weights=None)
    model.save_weights(tmp_path_factory.mktemp("vgg16") / "own.weights.h5")
    return model, str(next(tmp_path_factory.getbasetemp().glob("vgg16*/own.weights.h5")))


@pytest.mark.slow
def test_weights_of_a_file_see_a_photo_as_keras_vgg16_does(published):
    """Photos as Keras prepares them for VGG16: blue, green, red, less ImageNet's mean."""
    theirs, path = published
    ours = segmenter(5, backbone="vgg16", weights=path)
    photo = np.random.default_rng(0).integers(0, 256, (1, 32, 32, 3)).astype(np.float32)
    prepared = keras.applications.vgg16.preprocess_input(enlarged(photo[0], 64)[None])
    names = ["block3_pool", "block4_pool", "block5_pool"]
    taken = [keras.Model(model.input, [model.get_layer(name).output for name in names]) for model in (ours, theirs)]
    for our, their in zip(taken[0](photo / 127.5 - 1), taken[1](prepared), strict=True):
        np.testing.assert_allclose(our, their, rtol=1e-3, atol=1e-3)
    assert not ours.get_layer("imagenet_colours").trainable


@pytest.mark.slow
def test_a_file_of_other_weights_is_refused(tmp_path):
    path = tmp_path / "other.weights.h5"
    segmenter(5, 2).save_weights(path)
    with pytest.raises(DataError, match=r"^segmenter\.weights = [^\n]*other\.weights\.h5: [^\n]*VGG16 without its top"):
        segmenter(5, backbone="vgg16", weights=str(path))
    path.write_bytes(b"no weights")
    with pytest.raises(DataError, match=r"^segmenter\.weights = [^\n]*other\.weights\.h5: [^\n]*$"):
        segmenter(5, backbone="vgg16", weights=str(path))


def test_weights_that_cannot_be_fetched_are_one_clear_line(monkeypatch):
    def offline(*_, **__):
        raise Exception("URL fetch failure on https://example.org:\n None -- no such host")

    monkeypatch.setattr("keras.src.utils.file_utils.get_file", offline)
    with pytest.raises(DataError, match=r"^segmenter\.weights = imagenet: [^\n]*no such host; name a file[^\n]*$"):
        segmenter(5, backbone="vgg16", weights="imagenet")
