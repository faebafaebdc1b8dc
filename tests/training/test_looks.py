import keras
import numpy as np
import pytest
import tensorflow as tf
from toy_training import ALWAYS, PAIRS, SIZE, WATCHED, Run, asks_at, newest, real, same_weights, start

from pix2pix.base import pictures
from pix2pix.base.errors import StoppedError
from pix2pix.base.seeds import derive
from pix2pix.training.windows import Windows


@pytest.fixture(scope="module")
def seen(tmp_path_factory):
    """A run of the real generator, trained with L1 alone."""
    run = Run(tmp_path_factory.mktemp("seen"))
    run.trained = start(run.folder, run, kind=real, loss="l1", generator_depth=None, epochs=2, pairs=PAIRS[:2])
    return run


def generated(trained, picture):
    """What a generator makes of a picture in training mode."""
    model = keras.models.clone_model(trained)
    model.set_weights(trained.get_weights())
    for layer in model.layers:
        if isinstance(layer, keras.layers.Dropout):
            layer.seed_generator.state.assign([derive(0, layer.name), 0])
    picture = model(tf.constant(picture[None] / 127.5 - 1, tf.float32), training=True).numpy()[0]
    return np.round((picture + 1) * 127.5)


def test_samples_show_input_generated_and_real(seen):
    assert sorted(seen.samples) == [1, 2]
    for epoch, grid in seen.samples.items():
        saved = pictures.load_rgb(newest(seen.folder) / "samples" / f"{epoch:04d}.png")
        np.testing.assert_array_equal(saved, grid)
    space = SIZE + 4
    assert grid.shape == (4 + 2 * space, 4 + 3 * space, 3)
    for number, (label, photo) in enumerate(WATCHED[:2]):
        row = grid[4 + space * number :][:SIZE]
        left, middle, right = (row[:, 4 + space * column :][:, :SIZE] for column in range(3))
        np.testing.assert_array_equal(left, label)
        np.testing.assert_array_equal(right, photo)
        assert np.abs(middle - generated(seen.trained.last["generator"], label)).max() <= 1  # rounding


def test_validation_is_the_mean_distance_to_the_real_pictures(seen):
    generator = seen.trained.last["generator"]
    distances = [np.abs(generated(generator, label) - photo).mean() / 255 for label, photo in WATCHED]
    assert np.mean(distances[:2]) != pytest.approx(np.mean(distances), abs=1e-4)  # only two are asked for
    last = seen.trained.progress.validation[-1]
    assert last["validation_l1"] == pytest.approx(np.mean(distances[:2]), abs=1e-5)
    assert last.keys() == {"epoch", "validation_l1", "validation_ssim"}


@pytest.fixture
def untrained(monkeypatch):
    """Nothing is learned."""
    monkeypatch.setattr(Windows, "__call__", lambda _, window, __: {"generator_l1": tf.ones(len(window["input"]))})


@pytest.mark.usefixtures("untrained")
def test_without_a_selection_split_nothing_is_validated_and_training_pairs_are_drawn(tmp_path):
    run = Run(tmp_path)
    trained = start(tmp_path, run, watched=None, loss="l1", epochs=1)
    assert trained.progress.validation == [] and run.validation == []
    np.testing.assert_array_equal(run.samples[1][4:, 4:][:SIZE, :SIZE], PAIRS[0][0])


@pytest.mark.usefixtures("untrained")
def test_samples_are_drawn_while_they_change_most_and_at_the_end(tmp_path):
    run = Run(tmp_path)
    start(tmp_path, run, loss="l1", epochs=12, watched=WATCHED[:1], batch_size=5, checkpoint_epochs=99)
    assert sorted(run.samples) == [1, 2, 5, 10, 12]


def test_the_selected_epoch_is_the_model_and_the_last_stays(tmp_path):
    """Whichever epoch has the best SSIM, its generator is the one that a run of so many epochs ends with."""
    whole = start(tmp_path / "whole", select="validation_ssim", **ALWAYS)
    values = [row["validation_ssim"] for row in whole.progress.validation]
    assert whole.epoch == 1 + int(np.argmax(values))
    same_weights(whole.selected["generator"], start(tmp_path / "shorter", epochs=whole.epoch).last["generator"])
    last = start(tmp_path / "last")
    assert last.epoch == 3 and last.selected["generator"] is last.last["generator"]
    same_weights(whole.last["generator"], last.last["generator"])


@pytest.mark.parametrize("select", ["validation_l1", "validation_ssim"])
def test_a_stopped_run_remembers_the_selected_epoch(tmp_path, select):
    """The stop is after the second epoch, in the midst of the third."""
    straight = start(tmp_path / "straight", select=select)
    with pytest.raises(StoppedError):
        start(tmp_path / "stopped", select=select, stop=asks_at(7))
    gone_on = start(tmp_path / "stopped", select=select)
    assert gone_on.epoch == straight.epoch
    same_weights(gone_on.selected["generator"], straight.selected["generator"])
    same_weights(gone_on.last["generator"], straight.last["generator"])
