import keras
import made_examples
import numpy as np
import pytest
import tensorflow as tf
from pix2pix.training.segmenting import photos_and_classes, train_segmenter

from pix2pix.base.errors import TrainingError
from pix2pix.data.labels import palette
from pix2pix.params import Segmenter
from pix2pix.training import segmenting

CLASSES = palette({"black": (0, 0, 0), "red": (255, 0, 0), "green": (0, 255, 0), "never": (255, 255, 255)})
# Photos in which the colours stand for the classes, but other ones than in the label map.
PHOTO = palette({"black": (40, 60, 200), "red": (130, 130, 130), "green": (220, 200, 60), "never": (0, 0, 0)})
OUTSIDE = -1
SIZE = 64


def scene(seed, size, block):
    """(photo, label map) of random blocks; half of them black, a quarter each red and green."""
    blocks = np.random.default_rng(seed).choice(np.array([0, 0, 1, 2], np.uint8), (size // block, size // block))
    classes = np.kron(blocks, np.ones((block, block), np.uint8))
    return PHOTO.paint(classes), CLASSES.paint(classes)


def scenes(*seeds, size=SIZE, block=32):
    """Photos and class maps as they are trained on."""
    task = made_examples.task("picture", "label map", size)
    return photos_and_classes(made_examples.of([scene(seed, size, block) for seed in seeds], task), CLASSES)


@pytest.mark.parametrize("kinds", [("picture", "label map"), ("label map", "picture")])
def test_photos_and_their_classes(kinds):
    """Whichever of them is the input."""
    pairs = [scene(seed, 32, 8) for seed in range(3)]
    stored = pairs if kinds[0] == "picture" else [pair[::-1] for pair in pairs]
    photos, classes = photos_and_classes(made_examples.of(stored, made_examples.task(*kinds)), CLASSES)
    assert photos.shape == (3, 32, 32, 3) and classes.shape == (3, 32, 32) and classes.dtype == np.uint8
    for number, (photo, label) in enumerate(pairs):
        np.testing.assert_array_equal(photos[number], photo)
        np.testing.assert_array_equal(CLASSES.paint(classes[number]), label)


# ---- what it is shown ----


@pytest.fixture
def fitted(monkeypatch):
    """What Keras would be asked to fit: the model and all batches."""
    asked = {}

    def fit(model, batches, **options):
        asked.update(model=model, batches=[(x.numpy(), y.numpy()) for x, y in batches], **options)

    monkeypatch.setattr(keras.Model, "fit", fit)
    return asked


SETTINGS = Segmenter(epochs=3, batch_size=4, crop=64, filters=2)


@pytest.fixture
def views(fitted, monkeypatch):
    """Every view of six photos in three epochs: what photo, where from, its class map, and the source's class maps.

    Red grows from left to right and green from above to below, so that a view tells where each of its pixels is from:
    between the pixels of a ramp, bilinear interpolation is exact. Blue is the photo's number.
    """
    monkeypatch.setattr(segmenting, "LIGHT", 0.0)
    monkeypatch.setattr(segmenting, "COLOUR", 0.0)
    ramp = np.broadcast_to(4 * np.arange(SIZE), (SIZE, SIZE))
    photos = np.stack([np.stack([ramp, ramp.T, np.full_like(ramp, 40 * n)], axis=-1) for n in range(6)])
    maps = np.random.default_rng(0).integers(0, 4, (6, SIZE, SIZE), dtype=np.uint8)
    train_segmenter(SETTINGS, CLASSES, photos.astype(np.uint8), maps, seed=0)
    seen = []
    for batch, answers in fitted["batches"]:
        for view, answer in zip((batch + 1) * 127.5, answers, strict=True):
            inside = answer != OUTSIDE
            rows, columns = np.argwhere(inside).T
            # Where row 0 and column 0 are from, and how far apart the next ones: straight lines through what is inside.
            y, x = (np.polyfit(at, view[inside][:, c] / 4, 1) for at, c in ((rows, 1), (columns, 0)))
            seen.append(
                {"photo": round(float(view[inside][0, 2]) / 40), "y": y, "x": x, "view": view, "answer": answer}
            )
    return seen, maps


def test_an_epoch_shows_every_photo_once(views, fitted):
    """Six photos in batches of four: four and two, three times over."""
    seen, _ = views
    assert fitted["epochs"] == 3 and fitted["steps_per_epoch"] == 2
    assert [len(photo) for photo, _ in fitted["batches"]] == [4, 2] * 3
    assert {photo.shape[1:] for photo, _ in fitted["batches"]} == {(64, 64, 3)}
    orders = [[view["photo"] for view in seen[6 * epoch : 6 * epoch + 6]] for epoch in range(3)]
    assert [sorted(order) for order in orders] == [list(range(6))] * 3
    assert len({tuple(order) for order in orders}) > 1


def test_photo_and_classes_are_seen_from_the_same_place(views):
    """The class of a pixel is that of the nearest pixel of the source; beyond the photo there is none, and grey."""
    seen, maps = views
    grid = np.arange(64)
    outside = 0
    for view in seen:
        (dy, y0), (dx, x0) = view["y"], view["x"]
        y, x = np.meshgrid(y0 + dy * grid, x0 + dx * grid, indexing="ij")
        there = (y > 0.01) & (y < SIZE - 1.01) & (x > 0.01) & (x < SIZE - 1.01)
        beyond = (y < -0.01) | (y > SIZE - 0.99) | (x < -0.01) | (x > SIZE - 0.99)
        # Right between two pixels either may be the nearest.
        sure = there & (np.abs(y % 1 - 0.5) > 0.01) & (np.abs(x % 1 - 0.5) > 0.01)
        nearest = maps[view["photo"]][np.rint(y).clip(0, 63).astype(int), np.rint(x).clip(0, 63).astype(int)]
        np.testing.assert_array_equal(view["answer"][sure], nearest[sure])
        assert (view["answer"][beyond] == OUTSIDE).all() and (view["answer"][there] != OUTSIDE).all()
        np.testing.assert_allclose(view["view"][beyond], 127.5, atol=1e-4)
        np.testing.assert_allclose(view["view"][there][:, 0], 4 * x[there], atol=0.05)
        outside += beyond.sum()
    assert outside > 0


def test_views_are_near_and_far_stretched_mirrored_and_from_all_over(views):
    seen, _ = views
    scale_y, scale_x = (np.array([1 / abs(view[axis][0]) for view in seen]) for axis in "yx")
    middle, stretch = np.sqrt(scale_y * scale_x), np.log(scale_y / scale_x) / 2
    assert 0.74 < middle.min() < 0.9 and 1.15 < middle.max() < 1.34
    assert 0.05 < np.abs(stretch).max() < 0.101
    assert {view["x"][0] < 0 for view in seen} == {True, False} and {view["y"][0] < 0 for view in seen} == {False}
    for axis in "yx":
        first = np.array([min(view[axis][1], np.polyval(view[axis], 63)) for view in seen])
        last = np.array([max(view[axis][1], np.polyval(view[axis], 63)) for view in seen])
        # A view is within the photo or the photo within the view.
        assert (((first > -0.05) & (last < 63.05)) | ((first < 0.05) & (last > 62.95))).all()
        assert len(np.unique(first.round(3))) > 9


def test_a_view_has_its_own_light(fitted):
    """Half black, half white: contrast, brightness and each colour's strength can be told apart."""
    photos = np.zeros((6, SIZE, SIZE, 3), np.uint8)
    photos[:, : SIZE // 2] = 255
    maps = (photos[..., 0] == 255).astype(np.uint8)
    train_segmenter(SETTINGS, CLASSES, photos, maps, seed=0)
    lights = []
    for batch, answers in fitted["batches"]:
        for view, answer in zip(batch, answers, strict=True):
            black, white = (np.median(view[answer == number], axis=0) for number in (0, 1))
            np.testing.assert_allclose((white + black) / 2, (white + black).mean() / 2, atol=1e-5)
            lights.append([(white + black).mean() / 2, *(white - black) / 2])
    brightness, gains = np.array(lights)[:, 0], np.array(lights)[:, 1:]
    assert np.abs(brightness).max() <= 0.25 and brightness.std() > 0.05
    assert gains.min() > 0.75 * 0.8 and gains.max() < 1.25 * 1.2 and gains.mean(axis=1).std() > 0.05
    assert 0.05 < gains.std(axis=1).mean() < 0.2


# ---- what it learns from ----


def test_rare_classes_count_more_without_drowning_the_common_ones(fitted):
    """Weights 1/√share, scaled so that a pixel weighs 1 on average; undecided logits cost ln 4 a pixel."""
    photos, maps = scenes(0, block=8)
    train_segmenter(SETTINGS, CLASSES, photos, maps, seed=0)
    loss = fitted["model"].loss
    undecided = tf.zeros((1, 64, 64, 4))
    assert float(loss(tf.constant(maps, tf.int32), undecided)) == pytest.approx(np.log(4), rel=1e-5)
    costs = [float(loss(tf.fill((1, 64, 64), number), undecided)) / np.log(4) for number in range(4)]
    shares = [(maps == number).mean() for number in range(3)]
    total = sum(np.sqrt(share) for share in shares)
    assert costs == pytest.approx([1 / np.sqrt(share) / total for share in shares] + [0], rel=1e-5)
    assert float(loss(tf.fill((1, 64, 64), OUTSIDE), undecided)) == 0


def test_the_step_size_rises_for_an_epoch_and_falls_to_nothing(fitted):
    """Six photos in batches of four, three epochs: two steps up, then a half cosine over four."""
    train_segmenter(SETTINGS, CLASSES, *scenes(*range(6)), seed=0)
    rate = fitted["model"].optimizer._learning_rate
    told = [float(rate(step)) for step in range(7)]
    cosine = [0.5 * (1 + np.cos(np.pi * step / 4)) for step in range(5)]
    assert told == pytest.approx([0.5e-3, 0.75e-3, *(1e-3 * each for each in cosine)], abs=1e-8)


# ---- which weights are kept ----

TINY = Segmenter(epochs=23, batch_size=4, crop=32, filters=2)


def test_the_best_weights_are_kept():
    """A look after every tenth epoch and the last; of equally good ones the first counts."""
    seen = []

    def judge(model):
        seen.append(model.get_weights())
        return [0.2, 0.5, 0.5][len(seen) - 1]

    model, chosen = train_segmenter(TINY, CLASSES, *scenes(0, 1, size=32), seed=0, judge=judge)
    assert len(seen) == 3
    assert chosen == {"selected_epoch": 20, "selection_class_iou": 0.5}
    assert all(np.array_equal(a, b) for a, b in zip(model.get_weights(), seen[1], strict=True))
    assert not np.array_equal(seen[1][0], seen[2][0])


def test_without_a_judge_the_last_weights_are_kept_and_a_judge_changes_nothing_but_the_choice():
    data = scenes(0, 1, size=32)
    settings = TINY.model_copy(update={"epochs": 2})
    model, chosen = train_segmenter(settings, CLASSES, *data, seed=0)
    assert chosen == {"selected_epoch": 2}
    judged, chosen = train_segmenter(settings, CLASSES, *data, seed=0, judge=lambda model: float(model.count_params()))
    assert chosen == {"selected_epoch": 2, "selection_class_iou": model.count_params()}
    assert all(np.array_equal(a, b) for a, b in zip(model.get_weights(), judged.get_weights(), strict=True))


def test_a_training_that_diverges_says_so():
    settings = TINY.model_copy(update={"learning_rate": 1e30})
    with pytest.raises(TrainingError, match=r"not finite after epoch \d+\. A smaller segmenter\.learning_rate"):
        train_segmenter(settings, CLASSES, *scenes(0, 1, size=32), seed=0)


@pytest.mark.slow
def test_it_learns_and_does_so_the_same_way_every_time():
    settings = Segmenter(epochs=25, batch_size=4, crop=64, filters=4, learning_rate=1e-2)
    data = scenes(*range(16))
    model, again = (train_segmenter(settings, CLASSES, *data, seed=0)[0] for _ in range(2))
    for ours, theirs in zip(model.get_weights(), again.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)
    photos, maps = scenes(*range(90, 96))
    said = np.argmax(model(photos / 127.5 - 1, training=False), axis=-1)
    assert (said == maps).mean() > 0.75  # half of them are black
