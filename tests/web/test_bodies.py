"""Bodies as the server gets them: in pieces, of any length, whatever the headers say."""

import asyncio
import json

import pytest
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from pix2pix.web.application import application
from pix2pix.web.bodies import json_text

MOST = 1000


async def echo(request):
    return Response(b"read: " + await json_text(request, MOST))


def answer(body=b"", chunk=None, ending=True, **headers):
    """Status and text of the answer to a request; its client goes away after the body."""
    headers = {"host": "localhost", "content_type": "application/json"} | headers
    pieces = [body[at : at + chunk] for at in range(0, len(body), chunk)] if chunk else [body]
    waiting = [{"type": "http.request", "body": piece, "more_body": True} for piece in pieces]
    waiting[-1]["more_body"] = not ending
    sent = []

    async def receive():
        return waiting.pop(0) if waiting else {"type": "http.disconnect"}

    async def send(message):
        sent.append(message)

    raw = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items() if value is not None]
    scope = {"type": "http", "method": "POST", "path": "/", "headers": raw}
    whole = application([Route("/", echo, methods=["POST"])], ["localhost"], "", {})
    asyncio.run(whole(scope, receive, send))
    start, *rest = sent
    return start["status"], b"".join(message["body"] for message in rest).decode()


def test_a_body_comes_whole_in_however_many_pieces():
    for chunk in (None, 1, 3, 100):
        assert answer(b'{"data": 1}', chunk) == (200, 'read: {"data": 1}')


@pytest.mark.parametrize("kind", [None, "", "text/plain", "multipart/form-data; boundary=x", "application/jsonx"])
def test_a_body_says_that_it_is_json(kind):
    status, said = answer(b"{}", content_type=kind)
    assert status == 415 and json.loads(said)["error"].startswith("this address takes JSON")
    assert answer(b"{}", content_type="Application/JSON ; charset=utf-8")[0] == 200


@pytest.mark.parametrize("chunk", [None, 100])
@pytest.mark.parametrize("said", [None, "5000", "9" * 5000, "10", "-1", "x"])
def test_a_body_is_bounded_whatever_it_says_of_its_length(chunk, said):
    status = 413 if said in ("5000", "9" * 5000) else 200
    assert answer(b" " * MOST, chunk, content_length=said)[0] == status
    status, words = answer(b" " * (MOST + 1), chunk, content_length=said)
    assert status == 413 and json.loads(words) == {"error": "this address takes 1,000 bytes at most"}


def test_a_body_that_is_announced_too_long_is_not_read():
    async def receive():
        raise AssertionError("read")

    headers = [(b"content-type", b"application/json"), (b"content-length", b"1001")]
    with pytest.raises(Exception, match="413"):
        asyncio.run(json_text(Request({"type": "http", "headers": headers}, receive), MOST))


@pytest.mark.parametrize("body", [b"", b"{"])
def test_a_client_that_goes_away_is_no_error_of_ours(body):
    status, words = answer(body, ending=False)
    assert (status, json.loads(words)) == (400, {"error": "the request ended early"})
