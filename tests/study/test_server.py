"""The study over HTTP: what a page asks, what others may try, and many at once on a real server."""

import json
import random
import sqlite3
import threading
import time
from collections import Counter
from contextlib import closing

import hypothesis
import pytest
import requests
from evaluated_workspace import FINGERPRINT, make, pixels, recognised
from hypothesis import strategies as st
from served import served, wire
from starlette.testclient import TestClient

from pix2pix.base.pictures import save_png
from pix2pix.study.server import COOKIE, MOST_BYTES, app
from pix2pix.study.sessions import Sessions
from pix2pix.study.stimuli import Stimuli
from pix2pix.study.store import Store
from pix2pix.study.trials import Protocol

PROTOCOL = Protocol(2, 8, 20)
JSON = {"Content-Type": "application/json"}
TRUE = {"chosen": "left", "left_ms": 20.5, "right_ms": 19.5, "took_ms": 0.25}


class Clock:
    """A second passes whenever one looks."""

    now = 1_000_000.0

    def __call__(self):
        self.now += 1
        return self.now


@pytest.fixture
def root(tmp_path):
    return make(tmp_path / "workspace")


@pytest.fixture
def store(tmp_path):
    with closing(Store(tmp_path / "study.db")) as store:
        yield store


@pytest.fixture
def sessions(root, store):
    return Sessions(store, Stimuli(root), PROTOCOL, Clock())


@pytest.fixture
def stranger(sessions):
    """Somebody who has only just come."""
    return TestClient(app(sessions, ["127.0.0.1"]), base_url="http://127.0.0.1:8765")


@pytest.fixture
def client(stranger):
    """A participant."""
    assert stranger.post("/api/participants", json={}).status_code == 201
    return stranger


def shown(client, number=0):
    assert client.post(f"/api/trials/{number}/begin", json={}).status_code == 200
    return client


def answers(store, sessions):
    return [(row.trial, row.chosen) for row in store.all_showings(sessions.study)]


def test_a_session(client, store, sessions):
    for number in range(10):
        assert client.get("/api/state").json() == {"next": number, "interrupted": False}
        sides = ("left", "right")
        kinds = [recognised(client.get(f"/api/pictures/{number}/{side}").content)[1] for side in sides]
        fake = sides[kinds.index("generated")]
        first = client.post(f"/api/trials/{number}/begin", json={}).json()
        assert first in ({"first": "left"}, {"first": "right"})
        told = client.post(f"/api/trials/{number}/answer", json=TRUE | {"chosen": fake})
        assert (told.status_code, told.json()) == (200, {"fake": fake} if number < 2 else {})
    assert client.get("/api/state").json() == {"next": 10, "interrupted": False, "answered": 8, "right": 8}
    rows = store.all_showings(sessions.study)
    assert all(row.chosen == row.fake and row.exposures_ms == (20.5, 19.5) and row.took_ms == 0.25 for row in rows)


def test_somebody_new_is_no_error_and_a_token_that_nobody_has_is_not_found(stranger):
    assert (stranger.get("/api/state").status_code, stranger.get("/api/state").json()) == (200, None)
    for token in (None, "", "x" * 32, "../../etc/passwd"):
        cookies = {} if token is None else {f"{COOKIE}-{FINGERPRINT}": token}
        stranger.cookies = cookies
        assert not cookies or stranger.get("/api/state").status_code == 404
        assert stranger.get("/api/pictures/0/left").status_code == 404
        assert stranger.post("/api/trials/0/begin", json={}).status_code == 404
        assert stranger.post("/api/trials/0/answer", json=TRUE).status_code == 404


def test_the_cookie_is_not_for_scripts_nor_for_other_sites(stranger):
    cookie = stranger.post("/api/participants", json={}).headers["set-cookie"].lower()
    assert "httponly" in cookie and "samesite=strict" in cookie and "path=/" in cookie and "max-age=2592000" in cookie


def test_the_studies_of_two_models_on_one_machine_know_the_same_person(client, store, tmp_path):
    shown(client)
    other = Sessions(store, Stimuli(make(tmp_path / "other", fingerprint="f" * 16, seed=1)), PROTOCOL, Clock())
    neighbour = TestClient(app(other, ["127.0.0.1"]), base_url="http://127.0.0.1:9000", cookies=client.cookies)
    assert neighbour.get("/api/state").json() is None
    neighbour.post("/api/participants", json={})
    client.cookies = neighbour.cookies
    assert [each.get("/api/state").json()["next"] for each in (client, neighbour)] == [1, 0]


