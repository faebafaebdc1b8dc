"""Clients that say nothing, on a real server. The patience is short here; no test says how short."""

import asyncio
import time

import pytest
from served import served, wire
from starlette.concurrency import run_in_threadpool
from starlette.responses import PlainTextResponse, StreamingResponse
from starlette.routing import Route

from pix2pix.web import serving
from pix2pix.web.application import application
from pix2pix.web.bodies import json_text
from pix2pix.web.connections import ImpatientProtocol

HEAD = b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n"


async def slow(request):
    await json_text(request, 100)
    await run_in_threadpool(time.sleep, 1)
    return PlainTextResponse("done")


@pytest.fixture
def patient(monkeypatch):
    """Start a server that waits so many seconds."""

    def of(seconds):
        monkeypatch.setattr(serving, "IDLE_S", seconds)
        return served(application([Route("/", slow, methods=["POST"])], ["localhost"], "", {}))

    return of


@pytest.fixture
def address(patient):
    with patient(0.3) as address:
        yield address


def rest(connection):
    """What comes until the server closes the connection; the test fails if it never does."""
    return b"".join(iter(lambda: connection.recv(65536), b""))


@pytest.mark.parametrize("said", [b"", b"GET ", HEAD[:-2], b"GET / HTTP/1.1\r\nHost: local"])
def test_a_connection_without_a_whole_request_is_closed(address, said):
    with wire(address) as connection:
        connection.sendall(said)
        assert rest(connection) == b""


def test_a_body_that_does_not_come_is_not_waited_for(address):
    with wire(address) as connection:
        connection.sendall(HEAD + b"1234")
        assert rest(connection) == b""


def test_an_answer_may_take_longer_and_the_connection_is_closed_after_it(address):
    with wire(address) as connection:
        connection.sendall(HEAD + b"123456789")
        answer = rest(connection)
    assert answer.startswith(b"HTTP/1.1 200 ") and answer.endswith(b"done")


def test_a_slow_client_is_waited_for_as_long_as_something_comes(patient):
    with patient(3) as address, wire(address) as connection:
        connection.sendall(HEAD)
        for digit in b"123456789":
            time.sleep(0.5)  # longer together than the server waits
            connection.sendall(bytes([digit]))
        assert rest(connection).endswith(b"done")


async def large(_):
    return PlainTextResponse(b"x" * LARGE)


async def endless(_):
    async def much():
        while True:
            yield b"x" * 65536
            await asyncio.sleep(0)  # else nobody else has a turn once the connection is gone

    return StreamingResponse(much())


LARGE = 32_000_000  # more than the buffers of the system take


@pytest.fixture
def connections(monkeypatch):
    """The server's ends of the connections that are open."""
    there = set()
    made, lost = ImpatientProtocol.connection_made, ImpatientProtocol.connection_lost
    monkeypatch.setattr(ImpatientProtocol, "connection_made", lambda self, by: (there.add(self), made(self, by)))
    monkeypatch.setattr(ImpatientProtocol, "connection_lost", lambda self, why: (there.discard(self), lost(self, why)))
    return there


@pytest.mark.parametrize("path", ["large", "endless"])
def test_an_answer_that_nobody_fetches_is_dropped(monkeypatch, connections, path):
    monkeypatch.setattr(serving, "IDLE_S", 0.3)
    page = application([Route("/large", large), Route("/endless", endless)], ["localhost"], "", {})
    with served(page) as address, wire(address) as connection:
        connection.sendall(f"GET /{path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        assert connection.recv(100).startswith(b"HTTP/1.1 200 ")
        end = time.monotonic() + 60
        while connections and time.monotonic() < end:
            time.sleep(0.05)
        assert not connections


def test_an_answer_that_is_fetched_slowly_arrives_whole(monkeypatch):
    monkeypatch.setattr(serving, "IDLE_S", 1)
    with served(application([Route("/large", large)], ["localhost"], "", {})) as address, wire(address) as connection:
        connection.sendall(b"GET /large HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        got = 0
        while part := connection.recv(4_000_000):
            got += len(part)
            time.sleep(0.1)  # longer together than the server waits
    assert got > LARGE
