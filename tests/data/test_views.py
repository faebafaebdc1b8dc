import numpy as np
import pytest

from pix2pix.data import views as module
from pix2pix.data.views import OUTSIDE, Views

SIZE = 64


def shown(photos, maps, epochs=3, windows=(range(1), range(1, 2))):
    """What each view of so many epochs is, and of what class map: batches of four, as they are trained on."""
    source = Views(photos, maps, crop=64, batch_size=4, seed=0)
    batches = [window for epoch in range(epochs) for window in source(epoch, windows)]
    return [(batch["photo"].numpy()[0], batch["classes"].numpy()[0]) for batch in batches]


@pytest.fixture
def batches(monkeypatch):
    """Every batch of six photos in three epochs, and the source's class maps.

    Red grows from left to right and green from above to below, so that a view tells where each of its pixels is from:
    between the pixels of a ramp, bilinear interpolation is exact. Blue is the photo's number.
    """
    monkeypatch.setattr(module, "LIGHT", 0.0)
    monkeypatch.setattr(module, "COLOUR", 0.0)
    ramp = np.broadcast_to(4 * np.arange(SIZE), (SIZE, SIZE))
    photos = np.stack([np.stack([ramp, ramp.T, np.full_like(ramp, 40 * n)], axis=-1) for n in range(6)])
    maps = np.random.default_rng(0).integers(0, 4, (6, SIZE, SIZE), dtype=np.uint8)
    return shown(photos.astype(np.uint8), maps), maps


@pytest.fixture
def views(batches):
    """Every view: of what photo, from where, its class map; and the source's class maps."""
    seen = []
    for batch, answers in batches[0]:
        for view, answer in zip((batch + 1) * 127.5, answers, strict=True):
            inside = answer != OUTSIDE
            rows, columns = np.argwhere(inside).T
            # Where row 0 and column 0 are from, and how far apart the next ones: straight lines through what is inside.
            y, x = (np.polyfit(at, view[inside][:, c] / 4, 1) for at, c in ((rows, 1), (columns, 0)))
            seen.append(
                {"photo": round(float(view[inside][0, 2]) / 40), "y": y, "x": x, "view": view, "answer": answer}
            )
    return seen, batches[1]


def test_an_epoch_shows_every_photo_once(views, batches):
    """Six photos in batches of four: four and two, three times over."""
    seen, _ = views
    assert [len(photo) for photo, _ in batches[0]] == [4, 2] * 3
    assert {photo.shape[1:] for photo, _ in batches[0]} == {(64, 64, 3)}
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


def test_a_view_has_its_own_light():
    """Half black, half white: contrast, brightness and each colour's strength can be told apart."""
    photos = np.zeros((6, SIZE, SIZE, 3), np.uint8)
    photos[:, : SIZE // 2] = 255
    maps = (photos[..., 0] == 255).astype(np.uint8)
    lights = []
    for batch, answers in shown(photos, maps):
        for view, answer in zip(batch, answers, strict=True):
            black, white = (np.median(view[answer == number], axis=0) for number in (0, 1))
            np.testing.assert_allclose((white + black) / 2, (white + black).mean() / 2, atol=1e-5)
            lights.append([(white + black).mean() / 2, *(white - black) / 2])
    brightness, gains = np.array(lights)[:, 0], np.array(lights)[:, 1:]
    assert np.abs(brightness).max() <= 0.25 and brightness.std() > 0.05
    assert gains.min() > 0.75 * 0.8 and gains.max() < 1.25 * 1.2 and gains.mean(axis=1).std() > 0.05
    assert 0.05 < gains.std(axis=1).mean() < 0.2


NOISE = np.random.default_rng(5).integers(0, 256, (5, 40, 40, 3), np.uint8)
NOISE_MAPS = NOISE[..., 0] // 64


def test_views_do_not_depend_on_windows_or_on_where_an_epoch_is_begun():
    """Which is how a run resumes in the midst of an epoch: five photos in batches of two."""
    source = Views(NOISE, NOISE_MAPS, crop=32, batch_size=2, seed=3)
    alone = [*source(4, [range(1), range(1, 2), range(2, 3)])]
    assert [batch["photo"].shape for batch in alone] == [(1, 2, 32, 32, 3)] * 2 + [(1, 1, 32, 32, 3)]
    for windows in ([range(2), range(2, 3)], [range(1, 2), range(2, 3)], [range(2, 3)], [range(1), range(2, 3)]):
        found = [*source(4, windows)]
        assert [len(batch["photo"]) for batch in found] == [*map(len, windows)]
        together = [(name, step.numpy().tobytes()) for batch in found for name in batch for step in batch[name]]
        asked = [alone[number] for window in windows for number in window]
        expected = [(name, batch[name][0].numpy().tobytes()) for batch in asked for name in batch]
        assert sorted(together) == sorted(expected)
    assert [*source(4, [])] == []


def test_every_epoch_and_seed_has_its_own_views():
    def first(seed, epoch):
        (batch,) = Views(NOISE, NOISE_MAPS, 32, 2, seed)(epoch, [range(1)])
        return batch["photo"].numpy().tobytes()

    assert len({first(0, 0), first(0, 1), first(1, 0)}) == 3
    assert first(0, 1) == first(0, 1)


def test_a_view_is_never_larger_than_its_photo():
    (batch,) = Views(NOISE, NOISE_MAPS, crop=64, batch_size=2, seed=0)(0, [range(1)])
    assert batch["photo"].shape == (1, 2, 40, 40, 3) and batch["classes"].shape == (1, 2, 40, 40)
    assert (batch["photo"].dtype, batch["classes"].dtype) == ("float32", "int32")


@pytest.mark.parametrize(("height", "width"), [(32, 96), (96, 32)])
def test_views_of_rectangles_are_squares_that_squeeze_nothing(monkeypatch, height, width):
    """A ramp tells the place of every pixel: red grows to the right, green downwards."""
    monkeypatch.setattr(module, "LIGHT", 0.0)
    monkeypatch.setattr(module, "COLOUR", 0.0)
    rows, columns = np.mgrid[:height, :width]
    photos = np.broadcast_to(
        np.stack([2 * columns, 2 * rows, 0 * rows], axis=-1).astype(np.uint8), (4, height, width, 3)
    )
    maps = np.broadcast_to((columns // 8 + 16 * (rows // 8)).astype(np.uint8), (4, height, width))
    source = Views(photos, maps, crop=64, batch_size=4, seed=1)
    (batch,) = source(0, [range(1)])
    assert batch["photo"].shape == (1, 4, 32, 32, 3) and batch["classes"].shape == (1, 4, 32, 32)
    for view, classes in zip((batch["photo"].numpy()[0] + 1) * 127.5, batch["classes"].numpy()[0], strict=True):
        inside = classes != OUTSIDE
        x, y = view[..., 0] / 2, view[..., 1] / 2
        sure = inside & (np.abs(x % 1 - 0.5) > 0.02) & (np.abs(y % 1 - 0.5) > 0.02)
        np.testing.assert_array_equal(classes[sure], (np.rint(x) // 8 + 16 * (np.rint(y) // 8))[sure])
        there = np.argwhere(inside)
        across = np.polyfit(there[:, 1], x[inside], 1)[0]
        down = np.polyfit(there[:, 0], y[inside], 1)[0]
        assert abs(np.log(abs(across) / down)) < 0.201