def test_real_and_generated_are_sent_alike(client):
    """The headers of all pictures are the same but for the length, and nothing else tells a picture's kind."""
    heads = []
    for side in ("left", "right"):
        answer = client.get(f"/api/pictures/0/{side}")
        heads.append({name: value for name, value in answer.headers.items() if name != "content-length"})
    assert heads[0] == heads[1]
    assert heads[0]["cache-control"] == "no-store" and heads[0]["content-type"] == "image/png"
    assert set(heads[0]) <= {
        "cache-control", "content-type", "x-content-type-options", "referrer-policy",
        "cross-origin-opener-policy", "cross-origin-resource-policy", "content-security-policy",
    }  # fmt: skip


def test_before_the_answer_nothing_tells_which_is_generated(client):
    for number in range(10):
        state, begun = client.get("/api/state"), client.post(f"/api/trials/{number}/begin", json={})
        assert set(state.json()) == {"next", "interrupted"} and set(begun.json()) == {"first"}
        told = client.post(f"/api/trials/{number}/answer", json=TRUE)
        assert set(told.json()) == ({"fake"} if number < 2 else set())


def test_every_answer_says_that_nothing_is_to_be_kept_or_guessed(client):
    for path in ("/", "/api/state", "/api/pictures/0/left", "/nothing", "/api/pictures/7/left"):
        headers = client.get(path).headers
        assert (headers["cache-control"], headers["x-content-type-options"]) == ("no-store", "nosniff")


def test_the_page_comes_with_its_policy(stranger):
    page = stranger.get("/")
    assert page.headers["content-security-policy"].startswith("default-src 'none'; ")
    assert page.headers["content-type"] == "text/html; charset=utf-8"


# ---- what others may try ----


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "localhost@evil.example", "", "[::1]"])
def test_another_hosts_name_is_refused(client, host):
    """A foreign page may have its own name lead to this machine."""
    for path in ("/", "/api/state", "/api/pictures/0/left"):
        assert client.get(path, headers={"Host": host}).status_code == 403


@pytest.mark.parametrize(
    "path",
    [
        "/api/pictures/0/../../../../etc/passwd", "/api/pictures/0/%2e%2e%2f%2e%2e%2fetc%2fpasswd", "/study.db",
        "/api/pictures/0/test-1-real.png", "/api/pictures/test-1/real", "/api/pictures/0/generated", "/..%2fstudy.db",
        "/api/pictures/-1/left", "/api/pictures/0.0/left", "/api/pictures/0/left%00", "/api/pictures/0/LEFT",
        "/api/pictures/99999999999999999999999/left", "/reports/pictures/test-1-real.png", "/api/trials/0/answer/",
        f"/api/pictures/{'9' * 5000}/left",
    ],
)  # fmt: skip
def test_there_is_no_way_to_other_files_or_pictures(client, path):
    assert client.get(path).status_code in (404, 405)


@pytest.mark.parametrize(
    "said",
    [
        {}, [], None, "left", 7, TRUE | {"chosen": "both"}, TRUE | {"chosen": None}, TRUE | {"chosen": ["left"]},
        TRUE | {"more": 1}, {key: value for key, value in TRUE.items() if key != "took_ms"}, TRUE | {"left_ms": "20"},
        TRUE | {"left_ms": True}, TRUE | {"left_ms": None}, TRUE | {"left_ms": -1}, TRUE | {"right_ms": 1e9},
        TRUE | {"took_ms": 1e308}, TRUE | {"took_ms": -0.001},
    ],
)  # fmt: skip
def test_an_answer_that_cannot_be_is_refused_and_a_true_one_still_taken(client, store, sessions, said):
    shown(client)
    refused = client.post("/api/trials/0/answer", content=json.dumps(said), headers=JSON)
    assert refused.status_code == 422 and refused.json()["error"]
    assert answers(store, sessions) == [(0, None)]
    assert client.post("/api/trials/0/answer", json=TRUE).status_code == 200


@pytest.mark.parametrize(
    "text",
    [
        "", "{", "nonsense", '{"chosen": "left", "left_ms": NaN, "right_ms": 1, "took_ms": 1}', "[" * 4000, "\0",
        '{"chosen": "left", "left_ms": Infinity, "right_ms": 1, "took_ms": 1}', "1" * 4000, b"\xff\xfe\x00",
        '{"chosen": "left", "left_ms": 1' + "0" * 400 + ', "right_ms": 1, "took_ms": 1}',
    ],
)  # fmt: skip
def test_what_is_no_answer_at_all(client, store, sessions, text):
    shown(client)
    assert client.post("/api/trials/0/answer", content=text, headers=JSON).status_code == 422
    assert answers(store, sessions) == [(0, None)]


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.sampled_from(["left", "right"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*TRUE, "x"]), inner, max_size=4),
    max_leaves=8,
)


