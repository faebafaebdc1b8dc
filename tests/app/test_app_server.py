"""The page's addresses and calls over HTTP, with calls that only note what they were asked."""

import json
import threading

import pytest
from starlette.testclient import TestClient

from pix2pix.app import server

GOOD = {"data": ["x", 1]}


@pytest.fixture
def asked():
    return []


@pytest.fixture
def client(asked):
    def translate(model: str, seed: int) -> dict:
        asked.append((model, seed))
        return {"got": [model, seed]}

    def models() -> dict:
        return {"models": []}

    def broken() -> dict:
        return {}[0]

    calls = {"translate": translate, "models": models, "broken": broken}
    return TestClient(server.page(calls), base_url="http://127.0.0.1:7860", raise_server_exceptions=False)


def test_a_call_is_answered_at_once_with_json(client, asked):
    answer = client.post("/calls/translate", json=GOOD)
    assert (answer.status_code, answer.json(), asked) == (200, {"got": ["x", 1]}, [("x", 1)])
    assert client.post("/calls/models", json={"data": []}).json() == {"models": []}


@pytest.mark.parametrize("name", ["other", "translate%0A", "%1b%5B2J", "__init__", "all", "Translate", "x" * 5000])
def test_an_unknown_call_is_one_line(client, name):
    answer = client.post(f"/calls/{name}", json=GOOD)
    error = answer.json()["error"]
    assert answer.status_code == 404 and error.startswith("there is no such call: ")
    assert error.isprintable() and len(error) <= 230


@pytest.mark.parametrize(
    "body",
    [
        b"", b"x", b"\xff", b"[]", b"{}", b'{"data": {}}', b'{"data": ["x"]}', b'{"data": [1, "x"]}',
        b'{"data": ["x", 1, 2]}', b'{"data": ["x", 1.5]}', b'{"data": ["x", true]}', b'{"data": ["x", null]}',
        b'{"data": ["x", 1], "session_hash": "y"}', b'{"data": [["x"], 1]}', b"[" * 100_000,
        b'{"data": [{"path": "/etc/passwd", "meta": {}}, 1]}', b'{"data": ["x", ' + b"9" * 5000 + b"]}",
        b'{"data": [{"path": "http://example.com/x", "url": "http://example.com/x"}, 1]}', b'{"data": ["x", NaN]}',
    ],
)  # fmt: skip
def test_other_arguments_never_reach_a_call(client, asked, body):
    answer = client.post("/calls/translate", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 400 and "call" in answer.json()["error"] and asked == []


def test_a_call_that_fails_is_one_line_for_the_page(client):
    answer = client.post("/calls/broken", json={"data": []})
    assert (answer.status_code, list(answer.json())) == (500, ["error"])
    assert "KeyError" not in answer.text


@pytest.mark.parametrize("kind", ["", "text/plain", "multipart/form-data; boundary=x", "application/jsonx"])
def test_a_call_says_that_it_is_json(client, asked, kind):
    answer = client.post("/calls/translate", content=json.dumps(GOOD), headers={"Content-Type": kind})
    assert answer.status_code == 415 and asked == []


def test_a_call_is_bounded(client, asked, monkeypatch):
    monkeypatch.setattr(server, "MOST_BYTES", 1000)
    assert client.post("/calls/translate", json={"data": ["x" * 970, 1]}).status_code == 200
    answer = client.post("/calls/translate", json={"data": ["x" * 1000, 1]})
    assert (answer.status_code, len(asked)) == (413, 1)


@pytest.mark.parametrize(("header", "value"), [("Host", "example.com"), ("Origin", "http://example.com")])
def test_foreign_pages_can_call_nothing(client, asked, header, value):
    assert client.post("/calls/translate", json=GOOD, headers={header: value}).status_code == 403
    assert client.get("/", headers={header: value}).status_code == 403
    assert asked == []


@pytest.mark.parametrize("host", ["127.0.0.1:9", "localhost:7860", "[::1]:7860"])
def test_a_tunnel_may_lead_here(client, host):
    assert client.get("/", headers={"Host": host}).status_code == 200


def test_the_page_comes_with_its_files_and_the_shared_looks(client):
    types = {"/": "text/html", "/page.css": "text/css", "/page.js": "text/javascript", "/calls.js": "text/javascript"}
    for path, kind in types.items():
        answer = client.get(path)
        assert (answer.status_code, answer.headers["content-type"]) == (200, f"{kind}; charset=utf-8")
        assert "script-src 'self'" in answer.headers["content-security-policy"]
    assert "--accent:" in client.get("/page.css").text and "<title>" in client.get("/").text


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS"])
@pytest.mark.parametrize("path", ["/", "/page.js", "/calls/translate"])
def test_there_are_no_other_methods(client, asked, method, path):
    assert client.request(method, path).status_code == 405 and asked == []
    assert client.get("/calls/translate").status_code == 405


def test_of_many_calls_two_are_answered_at_once_and_the_others_wait():
    running, most, lock, enough = [0], [0], threading.Lock(), threading.Event()

    def work() -> dict:
        with lock:
            running[0] += 1
            most[0] = max(most[0], running[0])
            if running[0] == server.AT_ONCE:
                enough.set()
        assert enough.wait(60)
        with lock:
            running[0] -= 1
        return {}

    answers = []
    with TestClient(server.page({"work": work}), base_url="http://localhost") as client:

        def ask():
            answers.append(client.post("/calls/work", json={"data": []}).status_code)

        threads = [threading.Thread(target=ask) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert answers == [200] * 8 and most[0] == server.AT_ONCE
