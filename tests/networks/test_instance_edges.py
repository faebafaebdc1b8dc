"""The edges of instances: by hand, as the sources compute them, and whatever computes around them."""

import by_hand
import keras
import numpy as np
import pytest
import tensorflow as tf

from pix2pix.base.scale import to_network
from pix2pix.networks import folder
from pix2pix.networks.instance_edges import edges
from pix2pix.networks.precision import computing_in


def network(size):
    ids = keras.Input((*size, 1), name="instances")
    return keras.Model(ids, edges(ids), name="generator")


def seen(ids):
    """As training and use scale ids, outside a graph and in one."""
    return to_network(ids), tf.function(to_network)(tf.constant(ids))


def test_a_pixel_is_an_edge_if_a_neighbour_beside_above_or_below_has_another_id():
    """Not one at a corner, and not what lies outside of the picture."""
    ids = np.array([[7, 7, 7, 7, 7], [7, 7, 7, 7, 7], [7, 7, 8, 7, 7], [7, 7, 7, 7, 7], [9, 7, 7, 7, 7]], np.uint16)
    expected = [[0, 0, 0, 0, 0], [0, 0, 1, 0, 0], [0, 1, 1, 1, 0], [1, 0, 1, 0, 0], [1, 1, 0, 0, 0]]
    np.testing.assert_array_equal(by_hand.edges(ids[None])[0, ..., 0], expected)
    for scaled in seen(ids[None, ..., None]):
        np.testing.assert_array_equal(network((5, 5))(scaled)[0, ..., 0], expected)


def test_each_two_ids_of_16_bits_differ():
    """All neighbours among them, in columns of two equal rows; and noise of a few ids."""
    neighbours = np.arange(65536, dtype=np.uint16).reshape(256, 1, 256).repeat(2, 1)
    noise = np.random.default_rng(0).choice([0, 1, 32767, 32768, 65534, 65535], (256, 2, 256)).astype(np.uint16)
    for ids in (neighbours, noise, np.full_like(noise, 65535)):
        for scaled in seen(ids[..., None]):
            np.testing.assert_array_equal(network((2, 256))(scaled), by_hand.edges(ids))


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_a_network_sees_all_bits_of_an_id_in_either_precision_and_from_its_folder(precision, tmp_path):
    ids = np.random.default_rng(1).integers(26000, 26003, (1, 16, 16), np.uint16)
    given = keras.Input((16, 16, 1), name="instances")
    layer = keras.layers.Conv2D(1, 1, kernel_initializer="ones", name="output")
    made = computing_in(precision, keras.Model(given, layer(edges(given)), name="generator"), deep=True)
    folder.save(made, tmp_path / "model", {})
    for each in (made, folder.load(tmp_path / "model")[0]):
        np.testing.assert_array_equal(each(to_network(ids[..., None])), by_hand.edges(ids))
