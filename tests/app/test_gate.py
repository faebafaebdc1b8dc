"""The gate by itself, before an application that answers everything."""

import asyncio
import json

import pytest

from pix2pix.app.gate import API, HEADERS, Gate

PAGES, CALLS, MOST = {"/", "/page.js"}, {"translate": (str, int), "models": ()}, 1000
EVENT = "0123456789abcdef0123456789abcdef"


def answer(method, path, body=b"", chunk=None, **headers):
    """Status, headers and text of the answer; that of a request that was passed on is `passed: <its body>`."""
    headers = {"host": "127.0.0.1:7860", "content_type": "application/json"} | headers
    pieces = [body[at : at + chunk] for at in range(0, len(body), chunk)] if chunk else [body]
    waiting = [{"type": "http.request", "body": piece, "more_body": True} for piece in pieces]
    waiting[-1]["more_body"] = False
    sent = []

    async def receive():
        return waiting.pop(0) if waiting else {"type": "http.disconnect"}

    async def send(message):
        sent.append(message)

    async def inner(_, receive, send):
        came = await receive()
        assert came["more_body"] is False
        own = [(b"X-Own", b"1"), (b"Cache-Control", b"public")]
        await send({"type": "http.response.start", "status": 200, "headers": own})
        await send({"type": "http.response.body", "body": b"passed: " + came["body"]})

    raw = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items() if value is not None]
    scope = {"type": "http", "method": method, "path": path, "headers": raw}
    asyncio.run(Gate(inner, PAGES, CALLS, MOST)(scope, receive, send))
    start, *rest = sent
    got = {name.decode().lower(): value.decode() for name, value in start["headers"]}
    assert len(got) == len(start["headers"]), "each header once"
    return start["status"], got, b"".join(message["body"] for message in rest).decode()


def call(*data, name="translate", **headers):
    return answer("POST", f"{API}/call/{name}", json.dumps({"data": data}).encode(), **headers)


def test_our_own_requests_pass_with_their_bodies():
    for path in (*PAGES, f"{API}/startup-events", f"{API}/call/translate/{EVENT}"):
        assert answer("GET", path)[::2] == (200, "passed: ")
    assert call("x", 1)[::2] == (200, 'passed: {"data": ["x", 1]}')
    assert call("x", 1, chunk=3)[::2] == (200, 'passed: {"data": ["x", 1]}')
    assert call(name="models")[0] == 200


@pytest.mark.parametrize(
    "path",
    [
        f"{API}/file=/etc/passwd", f"{API}/file=params.yaml", f"{API}/file/etc/passwd", f"{API}/upload",
        f"{API}/proxy=http://example.com", f"{API}/queue/join", f"{API}/queue/data", f"{API}/info", "/config",
        "/static/../../params.yaml", "/assets/index.js", "/page.js/", "//", "/server.py", "/../app/server.py",
        f"{API}/call/translate/{EVENT}/x", f"{API}/call/translate/{EVENT[:-1]}", f"{API}/call/other/{EVENT}",
        f"{API}/call//{EVENT}", f"/call/translate/{EVENT}", f"{API}/call/v2/translate/{EVENT}", "/monitoring", "/login",
        f"{API}/component_server", f"{API}/call/translate", "",
    ],
)  # fmt: skip
def test_all_else_that_gradio_would_answer_is_not_there(path):
    for method in ("GET", "HEAD", "OPTIONS", "PUT", "DELETE", *(["POST"] if path != f"{API}/call/translate" else [])):
        status, _, said = answer(method, path, b'{"data": []}')
        assert status == 404 and json.loads(said) == {"error": "there is no such page"}, (method, path)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.1:9", "localhost:7860", "LOCALHOST", "[::1]:7860"])
def test_this_machine_may_be_called_by_any_of_its_names_and_ports(host):
    assert answer("GET", "/", host=host)[0] == 200


