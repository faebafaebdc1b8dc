import keras
import numpy as np
import tensorflow as tf

from pix2pix.base.seeds import derive
from pix2pix.training.draw import Draw

STEP = tf.constant(5, tf.int64)
DRAW = Draw(3, STEP)


def test_numbers_follow_from_seed_purpose_step_and_move():
    for kind in ("uniform", "normal"):
        first, *others = (
            getattr(draw, kind)(purpose, [4, 1]).numpy().tolist()
            for draw, purpose in [
                (DRAW, "one"),
                (DRAW, "two"),
                (DRAW.of(1), "one"),
                (Draw(4, STEP), "one"),
                (Draw(3, STEP + 1), "one"),
            ]
        )
        assert first == getattr(Draw(3, STEP).of(0), kind)("one", [4, 1]).numpy().tolist()
        assert first not in others and len({str(each) for each in others}) == 4


def test_they_are_tensorflows_stateless_numbers():
    seed = [derive(3, "one"), 5]
    np.testing.assert_array_equal(DRAW.uniform("one", [3]), tf.random.stateless_uniform([3], seed, alg="philox"))
    np.testing.assert_array_equal(DRAW.normal("one", [3]), tf.random.stateless_normal([3], seed, alg="philox"))


def test_their_distributions():
    uniform, normal = DRAW.uniform("u", [100_000]).numpy(), DRAW.normal("n", [100_000]).numpy()
    assert 0 <= uniform.min() < 1e-3 and 0.999 < uniform.max() < 1 and abs(uniform.mean() - 0.5) < 0.005
    assert abs(normal.mean()) < 0.02 and abs(normal.std() - 1) < 0.01
    assert {uniform.dtype, normal.dtype} == {np.dtype("float32")}


def test_models_of_equal_layers_have_masks_of_their_own_if_they_have_names():
    inputs = keras.Input((1000,))
    model = keras.Model(inputs, keras.layers.Dropout(0.5, seed=0, name="dropout")(inputs))

    def dropped(*name):
        DRAW.dropout(model, *name)
        return model(tf.ones((1, 1000)), training=True).numpy().astype(bool)

    assert np.array_equal(dropped(), dropped()) and np.array_equal(dropped("one"), dropped("one"))
    for one, other in ((dropped(), dropped("one")), (dropped("one"), dropped("other"))):
        assert 0.4 < np.mean(one == other) < 0.6
