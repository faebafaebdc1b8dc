import csv
import io
import itertools
import json

import numpy as np
import pytest
from scipy import stats

from pix2pix.study.result import as_json, result, shown
from pix2pix.study.store import Showing, Study
from pix2pix.study.trials import Protocol

STUDY = Study(1, "a" * 16, "b" * 64, Protocol(2, 4, 1000), seed=7)


def row(participant, trial, fooled, pair=None, exposures=(1000.0, 1000.0)):
    """One trial; `fooled` None is one without an answer. The generated picture is left in every other one."""
    fake, real = ("left", "right") if trial % 2 else ("right", "left")
    chosen = None if fooled is None else real if fooled else fake
    told = (exposures, 500.0) if chosen else (None, None)
    return Showing(participant, trial, pair or f"test/{trial}", fake, trial < 2, 100.0 + trial, chosen, *told)


def session(participant, fooled, practice=(True, True)):
    """A whole one: whether the scored trials fooled."""
    return [row(participant, trial, each) for trial, each in enumerate([*practice, *fooled])]


def test_the_share_of_the_real_pictures_taken_for_generated_ones():
    """Of 8 scored trials 1 and 3 fooled; practice does not count."""
    found = result(STUDY, [*session(1, [True, False, False, False]), *session(2, [True, True, True, False])])
    assert found.fooled == 4 / 8
    assert (found.participants, found.unfinished, found.trials) == (2, 0, 8)
    assert (found.interrupted, found.mistimed, found.answer_s) == (0, 0, 0.5)
    assert (found.fooled_low, found.fooled_high) == (None, None)


def test_who_is_always_right_is_never_fooled_and_the_other_way_round():
    assert result(STUDY, session(1, [False] * 4)).fooled == 0
    assert result(STUDY, session(1, [True] * 4)).fooled == 1


def test_participants_are_the_sample_and_not_trials():
    """Participants who agree with themselves and not with each other: trials alone would promise too much."""
    rows = [each for person in range(20) for each in session(person, [person % 2 == 0] * 4)]
    found = result(STUDY, rows)
    people = 1.0 * (np.arange(20) % 2 == 0)
    low, high = stats.ttest_1samp(people, 0).confidence_interval()
    assert (found.fooled, found.fooled_low, found.fooled_high) == pytest.approx((0.5, low, high))
    trials = stats.ttest_1samp(np.repeat(people, 4), 0).confidence_interval()
    assert found.fooled_high - found.fooled_low > 1.5 * (trials.high - trials.low)


@pytest.mark.parametrize("people", [1, 2, 4])
def test_few_participants_have_no_interval(people):
    rows = [each for person in range(people) for each in session(person, [True, person > 0, False, False])]
    found = result(STUDY, rows)
    assert (found.fooled_low, found.fooled_high) == (None, None)
    assert found.scores() == {"study_fooled": found.fooled, "study_participants": people}
    assert f"too few participants ({people}): no interval" in shown([found])


@pytest.mark.parametrize("fooled", [True, False])
def test_participants_who_are_all_alike_tell_of_no_spread(fooled):
    """Nobody of five was fooled: the next one may be, so [0, 0] would be wrong."""
    found = result(STUDY, [each for person in range(5) for each in session(person, [fooled] * 4)])
    assert (found.fooled, found.fooled_low, found.fooled_high) == (fooled, None, None)
    assert "all participants alike: no interval" in shown([found])


def test_a_share_is_never_above_1():
    rows = [each for person in range(6) for each in session(person, [True, True, True, person > 0])]
    found = result(STUDY, rows)
    assert 0.8 < found.fooled_low < found.fooled < found.fooled_high == 1


def test_who_did_not_reach_the_end_does_not_count():
    found = result(STUDY, [*session(1, [False] * 4), *session(2, [True] * 4)[:-1], row(3, 0, None)])
    assert (found.fooled, found.participants, found.unfinished, found.trials) == (0, 1, 2, 4)


def test_trials_without_an_answer_are_left_out_and_counted():
    found = result(STUDY, [*session(1, [True, None, False, False]), *session(2, [None, None, True, True])])
    assert (found.trials, found.fooled, found.interrupted) == (5, 3 / 5, 3)


@pytest.mark.parametrize(
    ("exposures", "counts"),
    [
        ((1000, 1000), True), ((900, 1100), True), ((983.3, 1016.7), True),
        ((899, 1000), False), ((1000, 899), False), ((1000, 1101), False), ((0, 0), False), ((61_000, 1000), False),
    ],
)  # fmt: skip
def test_a_picture_that_was_not_shown_for_a_second_does_not_count(exposures, counts):
    rows = session(1, [False, False, False, True])
    rows[-1] = row(1, 5, True, exposures=exposures)
    found = result(STUDY, rows)
    assert (found.trials, found.mistimed, found.fooled) == ((4, 0, 1 / 4) if counts else (3, 1, 0))


def test_who_has_no_trial_that_counts_is_no_participant():
    found = result(STUDY, session(1, [None] * 4))
    assert (found.participants, found.trials, found.fooled, found.answer_s) == (0, 0, None, None)
    assert found.scores() == {"study_participants": 0.0}


def test_nobody_yet():
    found = result(STUDY, [])
    assert (found.participants, found.fooled, found.images) == (0, None, [])
    assert found.table() == "pair,trials,fooled,share\n"
    assert shown([found])


def test_each_picture_has_its_own_share():
    def told(participant, *trials):
        return [*session(participant, [])[:2], *(row(participant, 2 + i, *each) for i, each in enumerate(trials))]

    rows = [
        *told(1, (True, "test/10"), (True, "test/2"), (False, "test/3"), (True, "test/4")),
        *told(2, (True, "test/10"), (False, "test/2"), (False, "test/3"), (True, "test/9")),
    ]
    found = list(csv.DictReader(io.StringIO(result(STUDY, rows).table())))
    assert [(each["pair"], each["trials"], each["fooled"], each["share"]) for each in found] == [
        ("test/10", "2", "2", "1"), ("test/4", "1", "1", "1"), ("test/9", "1", "1", "1"),
        ("test/2", "2", "1", "0.5"), ("test/3", "2", "0", "0"),
    ]  # fmt: skip


def test_the_order_of_the_rows_of_different_people_does_not_matter():
    one, two = session(1, [True, False, False, False]), session(2, [True, True, True, False])
    mixed = [each for both in itertools.zip_longest(one, two) for each in both]
    assert result(STUDY, mixed) == result(STUDY, one + two)


def test_what_is_written_and_printed():
    found = result(STUDY, [*session(1, [True, False, False, None]), *session(2, [True, True, True, False])])
    (told,) = json.loads(json.dumps(as_json([found]), allow_nan=False))["studies"]
    assert told["fingerprint"] == "a" * 16 and told["fooled"] == 4 / 7 and len(told["images"]) == 4
    heads, figures, words = shown([found]).splitlines()
    assert heads.split()[:2] == ["model", "fooled"] and words.startswith("fooled: ")
    assert figures.split() == [
        "a" * 16, "57.1%", "too", "few", "participants", "(2):", "no", "interval", "2", "0", "7", "1", "0",
    ]  # fmt: skip


def test_mlflow_is_told_of_the_figures():
    found = result(STUDY, [each for person in range(6) for each in session(person, [person % 2 == 0, True] * 2)])
    assert found.scores() == {
        "study_fooled": 0.75, "study_fooled_low": found.fooled_low, "study_fooled_high": found.fooled_high,
        "study_participants": 6.0,
    }  # fmt: skip
