"""Label maps by their classes: exact, without weights, and the same wherever a network is saved, loaded or exported."""

import itertools
import json

import keras
import made_examples
import numpy as np
import pytest
import tensorflow as tf
from tiny import ABOUT

from pix2pix.base.scale import to_network
from pix2pix.data.labels import CMP, NO_CLASS, palette
from pix2pix.models import export
from pix2pix.models.translator import Translator
from pix2pix.networks import folder
from pix2pix.networks.discriminators import scales
from pix2pix.networks.discriminators.patch import discriminator
from pix2pix.networks.generators.unet import generator
from pix2pix.networks.one_hot import one_hot, one_hot_or_hole
from pix2pix.networks.precision import computing_in
from pix2pix.params import Pix2pix
from pix2pix.systems.pix2pix import Pix2Pix
from pix2pix.training.windows import Windows

# Every other level of a channel, in an order of no kind: half of the pixels between them are as near to several.
LATTICE = np.random.default_rng(0).permutation(list(itertools.product(range(0, 8, 2), repeat=3))).tolist()
MANY = np.random.default_rng(1).permutation(2**24)[:255]
PALETTES = {
    "façades": CMP,
    "ties": palette({str(colour): colour for colour in LATTICE}),
    "ties with what has no class": palette({str(colour): colour for colour in LATTICE[1:]}, tuple(LATTICE[0])),
    "neighbours": palette({"road": (200, 0, 0), "curb": (201, 0, 0), "kerb": (200, 1, 0)}, (199, 0, 0)),
    "255 classes": palette({str(n): (int(n >> 16), int(n >> 8 & 255), int(n & 255)) for n in MANY}, (9, 9, 9)),
}
# All colours of 0 to 7, and 61,440 others.
PIXELS = np.concatenate(
    [
        np.array(list(itertools.product(range(8), repeat=3)), np.uint8),
        np.random.default_rng(2).integers(0, 256, (61440, 3), np.uint8),
        np.random.default_rng(3).integers([196, 0, 0], [206, 4, 3], (2560, 3), np.uint8),
    ]
).reshape(1, 126, 512, 3)


def expected(classes, pictures=PIXELS):
    """By the palette itself; what has no class has no channel."""
    return np.eye(NO_CLASS + 1, dtype=np.float32)[classes.classes(pictures)][..., : min(len(classes), NO_CLASS)]


def alone(classes, height=126, width=512):
    picture = keras.Input((height, width, 3), name="input")
    return keras.Model(picture, one_hot(picture, classes), name="alone")


def small(classes=CMP):
    return generator((32, 32), filters=4, classes=classes)


def layer(classes=CMP):
    """The smallest generator: each class has a colour of its own."""
    picture = keras.Input((32, 32, 3), name="input")
    weights = keras.initializers.RandomNormal(0, 1, seed=0)
    convolution = keras.layers.Conv2D(3, 1, activation="tanh", kernel_initializer=weights, name="output")
    return keras.Model(picture, convolution(one_hot(picture, classes)), name="generator")


@pytest.mark.parametrize("name", PALETTES)
def test_each_pixel_has_the_class_of_the_palette(name):
    model = alone(PALETTES[name])
    for seen in (to_network(PIXELS), tf.function(to_network)(tf.constant(PIXELS))):
        found = model(seen)
        assert found.dtype == tf.float32
        np.testing.assert_array_equal(found, expected(PALETTES[name]))


def test_there_are_ties_and_pixels_without_a_class():
    """Else the test above would not show what becomes of them."""
    classes = PALETTES["ties with what has no class"]
    far = ((PIXELS[0, 0, :, None].astype(int) - [*LATTICE[1:], LATTICE[0]]) ** 2).sum(-1)
    tied = far == far.min(-1, keepdims=True)
    assert (tied.sum(-1) > 1).mean() > 0.5 and (tied[:, -1] & (tied.sum(-1) > 1)).any()
    sums = expected(classes).sum(-1)
    assert sums.min() == 0 and sums.max() == 1


def test_it_has_no_weights_and_makes_only_the_first_layer_wider():
    assert not alone(CMP).weights
    fields = len(CMP) - 3
    assert small().count_params() == small(None).count_params() + fields * 4 * 4 * 4
    judges = [discriminator((32, 32), filters=4, classes=classes) for classes in (CMP, None)]
    assert judges[0].count_params() == judges[1].count_params() + fields * 4 * 4 * 4
    assert judges[0].get_layer("down_1_conv").kernel.shape[2] == len(CMP) + 3
    assert [tuple(shape[1:]) for shape in judges[0].input_shape] == [(32, 32, 3)] * 2


def test_an_unconditional_discriminator_sees_no_classes():
    judge = discriminator((32, 32), filters=4, conditional=False, classes=CMP)
    assert "one_hot" not in [each.name for each in judge.operations]


@pytest.mark.parametrize("network", [small, lambda classes: discriminator((32, 32), filters=4, classes=classes)])
@pytest.mark.parametrize("deep", [False, True])
def test_bfloat16_mixes_up_no_colours(network, deep):
    """The neighbours differ by one level, which is less than bfloat16 has near 200."""
    classes = PALETTES["neighbours"]
    low = computing_in("bfloat16", network(classes), deep)
    made = next(each for each in low.operations if each.name == "one_hot")
    part = keras.Model(low.inputs[0], made.output)
    pictures = PIXELS[:, -32:, -32:]
    assert len(np.unique(classes.classes(pictures))) == 4
    np.testing.assert_array_equal(part(to_network(pictures)), expected(classes, pictures))
    first = next(layer for layer in low.layers if layer.weights)
    assert first.compute_dtype == ("float32" if deep else "bfloat16")


