from collections import Counter

import pytest

from pix2pix.base.errors import DataError
from pix2pix.study.trials import Protocol, plan, protocol

PAIRS = [f"test/{number}" for number in range(1, 107)]
PAPERS = Protocol(10, 40, 1000)


def test_the_protocol_is_the_papers():
    assert protocol(50) == protocol(106) == PAPERS
    assert PAPERS.trials == 50


@pytest.mark.parametrize(("pairs", "practice", "scored"), [(49, 9, 40), (16, 3, 13), (10, 2, 8)])
def test_fewer_pairs_make_fewer_trials(pairs, practice, scored):
    assert protocol(pairs) == Protocol(practice, scored, 1000)


@pytest.mark.parametrize("pairs", [0, 1, 9])
def test_too_few_pairs_are_refused(pairs):
    with pytest.raises(DataError, match=rf"^{pairs} evaluated pairs?: a study needs at least 10"):
        protocol(pairs)


def test_nobody_sees_a_pair_twice_and_practice_comes_first():
    for participant in range(20):
        trials = plan(1, participant, PAIRS, PAPERS)
        assert [trial.number for trial in trials] == list(range(50))
        assert [trial.practice for trial in trials] == [True] * 10 + [False] * 40
        assert len({trial.pair for trial in trials}) == 50


def test_with_just_enough_pairs_everyone_sees_all():
    assert {trial.pair for trial in plan(1, 3, PAIRS[:50], PAPERS)} == set(PAIRS[:50])


def test_sides_and_orders_come_equally_often_in_the_scored_trials():
    for participant in range(20):
        trials = plan(1, participant, PAIRS, PAPERS)
        scored = Counter((trial.fake, trial.first) for trial in trials[10:])
        assert set(scored.values()) == {10} and len(scored) == 4
        assert Counter(trial.fake for trial in trials[:10]) == {"left": 5, "right": 5}


def test_where_and_when_pictures_come_cannot_be_told_from_the_trial():
    """Over many participants every trial has every side and order, and every pair is scored about equally often."""
    plans = [plan(1, participant, PAIRS, PAPERS) for participant in range(400)]
    for number in range(50):
        share = sum(each[number].fake == "left" for each in plans) / 400
        assert 0.4 < share < 0.6
        assert 0.4 < sum(each[number].first == "left" for each in plans) / 400 < 0.6
    shown = Counter(trial.pair for each in plans for trial in each[10:])
    assert len(shown) == 106
    # 151 of 400 are expected, with a standard deviation below 10.
    assert min(shown.values()) > 105 and max(shown.values()) < 200


def test_a_plan_follows_from_seed_and_participant_alone():
    first = plan(1, 0, PAIRS, PAPERS)
    assert plan(1, 0, list(reversed(PAIRS)), PAPERS) == first
    assert plan(1, 1, PAIRS, PAPERS) != first != plan(2, 0, PAIRS, PAPERS)


def test_a_plan_is_what_it_was():
    """Plans of studies that are under way must not change with a new version."""
    first, second, *_ = plan(42, 0, PAIRS, PAPERS)
    assert [(each.pair, each.fake, each.first) for each in (first, second)] == [
        ("test/73", "right", "left"),
        ("test/95", "right", "right"),
    ]
