"""A server as a process: where it listens, and how it ends, whatever it is doing."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time

import pytest
from conftest import CHECKOUT
from served import served, wire
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from pix2pix.base.errors import UserError
from pix2pix.web import serving
from pix2pix.web.application import application

# The server of one address, which sleeps for an hour in a thread; what it prints is watched.
SERVER = """
import time
from starlette.concurrency import run_in_threadpool
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from pix2pix.pipeline import stopping
from pix2pix.web import serving
from pix2pix.web.application import application

async def sleep(request):
    print("begun", flush=True)
    await run_in_threadpool(time.sleep, 3600)

async def stream(request):
    async def much():
        print("begun", flush=True)
        while True:
            yield b"x" * 65536
    from starlette.responses import StreamingResponse
    return StreamingResponse(much())

stopping.raise_signals()
whole = application([Route("/sleep", sleep), Route("/stream", stream)], ["127.0.0.1"], "", {})
with serving.listen("127.0.0.1", 0) as listening:
    print(listening.getsockname()[1], flush=True)
    try:
        serving.serve(whole, listening)
    except stopping.Stopped as stopped:
        print("stopped by", stopped.signal.name)
        raise SystemExit(128 + stopped.signal)
"""
# What is promised, and what a busy machine may take on top.
PROMISED_S = serving.PATIENCE_S + serving.LAST_S
BUSY_S = 20


@pytest.fixture
def process():
    environment = os.environ | {"PYTHONPATH": str(CHECKOUT / "src")}
    command = [sys.executable, "-c", SERVER]
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as started:
        yield started
        started.kill()


SLEEP, STREAM = (f"GET /{path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n" for path in ("sleep", "stream"))


@pytest.mark.parametrize(
    ("number", "sent", "begins"),
    [
        (signal.SIGINT, "", False),
        (signal.SIGTERM, "POST /sleep HTTP/1.1\r\nHost", False),
        (signal.SIGINT, SLEEP, True),
        (signal.SIGTERM, SLEEP, True),
        (signal.SIGHUP, SLEEP, True),
        (signal.SIGINT, STREAM, True),
    ],
    ids=["silent", "half a request", "a thread, INT", "a thread, TERM", "a thread, HUP", "an answer that nobody reads"],
)
def test_it_ends_whatever_waits(process, number, sent, begins):
    address = f"http://127.0.0.1:{process.stdout.readline().strip()}"
    with wire(address) as connection:
        connection.sendall(sent.encode())
        if begins:
            assert process.stdout.readline() == "begun\n"
        else:
            time.sleep(0.5)  # so that the server has taken the connection
        process.send_signal(number)
        out, err = process.communicate(timeout=PROMISED_S + BUSY_S)
    assert (process.returncode, out, err) == (128 + number, f"stopped by {number.name}\n", "")


def test_the_port_is_taken_from_the_start():
    with serving.listen("127.0.0.1", 0) as first:
        host, port = first.getsockname()
        with pytest.raises(UserError, match=rf"^127\.0\.0\.1:{port}: .* \(Address already in use\); .* --port$"):
            serving.listen(host, port)


@pytest.mark.parametrize(
    ("host", "port", "reason"),
    [
        ("", 0, "--host 0.0.0.0 says that"),
        ("127.0.0.1", 70000, r"70000: .* choose another --port"),
        ("no.such.host.invalid", 0, "choose another --host"),
        ("192.0.2.1", 0, "choose another --host"),  # an address for examples, which no machine has
    ],
)
def test_where_it_cannot_listen_is_one_line(host, port, reason):
    with pytest.raises(UserError, match=reason) as refused:
        serving.listen(host, port)
    assert "\n" not in str(refused.value)


def test_who_connects_before_the_server_runs_is_answered_when_it_does():
    async def hello(_):
        return PlainTextResponse("hello")

    with serving.listen("127.0.0.1", 0) as listening:
        early = socket.create_connection(listening.getsockname(), timeout=60)
        early.sendall(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
        server = serving.server(application([Route("/", hello)], ["127.0.0.1"], "", {}))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        answer = b"".join(iter(lambda: early.recv(65536), b""))
        server.should_exit = True
        thread.join()
    assert answer.endswith(b"hello")


@pytest.mark.parametrize(
    "said",
    [b"\x00\x01\x02", b"GET\r\n\r\n", b"GET / HTTP/9\r\n\r\n", b"GET /" + b"x" * 70_000],
)
def test_what_is_no_request_is_refused_and_the_server_goes_on(capfd, said):
    async def hello(_):
        return PlainTextResponse("hello")

    with served(application([Route("/", hello)], ["127.0.0.1"], "", {})) as address:
        with wire(address) as connection:
            connection.sendall(said)
            connection.shutdown(socket.SHUT_WR)
            assert connection.recv(65536).startswith(b"HTTP/1.1 400 ") or said.startswith(b"GET /xx")
        with wire(address) as connection:
            connection.sendall(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
            assert b"".join(iter(lambda: connection.recv(65536), b"")).endswith(b"hello")
    assert capfd.readouterr().err == ""