@hypothesis.given(said=ANYTHING | st.fixed_dictionaries(dict.fromkeys(TRUE, ANYTHING)))
def test_whatever_is_said_is_taken_or_refused(client, store, sessions, said):
    number = client.get("/api/state").json()["next"] - 1
    if number < 0:
        shown(client)
        number = 0
    status = client.post(f"/api/trials/{number}/answer", content=json.dumps(said), headers=JSON).status_code
    rows = store.all_showings(sessions.study)
    if status == 200:
        assert (rows[-1].chosen, rows[-1].took_ms) == (said["chosen"], said["took_ms"])
        shown(client, number + 1)
    else:
        assert status == 422 and rows[-1].chosen is None


def test_two_answers_to_one_trial(client, store, sessions):
    shown(client)
    assert client.post("/api/trials/0/answer", json=TRUE).status_code == 200
    again = client.post("/api/trials/0/answer", json=TRUE | {"chosen": "right"})
    assert again.status_code == 409 and "the first one stands" in again.json()["error"]
    assert answers(store, sessions) == [(0, "left")]


@pytest.mark.parametrize("number", [0, 1, 2, 9, 10, 10**30])
def test_answers_to_trials_that_were_not_shown_last(client, store, sessions, number):
    shown(client).post("/api/trials/0/answer", json=TRUE)
    shown(client, 1)
    status = client.post(f"/api/trials/{number}/answer", json=TRUE).status_code
    assert status == (200 if number == 1 else 409)
    assert answers(store, sessions) == [(0, "left"), (1, "left" if number == 1 else None)]


@pytest.mark.parametrize("number", [1, 9, 10, 10**30])
def test_trials_are_begun_in_turn(client, number):
    assert client.post(f"/api/trials/{number}/begin", json={}).status_code == 409


@pytest.mark.parametrize("path", ["/api/participants", "/api/trials/0/begin", "/api/trials/0/answer"])
def test_long_bodies_are_refused(client, path):
    assert client.post(path, content=b" " * (MOST_BYTES + 1), headers=JSON).status_code == 413
    assert client.post(path, content=(b" " * 1024 for _ in range(100)), headers=JSON).status_code == 413


@pytest.mark.parametrize("path", ["/api/participants", "/api/trials/0/begin", "/api/trials/0/answer"])
@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""])
def test_a_form_on_a_foreign_page_speaks_for_nobody(client, store, sessions, path, kind):
    """What browsers let foreign pages send is of these kinds."""
    assert client.post(path, content=json.dumps(TRUE), headers={"Content-Type": kind}).status_code == 415
    assert answers(store, sessions) == []


@pytest.mark.parametrize("number", ["9" * 5000, "-1", "1e0", "%D9%A1", "x"])
def test_a_trial_has_a_number(client, store, sessions, number):
    for what in ("begin", "answer"):
        assert client.post(f"/api/trials/{number}/{what}", json=TRUE).status_code == 404
    assert answers(store, sessions) == []


def test_one_who_goes_away_within_a_request_is_no_error(sessions, caplog):
    with serving(sessions) as address, wire(address) as connection:
        head = "POST /api/participants HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        connection.sendall(f"{head}Content-Length: 9\r\nExpect: 100-continue\r\n\r\n".encode())
        assert connection.recv(64).startswith(b"HTTP/1.1 100 ")  # the body is waited for
    assert caplog.records == []


@pytest.mark.parametrize("path", ["/", "/api/state", "/api/pictures/0/left"])
def test_reading_is_all_one_can_do_there(client, path):
    for method in ("POST", "PUT", "DELETE", "PATCH"):
        assert client.request(method, path, json={}).status_code == 405


def test_pictures_that_changed_are_told_to_both_sides(client, root, capsys):
    for number in range(10):
        for kind in ("real", "generated"):
            save_png(root / f"reports/pictures/test-{number + 1}-{kind}.png", pixels(number, kind, seed=9))
    answer = client.get("/api/pictures/0/left")
    assert answer.status_code == 503 and "tell the person who runs it" in answer.json()["error"]
    assert str(root) not in answer.text
    assert "changed since the study began" in capsys.readouterr().err


