"""A training and the search that runs it, each at its end of the socket."""

import signal
import socket
import tempfile
import threading
import time

import pytest

from pix2pix.base.errors import UserError
from pix2pix.pipeline.search import umpire
from pix2pix.training import trial

ROW = {"epoch": 1, "validation_l1": 0.5}


def never():
    return None


@pytest.fixture
def asked(monkeypatch):
    """Connect to a search that ends a training as a function says; gives what it was told, and the tags."""

    def connect(ends):
        told, tags = [], {}

        def judge(row):
            told.append(row)
            return trial.PRUNE if ends(row) else trial.GO_ON

        return told, tags, umpire.listening(judge)

    monkeypatch.delenv(trial.SEARCH, raising=False)
    return connect


def test_the_search_gets_the_figures_of_epochs_and_lets_the_training_go_on(asked, monkeypatch):
    told, tags, listening = asked(lambda _: False)
    with listening as address:
        monkeypatch.setenv(trial.SEARCH, address)
        with trial.asking("f" * 16, never, tags.update) as ((follower,), stop):
            follower.metrics({"epoch": 0.5, "step": 3, "generator_l1": 1.0}, 3)
            follower.metrics(ROW, 1)
            follower.sample(None, 1)
            follower.metrics({**ROW, "epoch": 2.0}, 2)
            assert stop() is None
    assert told == [{**ROW, "fingerprint": "f" * 16}, {**ROW, "epoch": 2, "fingerprint": "f" * 16}]
    assert tags == {}


def test_a_pruned_training_stops_and_asks_no_more(asked, monkeypatch, capsys):
    told, tags, listening = asked(lambda row: row["epoch"] == 2)
    with listening as address:
        monkeypatch.setenv(trial.SEARCH, address)
        with trial.asking("f" * 16, never, tags.update) as ((follower,), stop):
            for epoch in (1, 2, 3):
                follower.metrics({**ROW, "epoch": epoch}, epoch)
            assert stop() is signal.SIGTERM
    assert len(told) == 2 and tags == {"pruned": "after epoch 2"}
    assert capsys.readouterr().out == "the search prunes this trial after epoch 2\n"


def test_a_person_who_stops_it_comes_first(asked, monkeypatch):
    _, tags, listening = asked(lambda _: True)
    with listening as address:
        monkeypatch.setenv(trial.SEARCH, address)
        with trial.asking("f" * 16, lambda: signal.SIGINT, tags.update) as ((follower,), stop):
            follower.metrics(ROW, 1)
            assert stop() is signal.SIGINT


def test_a_training_whose_search_has_died_stops(capsys):
    here, there = socket.socketpair()
    with here, here.makefile() as answers:
        follower = trial.Trial(here, answers, "f" * 16, never, lambda _: pytest.fail("it is not pruned"))
        there.close()
        follower.metrics(ROW, 1)
        assert follower.stop() is signal.SIGTERM
    assert capsys.readouterr().out == "the search that runs this trial has died\n"


def test_a_training_whose_trial_another_worker_has_taken_stops_and_is_not_pruned(monkeypatch, capsys):
    with umpire.listening(lambda _: trial.TAKEN) as address:
        monkeypatch.setenv(trial.SEARCH, address)
        with trial.asking("f" * 16, never, lambda _: pytest.fail("it is not pruned")) as ((follower,), stop):
            follower.metrics(ROW, 1)
            assert stop() is signal.SIGTERM
    assert capsys.readouterr().out == "another worker of the search tries the values of this trial again\n"


def test_a_search_that_has_died_before_a_training_is_a_line(monkeypatch, tmp_path):
    monkeypatch.setenv(trial.SEARCH, str(tmp_path / "socket"))
    with pytest.raises(UserError, match=r"^the search that runs this trial has died$"):
        trial.asking("f" * 16, never, pytest.fail).__enter__()


def test_a_long_name_of_the_folder_for_temporary_files_is_no_fault(monkeypatch, tmp_path):
    long = tmp_path / ("a" * 100)
    long.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(long))
    with umpire.listening(lambda _: trial.GO_ON) as address:
        monkeypatch.setenv(trial.SEARCH, address)
        with trial.asking("f" * 16, never, pytest.fail) as ((follower,), stop):
            follower.metrics(ROW, 1)
            assert stop() is None


def test_a_training_of_no_search_asks_nobody(monkeypatch):
    monkeypatch.delenv(trial.SEARCH, raising=False)
    with trial.asking("f" * 16, never, pytest.fail) as (followers, stop):
        assert followers == () and stop is never


def test_several_trainings_of_one_trial_are_answered_one_after_the_other(asked, monkeypatch):
    """The segmenter is trained before the generator."""
    told, tags, listening = asked(lambda _: False)
    with listening as address:
        monkeypatch.setenv(trial.SEARCH, address)
        for fingerprint in ("a", "b"):
            with trial.asking(fingerprint, never, tags.update) as ((follower,), _):
                follower.metrics(ROW, 1)
    assert [row["fingerprint"] for row in told] == ["a", "b"]


def test_a_training_that_outlives_its_search_stops_at_the_next_epoch(asked, monkeypatch):
    """The search was stopped; it waits until the training has saved."""
    told, tags, listening = asked(lambda _: False)
    begun, stops = threading.Event(), []

    def train():
        with trial.asking("f" * 16, never, tags.update) as ((follower,), stop):
            while stop() is None:
                follower.metrics(ROW, 1)
                begun.set()
                time.sleep(0.01)
            stops.append(stop())

    with listening as address:
        monkeypatch.setenv(trial.SEARCH, address)
        training = threading.Thread(target=train)
        training.start()
        begun.wait()
    training.join()
    assert stops == [signal.SIGTERM] and told and tags == {}
