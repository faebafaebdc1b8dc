from contextlib import closing

import pytest
from evaluated_workspace import make, recognised

from pix2pix.study.sessions import Answer, ForgedError, Sessions, UnknownError
from pix2pix.study.stimuli import Stimuli
from pix2pix.study.store import ConflictError, Store
from pix2pix.study.trials import Protocol

PROTOCOL = Protocol(2, 8, 1000)


class Clock:
    """Stands still until it is told."""

    now = 1_000_000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def store(tmp_path):
    with closing(Store(tmp_path / "study.db")) as store:
        yield store


@pytest.fixture
def sessions(tmp_path, store, clock):
    return Sessions(store, Stimuli(make(tmp_path / "workspace")), PROTOCOL, clock)


def fake_side(sessions, token, number):
    """Where the generated picture is, by its pixels; both are of one pair."""
    (pair, left), (same, right) = (recognised(sessions.picture(token, number, side)) for side in ("left", "right"))
    assert pair == same and {left, right} == {"generated", "real"}
    return "left" if left == "generated" else "right"


def play(sessions, clock, token, number, right=True, after=5.0):
    """See a trial and answer it; returns the feedback and where the generated picture was."""
    fake = fake_side(sessions, token, number)
    sessions.begin(token, number)
    clock.now += after
    other = "left" if fake == "right" else "right"
    return sessions.answer(token, number, Answer(fake if right else other, 1000, 1000, 1000)), fake


def test_a_session_from_its_start_to_its_end(sessions, clock):
    token = sessions.join()
    assert sessions.state(token) == {"next": 0, "interrupted": False}
    for number in range(10):
        said, fake = play(sessions, clock, token, number, right=number != 5)
        assert said == (fake if number < 2 else None)
    assert sessions.state(token) == {"next": 10, "interrupted": False, "answered": 8, "right": 7}
    with pytest.raises(ConflictError):
        sessions.begin(token, 10)
    with pytest.raises(UnknownError):
        sessions.picture(token, 10, "left")


def test_pictures_are_had_before_their_trial_and_never_after(sessions):
    token = sessions.join()
    with pytest.raises(UnknownError):
        sessions.picture(token, 1, "left")
    sessions.picture(token, 0, "left")
    sessions.begin(token, 0)
    with pytest.raises(UnknownError):
        sessions.picture(token, 0, "left")
    sessions.picture(token, 1, "left")


def test_a_trial_that_was_left_is_not_shown_again(sessions, clock):
    token = sessions.join()
    play(sessions, clock, token, 0)
    sessions.begin(token, 1)
    assert sessions.state(token) == {"next": 2, "interrupted": True}
    with pytest.raises(ConflictError):
        sessions.begin(token, 1)
    play(sessions, clock, token, 2)
    assert sessions.state(token) == {"next": 3, "interrupted": False}
    clock.now += 60
    with pytest.raises(ConflictError):
        sessions.answer(token, 1, Answer("left", 1000, 1000, 0))


def test_another_window_may_still_answer_what_was_shown_last(sessions, clock):
    token = sessions.join()
    sessions.begin(token, 0)
    assert sessions.state(token)["interrupted"]
    clock.now += 5
    assert sessions.answer(token, 0, Answer("left", 1000, 1000, 0))
    assert not sessions.state(token)["interrupted"]


@pytest.mark.parametrize("after", [0, 0.5, 1.999])
def test_an_answer_before_the_pictures_can_have_been_shown(sessions, clock, after):
    token = sessions.join()
    sessions.begin(token, 0)
    clock.now += after
    with pytest.raises(ForgedError, match="before both pictures can have been shown"):
        sessions.answer(token, 0, Answer("left", 0, 0, 0))
    clock.now += 3
    assert sessions.answer(token, 0, Answer("left", 1000, 1000, 500))


@pytest.mark.parametrize("said", [(5200, 0, 0), (0, 5200, 0), (0, 0, 5200), (1000, 1000, 3200), (1e308, 1e308, 0)])
def test_an_answer_of_more_time_than_has_passed(sessions, clock, said):
    token = sessions.join()
    sessions.begin(token, 0)
    clock.now += 5
    with pytest.raises(ForgedError, match="more time than has passed"):
        sessions.answer(token, 0, Answer("left", *said))


def test_a_page_whose_clock_runs_a_little_fast_is_believed(sessions, clock):
    token = sessions.join()
    sessions.begin(token, 0)
    clock.now += 5
    assert sessions.answer(token, 0, Answer("left", 1000, 1000, 3050))


@pytest.mark.parametrize("token", ["", "x", "é" * 40, "' OR 1=1 --"])
def test_strangers(sessions, token):
    for attempt in (
        lambda: sessions.state(token),
        lambda: sessions.picture(token, 0, "left"),
        lambda: sessions.begin(token, 0),
        lambda: sessions.answer(token, 0, Answer("left", 1000, 1000, 0)),
    ):
        with pytest.raises(UnknownError):
            attempt()


def test_a_participant_of_another_models_study_is_a_stranger(sessions, store, tmp_path, clock):
    other = Sessions(store, Stimuli(make(tmp_path / "b", fingerprint="f" * 16, seed=1)), PROTOCOL, clock)
    with pytest.raises(UnknownError):
        other.state(sessions.join())


def test_a_participants_plan_outlives_the_server(sessions, store, tmp_path, clock):
    token = sessions.join()
    again = Sessions(store, Stimuli(tmp_path / "workspace"), PROTOCOL, clock)
    assert again.picture(token, 0, "left") == sessions.picture(token, 0, "left")
    assert again.begin(token, 0) in ("left", "right")
    assert sessions.state(token)["next"] == 1
