import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from pix2pix.data.order import shuffled, windows


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


@pytest.mark.parametrize(
    ("count", "batch_size", "longest", "every", "skip", "expected"),
    [
        (400, 1, 20, 100, 390, [(390, 400)]),
        (7, 1, 1, 100, 4, [(4, 5), (5, 6), (6, 7)]),
        (10, 1, 4, 100, 0, [(0, 4), (4, 8), (8, 10)]),
        (10, 1, 4, 5, 0, [(0, 4), (4, 5), (5, 8), (8, 10)]),  # something to do after 5 batches
        (10, 1, 4, 5, 4, [(4, 5), (5, 8), (8, 10)]),  # a run that resumes after the first of these
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
