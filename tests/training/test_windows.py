import keras
import made_examples
import numpy as np
import pytest
import tensorflow as tf
from conftest import trained_with
from toy_training import little, real, sums_of_shared_terms

from pix2pix.networks.inference import dropout_layers
from pix2pix.params import Pix2pix as Settings
from pix2pix.systems import pix2pix
from pix2pix.training.system import parts
from pix2pix.training.windows import Windows

SIZE = 8
SIX = {
    name: np.random.default_rng(seed).integers(0, 256, (6, 1, SIZE, SIZE, 3), dtype=np.uint8)
    for seed, name in enumerate(("input", "target"))
}


def networks(**changes):
    return real(trained_with(receptive_field=16, **changes), 3, SIZE)


def part_of(window, steps):
    return {name: field[steps] for name, field in window.items()}


def variables(system):
    return [variable for part in parts(system).values() for variable in part.variables]


def after(windows, system, lengths):
    """Every weight and moment, and the losses of each step, after windows of these lengths."""
    losses, first = [], 0
    for length in lengths:
        losses.append(windows(part_of(SIX, slice(first, first + length)), first))
        first += length
    together = {name: np.concatenate([each[name] for each in losses]) for name in losses[0]}
    return [np.array(variable) for variable in variables(system)], together


def assert_same_bytes(found, expected):
    assert [each.tobytes() for each in found] == [each.tobytes() for each in expected]


@pytest.mark.parametrize(("kind", "precision"), [(little, "float32"), (real, "bfloat16")])
def test_steps_are_the_same_bytes_in_windows_of_any_length(kind, precision):
    """The remainder of an epoch, or of a resumed run, is a shorter window. Other sizes of batch change nothing."""
    system = kind(trained_with(receptive_field=16, precision=precision), 3, SIZE)
    windows, first = Windows(system, 3), [np.array(variable) for variable in variables(system)]
    weights, losses = after(windows, system, [1] * 6)
    assert len(set(losses["generator_l1"])) == 6
    windows({name: field.reshape(2, 3, SIZE, SIZE, 3) for name, field in SIX.items()}, 0)
    for lengths in ([6], [2, 3, 1]):
        for variable, value in zip(variables(system), first, strict=True):
            variable.assign(value)
        found, told = after(windows, system, lengths)
        assert_same_bytes(found, weights)
        assert_same_bytes([told[name] for name in losses], losses.values())


@pytest.mark.parametrize(
    "changes", [{}, {"loss": "l1", "precision": "bfloat16"}, {"update_order": "discriminator_first"}]
)
def test_the_graph_does_not_depend_on_what_the_process_has_built_before(changes):
    """Where TensorFlow simplifies a graph, last bits depend on its names, and counted ones tell of what was before."""
    window = dict.fromkeys(("input", "target"), tf.TensorSpec([1, 1, SIZE, SIZE, 3], tf.uint8))
    first, second = (
        Windows(networks(**changes), 3)._single.get_concrete_function(window, tf.TensorSpec([], tf.int64))
        for _ in range(2)
    )
    operations = [
        [(each.name, each.op, *each.input) for each in run.graph.as_graph_def().node] for run in (first, second)
    ]
    assert len(operations[0]) > 500
    assert operations[0] == operations[1]


def without_dropout():
    """The smallest networks without dropout: XLA draws other masks from the same seed."""
    system = little(trained_with(learning_rate=1e-6), 3, SIZE)
    for layer in dropout_layers(system.generator):
        layer.rate = 0.0
    return system


def learned(system):
    return [np.concatenate([np.ravel(variable) for variable in player.variables]) for player in system.players.values()]


