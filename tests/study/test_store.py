import hashlib
import re
import sqlite3
import threading
from contextlib import closing

import pytest

from pix2pix.base.errors import UserError
from pix2pix.study.store import VERSION, ConflictError, Store
from pix2pix.study.trials import Protocol, Trial

PROTOCOL = Protocol(2, 8, 1000)
OPENING = r"study.db: cannot be opened \(unable to open database file\); its folder has to exist, .* write there$"
LOCKED = r"study.db: cannot be used \(database is locked\); .*end the program that locks it$"
TRIALS = [Trial(number, f"test/{number}", "left", "right", number < 2) for number in range(10)]


@pytest.fixture
def path(tmp_path):
    return tmp_path / "home/study.db"


@pytest.fixture
def store(path):
    with closing(Store(path)) as store:
        yield store


@pytest.fixture
def study(store):
    return store.study("a" * 16, "b" * 64, PROTOCOL)


def joined(store, study):
    return store.participant(study, store.join(study))


def answer(store, participant, trial, chosen="left"):
    store.answer(participant, trial, chosen, (1000.5, 999.25), 640.0)


def test_what_is_answered_is_there_at_once_for_everybody(store, study, path):
    someone = joined(store, study)
    store.show(someone, TRIALS[0], 100.0)
    answer(store, someone, 0, "right")
    store.show(someone, TRIALS[1], 105.5)
    # As after a kill: nobody closed the first one.
    with closing(Store(path)) as other:
        first, second = other.all_showings(study)
        assert other.studies() == [study]
    assert (first.participant, first.trial, first.pair, first.fake) == (someone.id, 0, "test/0", "left")
    assert (first.practice, first.begun, first.chosen) == (True, 100.0, "right")
    assert (first.exposures_ms, first.took_ms) == ((1000.5, 999.25), 640.0)
    assert (second.begun, second.chosen, second.exposures_ms, second.took_ms) == (105.5, None, None, None)


def test_a_study_is_found_again_with_its_seed(store, study):
    assert store.study("a" * 16, "b" * 64, PROTOCOL) == study
    others = [
        store.study("c" * 16, "d" * 64, PROTOCOL),
        store.study("a" * 16, "e" * 64, PROTOCOL),
        store.study("a" * 16, "b" * 64, Protocol(10, 40, 1000)),
    ]
    assert store.studies() == [study, *others]
    assert len({each.seed for each in [study, *others]}) == 4


def test_pictures_of_one_model_are_not_taken_for_anothers(store, study):
    with pytest.raises(UserError, match=f"^these pictures are those of the model {'a' * 16}, which people judged"):
        store.study("c" * 16, "b" * 64, PROTOCOL)
    assert store.studies() == [study]


def test_participants_are_numbered_within_their_study(store, study):
    other = store.study("c" * 16, "d" * 64, PROTOCOL)
    tokens = [store.join(each) for each in (study, other, study, study)]
    found = [store.participant(study, token) for token in tokens]
    assert [each and each.number for each in found] == [0, None, 1, 2]
    assert store.participant(study, "") is None
    assert store.participant(study, "' OR 1 --") is None


def test_a_token_is_long_and_only_its_hash_is_stored(store, study, path):
    tokens = {store.join(study) for _ in range(50)}
    assert len(tokens) == 50 and all(re.fullmatch(r"[\w-]{32}", token) for token in tokens)
    content = b"".join(file.read_bytes() for file in path.parent.iterdir())
    for token in tokens:
        assert token.encode() not in content
        assert hashlib.sha256(token.encode()).hexdigest().encode() in content


def test_trials_are_shown_in_turn_and_once(store, study):
    someone, other = joined(store, study), joined(store, study)
    with pytest.raises(ConflictError, match="trial 1 is not the next one, 0 is"):
        store.show(someone, TRIALS[1], 0.0)
    store.show(someone, TRIALS[0], 0.0)
    with pytest.raises(ConflictError):
        store.show(someone, TRIALS[0], 0.0)
    store.show(other, TRIALS[0], 0.0)
    assert [len(store.showings(each)) for each in (someone, other)] == [1, 1]


def test_the_first_answer_stands(store, study):
    someone = joined(store, study)
    store.show(someone, TRIALS[0], 0.0)
    answer(store, someone, 0, "right")
    with pytest.raises(ConflictError, match="the first one stands"):
        answer(store, someone, 0, "left")
    assert [row.chosen for row in store.showings(someone)] == ["right"]


def test_only_the_trial_that_was_shown_last_is_answered(store, study):
    someone = joined(store, study)
    for trial in (-1, 0, 1):
        with pytest.raises(ConflictError):
            answer(store, someone, trial)
    store.show(someone, TRIALS[0], 0.0)
    store.show(someone, TRIALS[1], 0.0)
    with pytest.raises(ConflictError):
        answer(store, someone, 0)
    answer(store, someone, 1)
    assert [row.chosen for row in store.showings(someone)] == [None, "left"]


