"""The study over HTTP: one page, and the few addresses that it asks.

A participant is known by a random token in a cookie. Which picture is the generated one leaves the server after a
practice trial's answer and never else: a picture's address says trial and side, and both are sent in the same way.
"""

import re
import sqlite3
import sys
from collections.abc import Awaitable, Callable, Sequence
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pix2pix.base.errors import one_line
from pix2pix.study import page
from pix2pix.study.sessions import Answer, ForgedError, Sessions, UnknownError
from pix2pix.study.stimuli import ChangedError
from pix2pix.study.store import ConflictError
from pix2pix.study.trials import Side

COOKIE = "participant"
# A closed browser may be opened again within so many seconds.
REMEMBERED_S = 30 * 24 * 3600
# Of what a page has to say; longer than any answer.
MOST_BYTES = 4096
# Of a trial. Python makes no number of thousands of digits.
NUMBER = re.compile("[0-9]{1,99}")
HEADERS = {
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
STATUS = {UnknownError: 404, ConflictError: 409, ForgedError: 422}
Milliseconds = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class _Said(BaseModel):
    """The body of an answer."""

    model_config = ConfigDict(extra="forbid", strict=True)

    chosen: Side
    left_ms: Milliseconds
    right_ms: Milliseconds
    took_ms: Milliseconds


def app(sessions: Sessions, hosts: Sequence[str]) -> Starlette:
    """The study as an ASGI application.

    Args:
        sessions: of the model that is judged.
        hosts: the names by which the server is called. Requests for others are refused: a foreign page could have
            its own name lead here.
    """
    html, policy = page.render(sessions.protocol)
    # All ports of a machine share their cookies, and each model has a study of its own.
    cookie = f"{COOKIE}-{sessions.study.fingerprint}"

    def token(request: Request) -> str:
        """The participant's token; a stranger has one that nobody has."""
        return request.cookies.get(cookie, "")

    async def index(_: Request) -> Response:
        return HTMLResponse(html, headers={"Content-Security-Policy": policy})

    async def join(request: Request) -> Response:
        await _body(request)
        new = await run_in_threadpool(sessions.join)
        answer = JSONResponse({}, 201)
        answer.set_cookie(cookie, new, max_age=REMEMBERED_S, httponly=True, samesite="strict")
        return answer

    async def state(request: Request) -> Response:
        if cookie not in request.cookies:
            return JSONResponse(None)  # somebody new
        return JSONResponse(await run_in_threadpool(sessions.state, token(request)))

    async def picture(request: Request) -> Response:
        number, side = _number(request), request.path_params["side"]
        if side not in ("left", "right"):
            raise HTTPException(404)
        content = await run_in_threadpool(sessions.picture, token(request), number, side)
        return Response(content, media_type="image/png")

    async def begin(request: Request) -> Response:
        await _body(request)
        first = await run_in_threadpool(sessions.begin, token(request), _number(request))
        return JSONResponse({"first": first})

    async def answer(request: Request) -> Response:
        said = _Said.model_validate_json(await _body(request))
        words = Answer(**said.model_dump())
        fake = await run_in_threadpool(sessions.answer, token(request), _number(request), words)
        return JSONResponse({} if fake is None else {"fake": fake})

    routes = [
        Route("/", index),
        Route("/api/participants", join, methods=["POST"]),
        Route("/api/state", state),
        Route("/api/pictures/{number}/{side}", picture),
        Route("/api/trials/{number}/begin", begin, methods=["POST"]),
        Route("/api/trials/{number}/answer", answer, methods=["POST"]),
    ]
    handlers: dict[type[Exception], Callable[[Request, Exception], Awaitable[Response]]] = {
        HTTPException: _refused,
        ValidationError: _unclear,
        ChangedError: _unable,
        sqlite3.Error: _unable,
        **dict.fromkeys(STATUS, _against_the_rules),
    }
    middleware = [Middleware(_Headers), Middleware(TrustedHostMiddleware, allowed_hosts=hosts, www_redirect=False)]
    return Starlette(routes=routes, middleware=middleware, exception_handlers=handlers)


class _Headers:
    """Puts `HEADERS` on every answer."""

    def __init__(self, inner: ASGIApp) -> None:
        self._inner = inner

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(HEADERS)
            await send(message)

        await self._inner(scope, receive, send_with_headers)


def _number(request: Request) -> int:
    """The trial that an address names."""
    number = request.path_params["number"]
    if not NUMBER.fullmatch(number):
        raise HTTPException(404)
    return int(number)


async def _body(request: Request) -> bytes:
    """The JSON text that a page sent.

    A browser lets no foreign page send JSON, so none can speak for a participant.

    Raises:
        HTTPException: it is no JSON, too long, or ends early; not all of it is read then.
    """
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise HTTPException(415, "JSON is wanted (Content-Type: application/json)")
    content = b""
    try:
        async for chunk in request.stream():
            content += chunk
            if len(content) > MOST_BYTES:
                raise HTTPException(413, f"more than {MOST_BYTES} bytes", {"Connection": "close"})
    except ClientDisconnect:
        raise HTTPException(400, "the request ended early") from None
    return content


async def _refused(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return JSONResponse({"error": error.detail}, error.status_code, error.headers)


async def _unclear(_: Request, error: Exception) -> Response:
    assert isinstance(error, ValidationError)
    first = error.errors(include_url=False, include_input=False)[0]
    where = ".".join(map(str, first["loc"]))
    return JSONResponse({"error": one_line(f"{where}: {first['msg']}" if where else first["msg"])}, 422)


async def _against_the_rules(_: Request, error: Exception) -> Response:
    return JSONResponse({"error": str(error)}, STATUS[type(error)])


async def _unable(_: Request, error: Exception) -> Response:
    """What the page cannot mend, but whoever runs the study can; the page keeps its answer and tries again."""
    print(f"error: {one_line(error)}", file=sys.stderr)
    return JSONResponse({"error": "The study cannot go on just now. Please tell the person who runs it."}, 503)
