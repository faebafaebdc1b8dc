import numpy as np
import tensorflow as tf

from pix2pix.tracking.tensorboard import Summaries


def logged(folder):
    """(step, name, value) of every event, read by TensorFlow itself."""
    found = []
    for path in sorted(folder.glob("events.*")):
        for event in tf.compat.v1.train.summary_iterator(str(path)):
            for value in event.summary.value:
                found.append((event.step, value.tag, tf.make_ndarray(value.tensor)))
    return found


def test_figures_and_pictures_by_their_steps(tmp_path):
    picture = np.random.default_rng(0).integers(0, 256, (40, 50, 3), dtype=np.uint8)
    with Summaries(tmp_path / "log") as board:
        board.metrics({"epoch": 2, "step": 9, "generator_l1": 0.25, "discriminator_loss": 1.5}, 9)
        board.sample(picture, 2)
    (*scalars, (step, name, (width, height, png))) = logged(tmp_path / "log")
    assert [(step, name, float(value)) for step, name, value in scalars] == [
        (9, "generator/l1", 0.25),
        (9, "discriminator/loss", 1.5),
    ]
    assert (step, name, int(width), int(height)) == (2, "samples", 50, 40)
    np.testing.assert_array_equal(tf.io.decode_png(png).numpy(), picture)


def test_a_run_that_goes_on_tells_all_once_more_and_it_stands_there_once(tmp_path):
    for _ in range(2):
        with Summaries(tmp_path / "log") as board:
            board.metrics({"validation_l1": 0.5}, 1)
    assert [(step, name) for step, name, _ in logged(tmp_path / "log")] == [(1, "validation/l1")]
