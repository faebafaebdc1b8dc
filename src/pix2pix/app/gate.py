"""What is let through to the server: this page's own requests, and nothing else that Gradio would answer.

Gradio serves files, fetches addresses and takes uploads under many paths; the page needs none of them. So a request is
answered only if its path is one of ours, its host and origin are this machine, and a call has the arguments it takes.
"""

import json
import re
from collections.abc import Mapping
from urllib.parse import urlsplit

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

API = "/gradio_api"
# What Gradio asks itself when it starts.
STARTUP = f"{API}/startup-events"
# Digits of a length that may be one; of thousands Python makes no number.
LONGEST = 15
EVENT = re.compile("[0-9a-f]{32}")
# A name of another site that leads to this machine (DNS rebinding) would make that site's scripts ours.
HOSTS = {"127.0.0.1", "localhost", "::1"}
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
Signature = tuple[type, ...]


class Gate:
    """An ASGI application before another one."""

    def __init__(self, inner: ASGIApp, pages: set[str], calls: Mapping[str, Signature], most_bytes: int) -> None:
        """What may pass.

        Args:
            inner: the application behind the gate.
            pages: the paths that may be got.
            calls: the types of each call's arguments, by the call's name.
            most_bytes: of a call's body.
        """
        self._inner, self._pages, self._calls, self._most_bytes = inner, pages | {STARTUP}, calls, most_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on with its whole body, or refuse it in one line; the headers are set on either answer."""
        if scope["type"] == "lifespan":
            await self._inner(scope, receive, send)
            return
        if scope["type"] != "http":
            return  # the page opens no socket: the server ends what nobody answers
        send = _with_headers(send)
        try:
            body = await self._checked(scope, receive)
        except RefusedError as refused:
            await JSONResponse({"error": refused.words}, refused.status)(scope, receive, send)
        else:
            await self._inner(scope, _replayed(body, receive), send)

    async def _checked(self, scope: Scope, receive: Receive) -> bytes:
        """The body of a request that may pass."""
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        host = headers.get("host", "")
        if _name(f"//{host}") not in HOSTS:
            raise RefusedError(403, "this page is served to this machine alone")
        if (origin := headers.get("origin")) is not None and origin != f"http://{host}":
            raise RefusedError(403, "this page answers no other pages")
        method, path = scope["method"], scope["path"]
        if method == "GET" and (path in self._pages or self._is_answer(path)):
            return b""
        name = path.removeprefix(f"{API}/call/")
        if method != "POST" or path == name or name not in self._calls:
            raise RefusedError(404, "there is no such page")
        if headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
            raise RefusedError(415, "a call is JSON (Content-Type: application/json)")  # Gradio would read it otherwise
        body = await self._read(headers, receive)
        _check(body, self._calls[name])
        return body

    def _is_answer(self, path: str) -> bool:
        """Whether it is the path of a call's answer."""
        *start, event = path.removeprefix(f"{API}/call/").split("/")
        return path.startswith(API) and len(start) == 1 and start[0] in self._calls and bool(EVENT.fullmatch(event))

    async def _read(self, headers: Mapping[str, str], receive: Receive) -> bytes:
        """The whole body, if it is not too long."""
        too_long = RefusedError(413, f"more than {self._most_bytes:,} bytes at once are not taken")
        said = headers.get("content-length", "")
        if said.isdecimal() and (len(said) > LONGEST or int(said) > self._most_bytes):
            raise too_long
        body = bytearray()
        more = True
        while more:
            message = await receive()
            if message["type"] != "http.request":
                raise RefusedError(400, "the request ended early")
            body += message.get("body", b"")
            more = message.get("more_body", False)
            if len(body) > self._most_bytes:
                raise too_long
        return bytes(body)


class RefusedError(Exception):
    """A request that may not pass: its status and why."""

    def __init__(self, status: int, words: str) -> None:
        super().__init__(words)
        self.status, self.words = status, words


def _name(address: str) -> str | None:
    """The host of an address without its port; None if it is no address."""
    try:
        return urlsplit(address).hostname
    except ValueError:
        return None


def _check(body: bytes, wanted: Signature) -> None:
    """Refuse a call with other arguments. In an object Gradio would look for the address of a file to fetch."""
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        raise RefusedError(400, "a call is JSON") from None
    if not isinstance(said, dict) or said.keys() != {"data"} or not isinstance(said["data"], list):
        raise RefusedError(400, 'a call is {"data": [its arguments]}')
    if [type(value) for value in said["data"]] != list(wanted):
        names = ", ".join(kind.__name__ for kind in wanted)
        raise RefusedError(400, f"this call takes ({names})")


def _replayed(body: bytes, receive: Receive) -> Receive:
    """A request's body once more; after it what the client does next, such as going away."""
    waiting: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def again() -> Message:
        return waiting.pop() if waiting else await receive()

    return again


def _with_headers(send: Send) -> Send:
    """The same, with `HEADERS` on the answer in place of its own of these names."""
    ours = [(name.lower().encode(), value.encode()) for name, value in HEADERS.items()]
    names = {name for name, _ in ours}

    async def sent(message: Message) -> None:
        if message["type"] == "http.response.start":
            others = [(name, value) for name, value in message["headers"] if name.lower() not in names]
            message["headers"] = [*others, *ours]
        await send(message)

    return sent