@pytest.mark.parametrize(
    "host", ["example.com", "example.com:7860", "127.0.0.1.example.com", "[", "", None, "a@b", "0"]
)
def test_a_name_of_another_site_is_refused(host):
    assert answer("GET", "/", host=host)[0] == 403


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        ("http://127.0.0.1:7860", 200), (None, 200), ("null", 403), ("http://example.com", 403),
        ("http://127.0.0.1:7861", 403), ("https://127.0.0.1:7860", 403), ("", 403),
    ],
)  # fmt: skip
def test_a_page_of_another_origin_gets_no_answer(origin, status):
    assert call("x", 1, origin=origin)[0] == status
    assert answer("GET", "/page.js", origin=origin)[0] == status


@pytest.mark.parametrize(
    "body",
    [
        b"", b"x", b"\xff", b"[]", b"{}", b'{"data": {}}', b'{"data": ["x"]}', b'{"data": [1, "x"]}',
        b'{"data": ["x", 1, 2]}', b'{"data": ["x", 1.5]}', b'{"data": ["x", true]}', b'{"data": ["x", null]}',
        b'{"data": ["x", 1], "session_hash": "y"}', b'{"data": [["x"], 1]}', b"[" * 900,
        b'{"data": [{"path": "/etc/passwd", "meta": {"_type": "gradio.FileData"}}, 1]}',
        b'{"data": [{"path": "http://example.com/x", "url": "http://example.com/x"}, 1]}',
    ],
)  # fmt: skip
def test_a_call_with_other_arguments_never_reaches_gradio(body):
    status, _, said = answer("POST", f"{API}/call/translate", body)
    assert status == 400 and "call" in json.loads(said)["error"]


@pytest.mark.parametrize("kind", [None, "", "text/plain", "multipart/form-data; boundary=x", "application/jsonx"])
def test_a_call_says_that_it_is_json(kind):
    assert call("x", 1, content_type=kind)[0] == 415
    assert call("x", 1, content_type="Application/JSON ; charset=utf-8")[0] == 200


@pytest.mark.parametrize("chunk", [None, 100])
@pytest.mark.parametrize("said", [None, "5000", "9" * 5000, "10", "-1", "x"])
def test_a_body_is_bounded_whatever_it_says_of_its_length(chunk, said):
    whole = json.dumps({"data": ["x" * (MOST - 20), 1]}).encode()
    assert len(whole) <= MOST
    status = 413 if said in ("5000", "9" * 5000) else 200
    assert answer("POST", f"{API}/call/translate", whole, chunk, content_length=said)[0] == status
    status, _, words = answer("POST", f"{API}/call/translate", whole + b" " * 1000, chunk, content_length=said)
    assert status == 413 and json.loads(words) == {"error": "more than 1,000 bytes at once are not taken"}


def test_a_client_that_goes_away_is_no_error():
    gone = []

    async def receive():
        return {"type": "http.disconnect"}

    async def send(message):
        gone.append(message)

    async def inner(*_):
        raise AssertionError("passed on")

    scope = {"type": "http", "method": "POST", "path": f"{API}/call/models"}
    scope["headers"] = [(b"host", b"localhost"), (b"content-type", b"application/json")]
    asyncio.run(Gate(inner, PAGES, CALLS, MOST)(scope, receive, send))
    assert gone[0]["status"] == 400


@pytest.mark.parametrize("path", ["/", "/other"])
def test_every_answer_says_what_a_browser_may_do_with_it(path):
    headers = answer("GET", path)[1]
    assert headers.items() >= {name.lower(): value for name, value in HEADERS.items()}.items()
    assert ("x-own" in headers) == (path == "/")
    policy = dict(part.split(" ", 1) for part in headers["content-security-policy"].split("; "))
    assert policy["default-src"] == policy["frame-ancestors"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == policy["connect-src"] == "'self'"
    assert "unsafe" not in headers["content-security-policy"] and "http" not in headers["content-security-policy"]