def test_it_is_saved_with_the_network_in_keras_own_operations(tmp_path):
    for name in ("first", "again"):
        folder.save(layer(), tmp_path / name, ABOUT.told())
        alone(CMP)  # what else is built changes no name
    files = [{file.name: file.read_bytes() for file in (tmp_path / name).iterdir()} for name in ("first", "again")]
    assert files[0] == files[1] and b"pix2pix" not in files[0]["architecture.json"]
    loaded = folder.load(tmp_path / "first")[0]
    np.testing.assert_array_equal(loaded(to_network(PIXELS[:, :32, :32])), layer()(to_network(PIXELS[:, :32, :32])))
    folder.save(loaded, tmp_path / "loaded", ABOUT.told())
    architectures = [json.loads((tmp_path / name / "architecture.json").read_text()) for name in ("first", "loaded")]
    assert architectures[0] == architectures[1]


@pytest.mark.parametrize("name", PALETTES)
def test_a_hole_has_no_class_and_no_colour_is_a_hole(name):
    """DiffAugment leaves 0 in all channels; the greys 127 and 128 are the nearest colours."""
    pictures = np.concatenate([PIXELS, np.full((1, 2, PIXELS.shape[2], 3), 127, np.uint8)], axis=1)
    pictures[:, -1] = 128
    picture = keras.Input((*pictures.shape[1:],))
    model = keras.Model(picture, one_hot_or_hole(picture, PALETTES[name]))
    seen = np.array(to_network(pictures))
    np.testing.assert_array_equal(model(seen), expected(PALETTES[name], pictures))
    seen[:, 3:9, 5:8] = 0
    wanted = np.array(expected(PALETTES[name], pictures))
    wanted[:, 3:9, 5:8] = 0
    np.testing.assert_array_equal(model(seen), wanted)


def test_a_discriminator_sees_no_class_in_a_hole():
    for build in (discriminator, scales.discriminator):
        judge = build((32, 32), filters=4, classes=CMP)
        made = next(each for each in judge.operations if each.name == "classes_or_hole")
        planes = keras.Model(judge.inputs[0], made.output)
        assert not planes(np.zeros((1, 32, 32, 3), np.float32)).numpy().any()


def test_other_operations_are_refused(tmp_path):
    picture = keras.Input((32, 32, 3))
    with pytest.raises(ValueError, match=r"keras.src.ops.numpy.Exp .* is no part of our networks"):
        folder.save(keras.Model(picture, keras.ops.exp(picture)), tmp_path / "model", {})


@pytest.mark.parametrize("made", [{}, {"dropout": False, "moving_averages": True}])
def test_what_a_model_makes_depends_on_the_classes_only(made):
    """Through the form for use, which takes and gives pictures."""
    translate = Translator(layer(), ABOUT, **made)
    clean = CMP.paint(np.random.default_rng(0).integers(0, len(CMP), (32, 32), np.uint8))
    noisy = np.clip(clean.astype(int) + np.random.default_rng(1).integers(-15, 16, clean.shape), 0, 255)
    noisy = noisy.astype(np.uint8)
    assert (CMP.classes(noisy) == CMP.classes(clean)).all() and (noisy != clean).any()
    np.testing.assert_array_equal(translate(noisy), translate(clean))
    assert (translate(clean[::-1].copy()) != translate(clean)).any()


@pytest.mark.parametrize("format_", export.FORMATS)
def test_an_export_answers_as_the_translator_does(tmp_path, format_):
    """Among its pixels are ties; a class that is another one would change a picture by far more than a level."""
    translator = Translator(layer(PALETTES["ties with what has no class"]), ABOUT)
    export.export(translator, tmp_path / "out", format_, seed=5)
    pictures = np.random.default_rng(0).integers(0, 8, (2, 32, 32, 3), np.uint8)
    answers = export.FORMATS[format_][1](tmp_path / "out")({"pictures": pictures})
    truth = np.stack([translator(picture, seed=5) for picture in pictures])
    assert np.abs(answers.astype(int) - truth).max() <= 1
    assert np.abs(truth.astype(int) - translator(pictures[0, ::-1].copy(), seed=5)).max() > 1


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_two_steps_train_both_networks_on_the_classes_alone(precision):
    settings = Pix2pix(
        label_input="one_hot", generator_filters=2, discriminator_filters=2, receptive_field=16, learning_rate=1e-2
    )
    system = Pix2Pix(settings, precision, made_examples.task(size=32), 0, CMP)
    networks = system.generator, system.discriminator
    begun = [network.get_weights() for network in networks]
    inputs = CMP.paint(np.random.default_rng(0).integers(0, len(CMP), (2, 1, 32, 32), np.uint8))
    targets = np.random.default_rng(2).integers(0, 256, inputs.shape, np.uint8)
    losses = Windows(system, seed=0)({"input": inputs, "target": targets}, 0)
    assert all(np.isfinite(loss).all() for loss in losses.values())
    for old, network in zip(begun, networks, strict=True):
        kernels = [(a, b) for a, b in zip(old, network.get_weights(), strict=True) if a.ndim == 4]
        assert kernels and not [a.shape for a, b in kernels if np.array_equal(a, b)]
    # Noise that changes no class changes nothing.
    noisy = np.clip(inputs[0] + np.random.default_rng(1).integers(0, 16, inputs[0].shape), 0, 255).astype(np.uint8)
    assert (noisy != inputs[0]).any()
    target = tf.constant(to_network(targets[0]))
    answers = [
        network([each, target] if network is system.discriminator else each)
        for network in networks
        for each in (tf.constant(to_network(seen)) for seen in (inputs[0], noisy))
    ]
    np.testing.assert_array_equal(answers[0], answers[1])
    np.testing.assert_array_equal(answers[2], answers[3])
