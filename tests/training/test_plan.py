from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pix2pix.training.plan import Plan

PLAN = Plan(
    examples=5,
    batch_size=2,
    constant_epochs=7,
    decay_epochs=4,
    log_every=100,
    checkpoint_epochs=5,
    keep_checkpoints=2,
    checkpoint_minutes=10.0,
)


def test_how_long_it_is():
    assert (PLAN.epochs, PLAN.steps_an_epoch, PLAN.steps) == (11, 3, 33)
    assert replace(PLAN, examples=6).steps_an_epoch == 3


def test_what_is_kept_is_every_so_many_epochs_the_one_before_the_decay_and_the_last():
    assert [epoch for epoch in range(1, 12) if PLAN.keeps(epoch)] == [5, 7, 10, 11]
    assert [epoch for epoch in range(1, 8) if replace(PLAN, decay_epochs=0).keeps(epoch)] == [5, 7]


@pytest.mark.parametrize(
    ("examples", "batch_size", "longest", "log_every", "skip", "expected"),
    [
        (8, 1, 3, 100, 0, [(0, 3), (3, 6), (6, 8)]),
        (8, 1, 3, 4, 0, [(0, 3), (3, 4), (4, 6), (6, 8)]),
        (5, 2, 20, 100, 0, [(0, 2), (2, 3)]),  # the last batch is a small one
        (5, 2, 20, 100, 2, [(2, 3)]),
        (8, 4, 20, 100, 0, [(0, 2)]),
        (8, 4, 20, 100, 2, []),
        (8, 1, 3, 100, 1, [(1, 3), (3, 6), (6, 8)]),
    ],
)
def test_windows(examples, batch_size, longest, log_every, skip, expected):
    plan = replace(PLAN, examples=examples, batch_size=batch_size, log_every=log_every)
    assert [(window.start, window.stop) for window in plan.windows(longest, skip)] == expected


@given(st.integers(1, 50), st.integers(1, 9), st.integers(1, 9), st.integers(1, 9), st.data())
def test_a_run_that_goes_on_after_a_window_has_the_windows_it_would_have_had(examples, size, longest, log_every, data):
    plan = replace(PLAN, examples=examples, batch_size=size, log_every=log_every)
    whole = plan.windows(longest)
    assert [number for window in whole for number in window] == list(range(plan.steps_an_epoch))
    assert max(map(len, whole)) <= longest
    place = data.draw(st.integers(0, len(whole) - 1))
    assert plan.windows(longest, whole[place].start) == whole[place:]