def test_a_database_that_fails_is_told_to_both_sides(client, sessions, monkeypatch, capsys):
    def fail(*_):
        raise sqlite3.OperationalError("database or disk is full")

    shown(client)
    monkeypatch.setattr(sessions, "answer", fail)
    assert client.post("/api/trials/0/answer", json=TRUE).status_code == 503
    assert capsys.readouterr().err == "error: database or disk is full\n"
    monkeypatch.undo()
    assert client.post("/api/trials/0/answer", json=TRUE).status_code == 200


# ---- many at once ----


def serving(sessions):
    """A real server; yields its address."""
    return served(app(sessions, ["127.0.0.1"]))


def test_eight_at_once_lose_and_mix_nothing(root, store):
    """Everyone sees the pictures of their own trials, and what they answer is what is stored."""
    sessions = Sessions(store, Stimuli(root), PROTOCOL)
    seen = {name: [] for name in range(8)}
    failures = []

    def take_part(name, address):
        chance = random.Random(name)
        client = requests.Session()
        assert client.post(f"{address}/api/participants", json={}).status_code == 201
        for number in range(PROTOCOL.trials):
            found = {}
            for side in ("left", "right"):
                found[side] = recognised(client.get(f"{address}/api/pictures/{number}/{side}").content)
            (pair, left), (same, _) = found["left"], found["right"]
            assert pair == same
            assert client.post(f"{address}/api/trials/{number}/begin", json={}).status_code == 200
            time.sleep(0.05)
            said = {"chosen": chance.choice(["left", "right"]), "left_ms": 20, "right_ms": 20, "took_ms": 1 + name / 10}
            assert client.post(f"{address}/api/trials/{number}/answer", json=said).status_code == 200
            seen[name].append((pair, "left" if left == "generated" else "right", said["chosen"], said["took_ms"]))

    def noted(name, address):
        try:
            take_part(name, address)
        except Exception as error:
            failures.append(error)

    with serving(sessions) as address:
        threads = [threading.Thread(target=noted, args=(name, address)) for name in seen]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert not failures
    stored = {}
    for row in store.all_showings(sessions.study):
        stored.setdefault(row.participant, []).append((row.pair, row.fake, row.chosen, row.took_ms))
    assert sorted(stored.values()) == sorted(seen.values())
    assert len({tuple(pair for pair, *_ in each) for each in seen.values()}) == 8  # everyone in an order of their own


@pytest.mark.parametrize(
    ("request_line", "more", "status"),
    [
        ("GET /../../../../etc/passwd", "", 404),
        ("GET /api/pictures/0/../../../../../etc/passwd", "", 404),
        ("GET /api/pictures/../../study.db", "", 404),
        ("GET http://evil.example/api/state", "", 404),
        ("POST /api/participants", "Content-Type: application/json\r\nContent-Length: 100000000\r\n", 413),
    ],
)
def test_what_no_client_of_good_manners_sends(sessions, request_line, more, status):
    """The bytes as they are; libraries would tidy up the path, or send what they announce."""
    with serving(sessions) as address:
        with wire(address) as connection:
            connection.sendall(f"{request_line} HTTP/1.1\r\nHost: 127.0.0.1\r\n{more}\r\n".encode() + b" " * 5000)
            assert connection.recv(64).startswith(f"HTTP/1.1 {status} ".encode())
        assert requests.get(f"{address}/api/state").status_code == 200


def test_of_many_answers_to_one_trial_one_is_taken(root, store):
    sessions = Sessions(store, Stimuli(root), PROTOCOL)
    statuses, ready = [], threading.Barrier(8)
    with serving(sessions) as address:
        first = requests.Session()
        first.post(f"{address}/api/participants", json={})
        assert first.post(f"{address}/api/trials/0/begin", json={}).status_code == 200
        time.sleep(0.1)

        def say(side):
            said = {"chosen": side, "left_ms": 20, "right_ms": 20, "took_ms": 0}
            ready.wait()
            answer = requests.post(f"{address}/api/trials/0/answer", json=said, cookies=first.cookies)
            statuses.append((answer.status_code, side))

        threads = [threading.Thread(target=say, args=(side,)) for side in ["left", "right"] * 4]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert Counter(status for status, _ in statuses) == {200: 1, 409: 7}
    taken = [side for status, side in statuses if status == 200]
    assert [row.chosen for row in store.all_showings(sessions.study)] == taken
