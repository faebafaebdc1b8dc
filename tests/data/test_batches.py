import os
import re
import subprocess
import sys
import tempfile

import numpy as np
import pytest
import tensorflow as tf
from conftest import CHECKOUT
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from pix2pix.data.batches import Jitter, epoch_batches, plain, shuffled, windows
from pix2pix.data.tasks import Task

LEFT_IS_INPUT = Task(input_is_left=True, input_is_label=False, target_is_label=True)
RIGHT_IS_INPUT = Task(input_is_left=False, input_is_label=True, target_is_label=False)


@given(st.integers(1, 60), st.integers(1, 80), st.integers(0, 2**31 - 1), st.integers(0, 300))
def test_an_order_is_a_permutation_within_the_reach_of_the_buffer(count, buffer_size, seed, epoch):
    """Element i enters the buffer when i - buffer_size + 1 others have left it."""
    order = shuffled(count, buffer_size, seed, epoch)
    assert sorted(order.tolist()) == list(range(count))
    positions = np.argsort(order)
    assert (positions >= np.arange(count) - buffer_size + 1).all()
    np.testing.assert_array_equal(order, shuffled(count, buffer_size, seed, epoch))


@given(st.integers(1, 50), st.integers(0, 100), st.integers(0, 100))
def test_a_buffer_of_one_is_file_order(count, seed, epoch):
    assert shuffled(count, 1, seed, epoch).tolist() == list(range(count))


def test_a_small_buffer_reaches_as_far_as_it_can():
    """With a buffer of 3, the first place is taken by 0, 1 or 2, each as often."""
    firsts = [shuffled(10, 3, seed, 0)[0] for seed in range(600)]
    assert set(firsts) == {0, 1, 2}
    assert stats.chisquare(np.bincount(firsts)).pvalue > 1e-3
    # An element may wait in the buffer to the very end.
    assert max(int(np.argwhere(shuffled(10, 3, seed, 0) == 0)[0, 0]) for seed in range(600)) >= 8


@pytest.mark.parametrize("buffer_size", [5, 400])
def test_a_full_buffer_shuffles_uniformly(buffer_size):
    """Every element as often in every place, and all 120 orders as often."""
    orders = np.array([shuffled(5, buffer_size, seed, seed % 7) for seed in range(2400)])
    for place in range(5):
        assert stats.chisquare(np.bincount(orders[:, place], minlength=5)).pvalue > 1e-4
    _, counts = np.unique(orders, axis=0, return_counts=True)
    assert len(counts) == 120 and stats.chisquare(counts).pvalue > 1e-4


def test_epochs_and_seeds_have_orders_of_their_own():
    orders = {tuple(shuffled(50, 50, seed, epoch)) for seed in range(5) for epoch in range(5)}
    assert len(orders) == 25


def jitter(size=32, scale=286 / 256, mirror=True, smooth=False):
    return Jitter(size, scale, mirror, smooth_input=smooth, smooth_target=False)


def half(seed=0, size=32):
    return np.random.default_rng(seed).integers(0, 256, (size, size, 3), dtype=np.uint8)


def jittered(jitter, input_, target, position):
    return jitter(input_, target, jitter.places(position + 1, 7, 0)[position])


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
    large = np.asarray(tf.image.resize(picture, [made.enlarged] * 2, method))
    for place in made.places(8, 1, 0):
        part = large[place.top : place.top + size, place.left : place.left + size]
        expected = part[:, ::-1] if place.turned else part
        assert np.abs(made(picture, picture, place)[0] - expected.astype(float)).max() <= levels


def batches(pairs, task=LEFT_IS_INPUT, jitter=None, batch_size=2, buffer_size=400, seed=0, epoch=0, skip=0):
    jitter = jitter or Jitter(32, 1, False, False, False)
    wanted = windows(len(pairs), batch_size, 1, len(pairs), skip)
    found = epoch_batches(pairs, task, jitter, batch_size, buffer_size, seed, epoch, wanted)
    return [(np.asarray(inputs)[0], np.asarray(targets)[0]) for inputs, targets in found]


def test_batches_hold_the_pairs_in_order_and_the_last_one_the_rest(pairs):
    found = batches(pairs, seed=9, epoch=2)
    assert [len(input_) for input_, _ in found] == [2, 2, 1]
    order = shuffled(5, 400, 9, 2)
    for number, half_ in enumerate(zip(*found, strict=True)):
        np.testing.assert_array_equal(np.concatenate(half_), [pairs[index][number] for index in order])
        assert half_[0].dtype == np.uint8


@pytest.mark.parametrize(("task", "halves"), [(LEFT_IS_INPUT, (0, 1)), (RIGHT_IS_INPUT, (1, 0))])
def test_the_task_says_which_half_is_the_input(pairs, task, halves):
    ((input_, target), *_) = batches(pairs, task, buffer_size=1)
    np.testing.assert_array_equal(input_, [pair[halves[0]] for pair in pairs[:2]])
    np.testing.assert_array_equal(target, [pair[halves[1]] for pair in pairs[:2]])


def test_batches_are_the_same_every_time_and_others_in_every_epoch_and_seed(pairs):
    def first_of(**changes):
        return np.concatenate([input_ for input_, _ in batches(pairs, jitter=jitter(), buffer_size=1, **changes)])

    expected = first_of(epoch=1)
    for _ in range(3):  # threads race anew each time
        np.testing.assert_array_equal(first_of(epoch=1), expected)
    np.testing.assert_array_equal(first_of(epoch=1, batch_size=5), expected)
    for other in ({"epoch": 0}, {"epoch": 2}, {"epoch": 1, "seed": 1}):
        assert not np.array_equal(first_of(**other), expected)


