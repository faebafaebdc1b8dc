import made_examples
import numpy as np
import pytest
import tensorflow as tf
from scipy import stats

from pix2pix.data.jitter import Jitter
from pix2pix.data.tasks import Field, Task


def jitter(size=32, scale=286 / 256, mirror=True, smooth=False, channels=(3, 3)):
    """Of photo -> label map."""
    return Jitter(made_examples.task("picture", "label map", size, channels), scale, mirror, smooth)


def half(seed=0, size=32):
    return np.random.default_rng(seed).integers(0, 256, (size, size, 3), dtype=np.uint8)


def jittered(jitter, input_, target, position):
    made = jitter({"input": input_, "target": target}, jitter.places(position + 1, 7, 0)[position])
    return made["input"], made["target"]


def possible(picture, enlarged, crop):
    """All that nearest enlargement, a crop and a turn may make of a picture, by index arithmetic alone."""
    size = len(picture)
    # The middle of pixel i of the enlarged picture lies at (i + ½) · size / enlarged of the picture.
    source = ((np.arange(enlarged) + 0.5) * size / enlarged).astype(int)
    large = picture[source][:, source]
    for top in range(enlarged - crop + 1):
        for left in range(enlarged - crop + 1):
            part = large[top : top + crop, left : left + crop]
            yield (top, left, False), part
            yield (top, left, True), part[:, ::-1]


def recognised(pictures, original, enlarged):
    """Which crop and turn each of the pictures is."""
    found = []
    for picture in pictures:
        assert picture.dtype == np.uint8
        (what,) = (what for what, part in possible(original, enlarged, 32) if np.array_equal(part, picture))
        found.append(what)
    return found


def test_jitter_is_an_enlargement_a_crop_and_a_turn():
    """round(32 · 286/256) = 36: five offsets each way, and all of them and both turns are met, each about as often."""
    original = half()
    pictures = [jittered(jitter(), original, original, position)[0] for position in range(150)]
    places = recognised(pictures, original, 36)
    for axis, values in ((0, 5), (1, 5), (2, 2)):
        counts = np.unique([place[axis] for place in places], return_counts=True)[1]
        assert len(counts) == values and stats.chisquare(counts).pvalue > 1e-3
    assert len(set(places)) > 35  # of 50: the three are drawn independently


def test_crop_and_turn_are_drawn_independently():
    """An even number of offsets: a turn that followed from an offset's draw would leave half of the 32 out."""
    original = half()
    pictures = [jittered(jitter(scale=35 / 32), original, original, position)[0] for position in range(300)]
    assert len(set(recognised(pictures, original, 35))) == 4 * 4 * 2


def test_both_halves_are_jittered_alike():
    input_, target = half(0), half(1)
    for position in range(12):
        first, second = jittered(jitter(), input_, target, position)
        assert recognised([first], input_, 36) == recognised([second], target, 36)


def test_the_same_draw_is_the_same_picture():
    first, again, other = (jittered(jitter(), half(), half(1), position) for position in (3, 3, 4))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


def test_without_scale_and_mirror_pictures_stay_as_they_are():
    for position in range(4):
        first, second = jittered(jitter(scale=1, mirror=False), half(0), half(1), position)
        np.testing.assert_array_equal(first, half(0))
        np.testing.assert_array_equal(second, half(1))


def test_mirror_alone_turns_half_of_the_pairs_left_to_right():
    turned = 0
    for position in range(60):
        picture, _ = jittered(jitter(scale=1), half(), half(), position)
        assert np.array_equal(picture, half()) or np.array_equal(picture, half()[:, ::-1])
        turned += not np.array_equal(picture, half())
    assert 18 <= turned <= 42


def test_without_mirror_nothing_is_turned():
    pictures = [jittered(jitter(mirror=False), half(), half(), position)[0] for position in range(20)]
    assert not any(turned for *_, turned in recognised(pictures, half(), 36))


def test_nearest_keeps_the_colours_of_a_label_map_and_bicubic_does_not():
    labels = np.random.default_rng(0).choice(np.array([0, 255], np.uint8), (32, 32, 3))
    smooth, nearest = jittered(jitter(smooth=True), labels, labels, 0)
    assert set(np.unique(nearest)) == {0, 255}
    assert len(np.unique(smooth)) > 100


@pytest.mark.parametrize(("method", "levels"), [("nearest", 0), ("bicubic", 1.2)])
@pytest.mark.parametrize("size", [32, 256])
def test_a_part_is_what_tensorflow_cuts_out_of_the_enlarged_picture(method, levels, size):
    """Pillow rounds to whole levels, and cuts off what overshoots, along each axis: so a picture without extremes."""
    made = jitter(size=size, smooth=method == "bicubic")
    picture = half(size=size) // 2 + 64
    large = np.asarray(tf.image.resize(picture, made.enlarged, method))
    for place in made.places(8, 1, 0):
        part = large[place.top : place.top + size, place.left : place.left + size]
        expected = part[:, ::-1] if place.turned else part
        part = made({"input": picture, "target": picture}, place)["input"]
        assert np.abs(part - expected.astype(float)).max() <= levels


@pytest.mark.parametrize(("smooth", "levels"), [(False, 0), (True, 1.2)])
@pytest.mark.parametrize("channels", [1, 3, 4])
def test_sides_need_not_be_equal_nor_channels_three(channels, smooth, levels):
    """TensorFlow enlarges the whole picture, a plane a channel; the crop's offsets are drawn for each side."""
    made = jitter(size=(32, 64), smooth=smooth, channels=(channels, channels))
    assert made.enlarged == (36, 72)  # 64 · 286/256 = 71.5, to even
    picture = np.random.default_rng(0).integers(64, 192, (32, 64, channels), dtype=np.uint8)
    method = "bicubic" if smooth else "nearest"
    large = np.asarray(tf.image.resize(picture, made.enlarged, method), float)
    places = made.places(200, 1, 0)
    assert {place.top for place in places} == set(range(5)) and {place.left for place in places} == set(range(9))
    for place in places[:12]:
        part = large[place.top : place.top + 32, place.left : place.left + 64]
        found = made({"input": picture, "target": picture}, place)
        assert np.abs(found["input"] - (part[:, ::-1] if place.turned else part)).max() <= levels
        assert set(np.unique(found["target"])) <= set(np.unique(picture)), "a label map has no mixtures"


def test_a_class_stays_as_it_is():
    style, photo = Field("style", "class", 1, 1, 1), Field("target", "picture", 32, 32, 3)
    made = Jitter(Task((style, photo)), 1.2, True, False)
    found = made({"style": np.int32(7), "target": half()}, made.places(1, 0, 0)[0])
    assert found["style"] == 7 and found["target"].shape == (32, 32, 3)


def test_pictures_of_two_sizes_are_not_jittered_together():
    low, high = Field("input", "picture", 32, 32, 3), Field("target", "picture", 64, 64, 3)
    with pytest.raises(ValueError, match="too many values"):
        Jitter(Task((low, high)), 1.2, True, False).places(1, 0, 0)