def test_the_schema_itself_holds_once_and_known_sides(store, study, path):
    someone = joined(store, study)
    store.show(someone, TRIALS[0], 0.0)
    answer(store, someone, 0)
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA foreign_keys = ON")
        for words in (
            "INSERT INTO answer SELECT * FROM answer",
            "INSERT INTO showing SELECT * FROM showing",
            "INSERT INTO answer VALUES (1, 7, 'left', 1, 1, 1)",
            "UPDATE answer SET chosen = 'both'",
        ):
            with pytest.raises(sqlite3.IntegrityError):
                db.execute(words)


def test_of_many_answers_at_once_one_is_taken(store, study, path):
    someone = joined(store, study)
    store.show(someone, TRIALS[0], 0.0)
    taken, refused, ready = [], [], threading.Barrier(16)

    def say(number):
        side = "left" if number % 2 else "right"
        with closing(Store(path)) as own:  # half of them through a connection of their own, as another process has
            ready.wait()
            try:
                answer(own if number < 8 else store, someone, 0, side)
                taken.append(side)
            except ConflictError:
                refused.append(side)

    threads = [threading.Thread(target=say, args=(number,)) for number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(taken) == 1 and len(refused) == 15
    assert [row.chosen for row in store.showings(someone)] == taken


def test_what_fails_half_way_leaves_nothing(store, study):
    with pytest.raises(ZeroDivisionError), store._writing() as db:
        db.execute("INSERT INTO participant (study, number, token_sha256) VALUES (1, 0, 'x')")
        raise ZeroDivisionError
    assert joined(store, study).number == 0


@pytest.mark.parametrize("content", [b"no database at all, but a text that is long enough", b"SQLite format 3\0" * 9])
def test_a_file_that_is_no_database(path, content):
    path.parent.mkdir()
    path.write_bytes(content)
    with pytest.raises(UserError, match=r"study.db: cannot be used \(.*\); move it away, and a new one is made$"):
        Store(path)
    assert path.read_bytes() == content


def test_a_damaged_database(store, study, path):
    for _ in range(200):
        store.join(study)
    store.close()
    content = bytearray(path.read_bytes())
    content[4096 : 2 * 4096] = bytes(4096)
    path.write_bytes(content)
    with pytest.raises(UserError, match=r"study.db: cannot be used"):
        Store(path)


def test_anothers_database(path):
    path.parent.mkdir()
    with closing(sqlite3.connect(path)) as db:
        db.execute("CREATE TABLE runs (id)")
    before = path.read_bytes()
    with pytest.raises(UserError, match=r"study.db: this database is not one of studies"):
        Store(path)
    assert path.read_bytes() == before


def test_a_place_where_no_file_can_be(path):
    path.mkdir(parents=True)
    with pytest.raises(
        UserError,
        match=OPENING,
    ):
        Store(path)


@pytest.fixture
def impatient(monkeypatch):
    """Nobody waits for a lock."""
    connect = sqlite3.connect
    monkeypatch.setattr(sqlite3, "connect", lambda *words, **more: connect(*words, **more | {"timeout": 0}))


@pytest.mark.usefixtures("impatient")
def test_one_that_another_process_holds_is_not_called_damaged(path):
    path.parent.mkdir()
    with closing(sqlite3.connect(path)) as other:
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(UserError, match=LOCKED):
            Store(path)


@pytest.mark.usefixtures("impatient")
def test_a_reader_does_not_wait_for_a_writer(store, study, path):
    token = store.join(study)
    someone = store.participant(study, token)
    store.show(someone, TRIALS[0], 100.0)
    with store._writing(), closing(Store(path)) as other:
        assert other.studies() == [study] and other.participant(study, token) == someone
        assert other.showings(someone) == other.all_showings(study) != []
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            other.join(study)


def test_another_version(store, path):
    store.close()
    with closing(sqlite3.connect(path)) as db:
        db.execute(f"PRAGMA user_version = {VERSION + 1}")
    with pytest.raises(UserError, match=rf"study.db: it has version {VERSION + 1}, and this code knows {VERSION}"):
        Store(path)


def test_several_may_make_it_at_once(path):
    failed, ready = [], threading.Barrier(8)

    def make():
        ready.wait()
        try:
            with closing(Store(path)) as store:
                store.study("a" * 16, "b" * 64, PROTOCOL)
        except Exception as error:
            failed.append(error)

    threads = [threading.Thread(target=make) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed
    with closing(Store(path)) as store:
        assert len(store.studies()) == 1