@pytest.mark.parametrize(("batch_size", "sizes"), [(1, [1] * 5), (2, [2, 2, 1]), (3, [3, 2]), (5, [5]), (7, [5])])
def test_skipped_batches_leave_the_others_as_they_are(pairs, batch_size, sizes):
    options = {"jitter": jitter(), "batch_size": batch_size, "buffer_size": 3, "seed": 4, "epoch": 3}
    whole = batches(pairs, **options)
    assert [len(input_) for input_, _ in whole] == sizes
    for skip in range(len(sizes) + 1):
        rest = batches(pairs, **options, skip=skip)
        assert len(rest) == len(sizes) - skip
        for found, expected in zip(rest, whole[skip:], strict=True):
            assert [half_.tobytes() for half_ in found] == [half_.tobytes() for half_ in expected]


@pytest.mark.parametrize(
    ("count", "batch_size", "longest", "every", "skip", "expected"),
    [
        (400, 1, 20, 100, 390, [(390, 400)]),
        (7, 1, 1, 100, 4, [(4, 5), (5, 6), (6, 7)]),
        (10, 1, 4, 100, 0, [(0, 4), (4, 8), (8, 10)]),
        (10, 1, 4, 5, 0, [(0, 4), (4, 5), (5, 8), (8, 10)]),  # something to do after 5 batches
        (10, 1, 4, 5, 4, [(4, 5), (5, 8), (8, 10)]),  # a run that goes on after the first of these
        (11, 2, 4, 100, 0, [(0, 4), (4, 5), (5, 6)]),  # the last batch is of one pair
        (3, 4, 20, 100, 0, [(0, 1)]),
        (8, 4, 20, 100, 2, []),
    ],
)
def test_windows(count, batch_size, longest, every, skip, expected):
    assert [(window.start, window.stop) for window in windows(count, batch_size, longest, every, skip)] == expected


@given(st.integers(1, 50), st.integers(1, 9), st.integers(1, 9), st.integers(1, 9), st.data())
def test_a_run_that_goes_on_after_a_window_has_the_windows_it_would_have_had(count, batch_size, longest, every, data):
    whole = windows(count, batch_size, longest, every)
    assert [number for window in whole for number in window] == list(range(-(-count // batch_size)))
    assert max(map(len, whole)) <= longest
    place = data.draw(st.integers(0, len(whole) - 1))
    assert windows(count, batch_size, longest, every, whole[place].start) == whole[place:]


def test_batches_are_the_same_in_windows(pairs):
    options = {"jitter": jitter(), "buffer_size": 3, "seed": 4, "epoch": 3}
    alone = batches(pairs, **options)
    wanted = windows(5, 2, 9, 9)
    found = list(epoch_batches(pairs, LEFT_IS_INPUT, jitter(), 2, 3, 4, 3, wanted))
    assert [inputs.shape for inputs, _ in found] == [(2, 2, 32, 32, 3), (1, 1, 32, 32, 3)]
    together = [batch for window in found for batch in zip(*window, strict=True)]
    for ours, expected in zip(together, alone, strict=True):
        assert [half_.numpy().tobytes() for half_ in ours] == [half_.tobytes() for half_ in expected]


def test_the_number_of_threads_changes_no_bit(pairs):
    """TensorFlow's threads are chosen once a process: each number in one of its own."""
    code = (
        "import sys, hashlib, numpy as np, tensorflow as tf\n"
        "tf.config.threading.set_intra_op_parallelism_threads(int(sys.argv[1]))\n"
        "tf.config.threading.set_inter_op_parallelism_threads(int(sys.argv[1]))\n"
        "from pix2pix.data.batches import Jitter, epoch_batches, windows\n"
        "from pix2pix.data.tasks import Task\n"
        "pairs = np.load(sys.argv[2])\n"
        "jitter, digest = Jitter(32, 286 / 256, True, True, False), hashlib.sha256()\n"
        "for epoch in range(3):\n"
        "    wanted = windows(len(pairs), 3, 2, 99, epoch)\n"
        "    for batch in epoch_batches(pairs, Task(True, False, True), jitter, 3, 20, 1, epoch, wanted):\n"
        "        for half in batch: digest.update(half.numpy().tobytes())\n"
        "print(digest.hexdigest())"
    )
    with tempfile.NamedTemporaryFile(suffix=".npy") as file:
        np.save(file, np.tile(np.array(pairs), (8, 1, 1, 1, 1)))
        file.flush()
        environment = os.environ | {"PYTHONPATH": str(CHECKOUT / "src")}
        running = [
            subprocess.Popen([sys.executable, "-c", code, threads, file.name], env=environment, stdout=subprocess.PIPE)
            for threads in ("1", "4")
        ]
        first, second = [process.communicate()[0].decode() for process in running]
    assert re.fullmatch(r"[0-9a-f]{64}\n", first) and first == second


def test_pairs_of_one_epoch_are_jittered_each_for_itself():
    pair = (half(), half())
    found = batches([pair] * 12, jitter=jitter(), batch_size=12)
    assert len(set(recognised(found[0][0], half(), 36))) > 6


def test_plain_pairs(pairs):
    assert len(list(plain(pairs, LEFT_IS_INPUT))) == 5
    assert len(list(plain(pairs, LEFT_IS_INPUT, 3))) == 3
    assert len(list(plain(pairs, LEFT_IS_INPUT, 99))) == 5
    for task, halves in ((LEFT_IS_INPUT, (0, 1)), (RIGHT_IS_INPUT, (1, 0))):
        for number, (input_, target) in enumerate(plain(pairs, task)):
            np.testing.assert_array_equal(input_, pairs[number][halves[0]])
            np.testing.assert_array_equal(target, pairs[number][halves[1]])
            assert input_.dtype == np.uint8
