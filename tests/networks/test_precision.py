import keras
import ml_dtypes
import numpy as np
import pytest

from pix2pix.networks import folder
from pix2pix.networks.discriminators.patch import discriminator
from pix2pix.networks.generators.unet import generator
from pix2pix.networks.inference import GeneratorInUse, inference_form
from pix2pix.networks.precision import computing_in
from pix2pix.networks.weights import copy_weights

PICTURE = np.random.default_rng(0).integers(0, 256, (32, 32, 3), dtype=np.uint8)
SEEN = (PICTURE[None] / 127.5 - 1).astype(np.float32)


@pytest.fixture(scope="module")
def made():
    return generator((32, 32), filters=4)


def test_float32_is_the_network_as_it_is(made):
    assert computing_in("float32", made) is made


def test_in_bfloat16_all_but_the_last_layer_compute_and_no_weight_changes(made):
    low = computing_in("bfloat16", made)
    assert {layer.compute_dtype for layer in low.layers[1:-1]} == {"bfloat16"}
    assert low.layers[-1].compute_dtype == low(SEEN).dtype == "float32"
    assert {str(variable.dtype) for variable in low.trainable_variables} == {"float32"}
    for ours, theirs in zip(low.get_weights(), made.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_layers_after_the_last_one_with_weights_compute_in_float32():
    picture = x = keras.Input((4, 4, 3))
    for filters in (5, 3):
        x = keras.layers.Conv2D(filters, 1)(x)
    low = computing_in("bfloat16", keras.Model(picture, keras.layers.Activation("tanh")(x)))
    assert [layer.compute_dtype for layer in low.layers[1:]] == ["bfloat16", "float32", "float32"]
    assert low(SEEN[:, :4, :4]).dtype == "float32"


def test_a_convolution_in_bfloat16_is_that_of_rounded_numbers():
    """One layer of it and one in float32, by NumPy: what goes in is rounded to 8 bits, and so is what comes out."""
    picture = x = keras.Input((4, 4, 3))
    x = keras.layers.Conv2D(5, 1, use_bias=False)(x)
    low = computing_in("bfloat16", keras.Model(picture, keras.layers.Conv2D(2, 1, use_bias=False)(x)))
    seen = SEEN[:, :4, :4]
    first, last = (kernel[0, 0] for kernel in low.get_weights())
    rounded = (part.astype(ml_dtypes.bfloat16).astype(np.float64) for part in (seen, first))
    expected = np.matmul(*rounded).astype(ml_dtypes.bfloat16).astype(np.float64) @ last
    # Where the rounding of a sum is a matter of its order, it differs in the last of 8 bits.
    np.testing.assert_allclose(low(seen), expected, atol=2**-8 * np.abs(expected).max())
    assert np.abs(low(seen) - seen.astype(np.float64) @ first @ last).max() > 1e-5, "bfloat16 it was"


def test_what_was_learned_in_bfloat16_is_kept_in_float32(tmp_path, made):
    for name, model in {"high": made, "low": computing_in("bfloat16", made)}.items():
        folder.save(model, tmp_path / name, {})
    high, low = ({path.name: path.read_bytes() for path in (tmp_path / name).iterdir()} for name in ("high", "low"))
    assert high == low


def test_what_was_learned_in_bfloat16_is_used_in_float32(made):
    used = GeneratorInUse(computing_in("bfloat16", made))
    np.testing.assert_array_equal(used(PICTURE, seed=1), GeneratorInUse(made)(PICTURE, seed=1))


def test_in_use_the_weights_of_bfloat16_are_rounded_once_instead_of_at_each_call(made):
    """Against the same layers with weights in float32, which round them as they are called."""
    kept, names = inference_form(made, precision="bfloat16"), [layer.name for layer in made.layers if layer.weights]
    kinds = {layer.name: {str(weight.dtype) for weight in layer.weights} for layer in kept.layers if layer.weights}
    convolved = [name for name in names[1:-1] if hasattr(made.get_layer(name), "kernel")]
    assert len(convolved) > 5 and all(kinds[name] == {"bfloat16"} for name in convolved)
    assert all(kinds[name] == {"float32"} for name in set(names) - set(convolved)), "the first, the last, normalisation"

    def rounding(layer):
        policy = {"dtype": "mixed_bfloat16"} if layer.name in convolved else {}
        return layer.__class__.from_config(layer.get_config() | policy)

    each_time = keras.models.clone_model(kept, clone_function=rounding)
    copy_weights(made, each_time)
    assert {str(weight.dtype) for weight in each_time.weights} == {"float32"}
    np.testing.assert_array_equal(kept(SEEN), each_time(SEEN))


@pytest.mark.parametrize("conditional", [False, True])
def test_the_first_layer_sees_all_bits_of_deep_pictures(conditional):
    judge = discriminator((32, 32), filters=2, receptive_field=16, conditional=conditional, channels=(1, 3))
    for network in (generator((32, 32), filters=2, channels=(1, 3)), judge):
        low = computing_in("bfloat16", network, deep=True)
        kinds = [layer.compute_dtype for layer in low.layers if layer.weights]
        assert kinds[0] == kinds[-1] == "float32" and "bfloat16" in kinds
        picture = np.full((1, 32, 32, 1), 0.5, np.float32)
        finer = picture + np.float32(2**-14)  # two levels of 16 bits; bfloat16 has 2⁻⁹ there
        first = next(layer for layer in low.layers if layer.weights)
        if not isinstance(low.input, list):
            one, other = (first(np.repeat(each, first.kernel.shape[2], axis=3)) for each in (picture, finer))
            assert not np.array_equal(one, other)
