import asyncio

import pytest
from starlette.responses import PlainTextResponse
from starlette.testclient import TestClient

from pix2pix.web.guard import HEADERS, Guard, policy

POLICY = policy(scripts="'self'", styles="'sha256-x'", images="data:")
HOSTS = ("127.0.0.1", "localhost", "[::1]")


async def inner(scope, receive, send):
    """An application that answers everything, with headers of its own."""
    own = {"X-Own": "1", "Cache-Control": "public"}
    await PlainTextResponse(f"{scope['method']} {scope['path']}", headers=own)(scope, receive, send)


@pytest.fixture
def client():
    return TestClient(Guard(inner, HOSTS, POLICY), base_url="http://127.0.0.1:7860")


@pytest.mark.parametrize("method", ["GET", "POST", "PUT"])
def test_our_own_requests_pass(client, method):
    answer = client.request(method, "/a/b")
    assert (answer.status_code, answer.text) == (200, f"{method} /a/b")


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "127.0.0.1:9", "localhost:7860", "LOCALHOST", "[::1]:7860", "[::1]", "localhost:65535"]
)
def test_a_server_may_be_called_by_any_of_its_names_and_any_port(client, host):
    assert client.get("/", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "host",
    [
        "example.com", "example.com:7860", "127.0.0.1.example.com", "[", "", "a@b", "0", "a@127.0.0.1", "127.0.0.1@a",
        "localhost:", "localhost:x", "localhost:1:2", "localhost/", "localhost#", "localhost ", "[127.0.0.1]", "::1",
        "localhost:123456", "127.0.0.1,example.com", "localhost\\", "xlocalhost", "localhost.",
    ],
)  # fmt: skip
def test_other_names_are_refused_in_one_line(client, host):
    answer = client.get("/", headers={"Host": host})
    assert (answer.status_code, answer.json()) == (403, {"error": "this server has another name"})


def test_a_request_without_a_host_is_refused():
    sent = []

    async def send(message):
        sent.append(message)

    scope = {"type": "http", "method": "GET", "path": "/", "headers": []}
    asyncio.run(Guard(inner, HOSTS, POLICY)(scope, None, send))
    assert sent[0]["status"] == 403


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        ("http://127.0.0.1:7860", 200), (None, 200), ("null", 403), ("http://example.com", 403),
        ("http://127.0.0.1:7861", 403), ("https://127.0.0.1:7860", 403), ("", 403),
    ],
)  # fmt: skip
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_page_of_another_origin_gets_no_answer(client, method, origin, status):
    answer = client.request(method, "/", headers={} if origin is None else {"Origin": origin})
    assert answer.status_code == status
    assert "access-control-allow-origin" not in answer.headers


@pytest.mark.parametrize("host", ["127.0.0.1", "example.com"])
def test_every_answer_says_what_a_browser_may_do_with_it(client, host):
    headers = client.get("/", headers={"Host": host}).headers
    for name, value in (HEADERS | {"Content-Security-Policy": POLICY}).items():
        assert headers.get_list(name) == [value], "each header once"
    assert ("x-own" in headers) == (host == "127.0.0.1")


def test_a_policy_allows_what_it_is_told_and_nothing_else():
    rules = dict(rule.split(" ", 1) for rule in POLICY.split("; "))
    assert rules.pop("connect-src") == "'self'"
    assert (rules.pop("script-src"), rules.pop("style-src"), rules.pop("img-src")) == ("'self'", "'sha256-x'", "data:")
    assert rules == dict.fromkeys(("default-src", "base-uri", "form-action", "frame-ancestors"), "'none'")
    assert "unsafe" not in POLICY and "http" not in POLICY
