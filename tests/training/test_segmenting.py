import keras
import numpy as np
import pytest
import tensorflow as tf

from pix2pix.data.labels import palette
from pix2pix.data.tasks import Task
from pix2pix.params import Segmenter
from pix2pix.training.segmenting import photos_and_classes, train_segmenter

CLASSES = palette({"black": (0, 0, 0), "red": (255, 0, 0), "green": (0, 255, 0), "never": (255, 255, 255)})
LABELS_TO_PHOTO = Task(input_is_left=False, input_is_label=True, target_is_label=False)
# Photos in which the colours stand for the classes, but other ones than in the label map.
PHOTO = palette({"black": (40, 60, 200), "red": (130, 130, 130), "green": (220, 200, 60), "never": (0, 0, 0)})


def scene(seed, size, block):
    """(photo, label map) of random blocks; half of them black, a quarter each red and green."""
    blocks = np.random.default_rng(seed).choice(np.array([0, 0, 1, 2], np.uint8), (size // block, size // block))
    classes = np.kron(blocks, np.ones((block, block), np.uint8))
    return PHOTO.paint(classes), CLASSES.paint(classes)


@pytest.mark.parametrize("input_is_left", [True, False])
@pytest.mark.parametrize("target_is_label", [True, False])
def test_photos_and_their_classes(input_is_left, target_is_label):
    """Whichever half the label map is, and whichever way round the pair is used."""
    pairs = [scene(seed, 32, 8) for seed in range(3)]
    stored = pairs if input_is_left == target_is_label else [pair[::-1] for pair in pairs]
    task = Task(input_is_left, not target_is_label, target_is_label)
    photos, classes = photos_and_classes(stored, task, CLASSES)
    assert photos.shape == (3, 32, 32, 3) and classes.shape == (3, 32, 32) and classes.dtype == np.uint8
    for number, (photo, label) in enumerate(pairs):
        np.testing.assert_array_equal(photos[number], photo)
        np.testing.assert_array_equal(CLASSES.paint(classes[number]), label)


@pytest.fixture
def fitted(monkeypatch):
    """What Keras would be asked to fit: the model and all batches."""
    asked = {}

    def fit(model, batches, **options):
        asked.update(model=model, batches=[(x.numpy(), y.numpy()) for x, y in batches], **options)

    monkeypatch.setattr(keras.Model, "fit", fit)
    return asked


SETTINGS = Segmenter(epochs=3, batch_size=4, crop=32, filters=2)


def test_an_epoch_shows_every_picture_once(fitted):
    """Six pictures in batches of four: four and two, three times over."""
    pairs = [scene(seed, 64, 1) for seed in range(6)]
    train_segmenter(SETTINGS, LABELS_TO_PHOTO, CLASSES, pairs, seed=0)
    assert fitted["epochs"] == 3 and fitted["steps_per_epoch"] == 2
    assert [len(photo) for photo, _ in fitted["batches"]] == [4, 2] * 3
    assert {photo.shape[1:] for photo, _ in fitted["batches"]} == {(32, 32, 3)}
    _, maps = photos_and_classes(pairs, LABELS_TO_PHOTO, CLASSES)
    seen = [whereabouts(crop, maps) for _, crops in fitted["batches"] for crop in crops]
    for epoch in range(3):
        assert sorted(number for number, *_ in seen[6 * epoch : 6 * epoch + 6]) == list(range(6))
    assert len({(top, left) for _, top, left, _ in seen}) > 12  # crops from all over
    assert {turned for *_, turned in seen} == {True, False}


def whereabouts(crop, maps):
    """Which picture a crop is of, from where, and whether it is turned: these maps have no two places alike."""
    windows = np.lib.stride_tricks.sliding_window_view(maps, (32, 32), axis=(1, 2))
    for turned in (False, True):
        found = np.argwhere((windows[..., 0, :] == (crop[:, ::-1] if turned else crop)[0]).all(axis=-1))
        for number, top, left in found:
            if np.array_equal(windows[number, top, left], crop[:, ::-1] if turned else crop):
                return number, top, left, turned
    raise AssertionError("a crop of no picture")


def test_photo_and_classes_are_cropped_and_turned_alike(fitted):
    """One class is one colour in these photos, whatever the light: else a crop or a turn went astray."""
    train_segmenter(SETTINGS, LABELS_TO_PHOTO, CLASSES, [scene(seed, 64, 1) for seed in range(6)], seed=0)
    lights = []
    for photos, maps in fitted["batches"]:
        for photo, classes in zip(photos, maps, strict=True):
            colours = [photo[classes == number] for number in range(3)]
            assert all(np.ptp(colour, axis=0).max() < 1e-6 for colour in colours)
            # The light: photo = contrast · original + brightness, the same for all three channels.
            original = PHOTO.colours[:3].astype(float).ravel() / 127.5 - 1
            contrast, brightness = np.polyfit(original, np.concatenate([colour[0] for colour in colours]), 1)
            lights.append((contrast, brightness))
    lights = np.array(lights)
    assert (np.abs(lights - [1, 0]) <= 0.2 + 1e-6).all()
    assert (lights.std(axis=0) > 0.05).all()


def test_rare_classes_count_more_without_drowning_the_common_ones(fitted):
    """Weights 1/√share, scaled so that a pixel weighs 1 on average; undecided logits cost ln 4 a pixel."""
    pairs = [scene(0, 64, 8)]
    train_segmenter(SETTINGS, LABELS_TO_PHOTO, CLASSES, pairs, seed=0)
    _, maps = photos_and_classes(pairs, LABELS_TO_PHOTO, CLASSES)
    loss = fitted["model"].loss
    undecided = tf.zeros((1, 64, 64, 4))
    assert float(loss(tf.constant(maps), undecided)) == pytest.approx(np.log(4), rel=1e-5)
    costs = [float(loss(tf.fill((1, 64, 64), np.uint8(number)), undecided)) / np.log(4) for number in range(4)]
    shares = [(maps == number).mean() for number in range(3)]
    total = sum(np.sqrt(share) for share in shares)
    assert costs == pytest.approx([1 / np.sqrt(share) / total for share in shares] + [0], rel=1e-5)


@pytest.mark.slow
def test_it_learns_and_does_so_the_same_way_every_time():
    pairs = [scene(seed, 64, 32) for seed in range(16)]
    settings = Segmenter(epochs=25, batch_size=4, crop=64, filters=4, learning_rate=1e-2)
    model, again = (train_segmenter(settings, LABELS_TO_PHOTO, CLASSES, pairs, seed=0) for _ in range(2))
    for ours, theirs in zip(model.get_weights(), again.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)
    photos, labels = (np.stack(half) for half in zip(*[scene(seed, 64, 32) for seed in range(90, 96)], strict=True))
    said = np.argmax(model(photos / 127.5 - 1, training=False), axis=-1)
    assert (said == CLASSES.classes(labels)).mean() > 0.75  # half of them are black