@pytest.mark.slow
def test_compiled_by_xla_the_steps_are_the_same_to_rounding():
    """As on a GPU, here on a processor: both updates, BatchNorm's averages, windows."""
    system, compiled = without_dropout(), without_dropout()
    first = learned(system)
    state, losses = after(Windows(system, 3), system, [1] * 6)
    found, told = after(Windows(compiled, 3, compiled=True), compiled, [4, 2])
    for name, expected in losses.items():
        np.testing.assert_allclose(told[name], expected, rtol=2e-3, err_msg=name)
    for each, expected in zip(found, state, strict=True):
        np.testing.assert_allclose(each, expected, rtol=1e-2, atol=1e-4)
    for begun, ended, others in zip(first, learned(system), learned(compiled), strict=True):
        moved = ended - begun
        assert np.abs(moved).mean() > 1e-6
        assert np.abs(others - begun - moved).mean() < 0.02 * np.abs(moved).mean()
    assert any(each.tobytes() != expected.tobytes() for each, expected in zip(found, state, strict=True))  # it was XLA


def l1_alone(monkeypatch, network, **settings):
    """A system of this one generator, which minimises L1."""
    monkeypatch.setattr(pix2pix, "generator", lambda *_, **__: network)
    return pix2pix.Pix2Pix(Settings(loss="l1", **settings), "float32", made_examples.task(size=SIZE), seed=0)


@pytest.mark.parametrize("compiled", [False, True])
def test_each_step_of_a_window_has_its_own_dropout_masks(monkeypatch, compiled):
    """What is kept is doubled: |2 + 1| where the target is -1, and |0 + 1| where it is dropped."""
    side = 32
    picture = keras.Input((side, side, 3))
    maker = keras.layers.Conv2D(3, 1, use_bias=False)
    generator = keras.Model(picture, keras.layers.Dropout(0.5, seed=0)(maker(picture)))
    maker.set_weights([np.eye(3)[None, None]])
    system = l1_alone(monkeypatch, generator)
    system.players["generator"].optimizer.learning_rate.assign(0.0)
    windows = Windows(system, 0, compiled=compiled)
    white_to_black = {
        name: np.full((4, 1, side, side, 3), value, np.uint8) for name, value in (("input", 255), ("target", 0))
    }
    distances = windows(white_to_black, 0)["generator_l1"].numpy()
    kept = (distances - 1) / 2
    assert len(set(kept)) == 4 and np.abs(kept - 0.5).max() < 0.05
    assert [*windows(part_of(white_to_black, slice(1, 3)), 1)["generator_l1"].numpy()] == [*distances[1:3]]
    single = windows(part_of(white_to_black, slice(1)), 3)["generator_l1"].numpy()
    assert single == pytest.approx(distances[3], rel=1e-6)


def one_convolution():
    picture = keras.Input((None, None, 3))
    return keras.Model(picture, keras.layers.Conv2D(3, 1)(picture))


def test_a_single_step_has_its_own_graph_whatever_ran_before(monkeypatch):
    """Else it would take that of windows where there is one, and under XLA a resumed run would have other bits."""
    windows = Windows(l1_alone(monkeypatch, one_convolution()), seed=0)
    for length in (3, 2, 1, 1, 3):
        windows(part_of(SIX, slice(length)), 0)
    counts = [each.experimental_get_tracing_count() for each in (windows._single, windows._several)]
    assert counts == [1, 1]


def test_bytes_are_pictures_in_the_scale_of_the_networks_and_floats_are_taken_as_they_are(monkeypatch):
    """0 … 255 to -1 … 1: an untrained copy of nothing is as far from the target as the target from 0."""
    network = one_convolution()
    network.set_weights([np.zeros((1, 1, 3, 3)), np.zeros(3)])
    windows = Windows(l1_alone(monkeypatch, network, learning_rate=1e-9), seed=0)
    target = SIX["target"][:1]
    scaled = (target / 127.5 - 1).astype(np.float32)
    for given in (target, scaled, 2 * scaled):
        distance = windows({"input": np.zeros_like(target), "target": given}, 0)["generator_l1"]
        expected = np.abs(given / 127.5 - 1 if given.dtype == np.uint8 else given).mean()
        assert float(distance[0]) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("changes", [{}, {"update_order": "discriminator_first"}, {"loss": "gan+l1"}, {"loss": "l1"}])
def test_no_sum_of_a_step_depends_on_what_is_computed_first(changes):
    windows = Windows(networks(**changes), 3)
    assert sums_of_shared_terms(lambda: windows(part_of(SIX, slice(0, 1)), 0)) == []
