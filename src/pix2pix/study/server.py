"""The study over HTTP: one page, and the few addresses that it uses.

A participant is known by a random token in a cookie. The server says which picture is the generated one only after the
answer to a practice trial: the address of a picture contains trial and side, and the server sends both pictures in the
same way.
"""

import re
import sqlite3
import sys
from collections.abc import Collection
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from pix2pix.base.errors import one_line
from pix2pix.study import page
from pix2pix.study.sessions import Answer, ForgedError, Sessions, UnknownError
from pix2pix.study.stimuli import ChangedError
from pix2pix.study.store import ConflictError
from pix2pix.study.trials import Side
from pix2pix.web.application import Handler, application
from pix2pix.web.bodies import json_text

COOKIE = "participant"
# The seconds within which a participant may close the browser and go on.
_REMEMBERED_S = 30 * 24 * 3600
# The most bytes of an answer of a page.
MOST_BYTES = 4096
# The number of a trial. Python refuses numbers of thousands of digits.
NUMBER = re.compile("[0-9]{1,99}")
_STATUS = {UnknownError: 404, ConflictError: 409, ForgedError: 422}
_Milliseconds = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class _Said(BaseModel):
    """The body of an answer."""

    model_config = ConfigDict(extra="forbid", strict=True)

    chosen: Side
    left_ms: _Milliseconds
    right_ms: _Milliseconds
    took_ms: _Milliseconds


def app(sessions: Sessions, hosts: Collection[str]) -> ASGIApp:
    """The study as an ASGI application.

    Args:
        sessions: the sessions of the model that is judged.
        hosts: the names of the server; see `Guard`.
    """
    html, policy = page.render(sessions.protocol, sessions.size)
    answers = _Answers(sessions, html)
    routes = [
        Route("/", answers.index),
        Route("/api/participants", answers.join, methods=["POST"]),
        Route("/api/state", answers.state),
        Route("/api/pictures/{number}/{side}", answers.picture),
        Route("/api/trials/{number}/begin", answers.begin, methods=["POST"]),
        Route("/api/trials/{number}/answer", answers.answer, methods=["POST"]),
    ]
    handlers: dict[type[Exception], Handler] = {
        ValidationError: _unclear,
        ChangedError: _unable,
        sqlite3.Error: _unable,
        **dict.fromkeys(_STATUS, _against_the_rules),
    }
    return application(routes, hosts, policy, handlers)


class _Answers:
    """The endpoints, one method for each address. Work on the database is done in threads."""

    def __init__(self, sessions: Sessions, html: str) -> None:
        self._sessions, self._html = sessions, html
        # All ports of a machine share their cookies, and each model has a study of its own.
        self._cookie = f"{COOKIE}-{sessions.study.fingerprint}"

    def _token(self, request: Request) -> str:
        """Return the participant's token. Nobody has the empty token, which stands for no cookie."""
        return request.cookies.get(self._cookie, "")

    async def index(self, _: Request) -> Response:
        return HTMLResponse(self._html)

    async def join(self, request: Request) -> Response:
        await json_text(request, MOST_BYTES)
        new = await run_in_threadpool(self._sessions.join)
        answer = JSONResponse({}, 201)
        answer.set_cookie(self._cookie, new, max_age=_REMEMBERED_S, httponly=True, samesite="strict")
        return answer

    async def state(self, request: Request) -> Response:
        if self._cookie not in request.cookies:
            return JSONResponse(None)  # a new person
        return JSONResponse(await run_in_threadpool(self._sessions.state, self._token(request)))

    async def picture(self, request: Request) -> Response:
        number, side = _number(request), request.path_params["side"]
        if side not in ("left", "right"):
            raise HTTPException(404)
        content = await run_in_threadpool(self._sessions.picture, self._token(request), number, side)
        return Response(content, media_type="image/png")

    async def begin(self, request: Request) -> Response:
        await json_text(request, MOST_BYTES)
        first = await run_in_threadpool(self._sessions.begin, self._token(request), _number(request))
        return JSONResponse({"first": first})

    async def answer(self, request: Request) -> Response:
        said = _Said.model_validate_json(await json_text(request, MOST_BYTES))
        words = Answer(**said.model_dump())
        fake = await run_in_threadpool(self._sessions.answer, self._token(request), _number(request), words)
        return JSONResponse({} if fake is None else {"fake": fake})


def _number(request: Request) -> int:
    """Return the number of the trial in an address."""
    number = request.path_params["number"]
    if not NUMBER.fullmatch(number):
        raise HTTPException(404)
    return int(number)


async def _unclear(_: Request, error: Exception) -> Response:
    assert isinstance(error, ValidationError)
    first = error.errors(include_url=False, include_input=False)[0]
    where = ".".join(map(str, first["loc"]))
    return JSONResponse({"error": one_line(f"{where}: {first['msg']}" if where else first["msg"])}, 422)


async def _against_the_rules(_: Request, error: Exception) -> Response:
    return JSONResponse({"error": str(error)}, _STATUS[type(error)])


async def _unable(_: Request, error: Exception) -> Response:
    """Answer an error that only the person who runs the study can mend. The page keeps its answer and tries again."""
    print(f"error: {one_line(error)}", file=sys.stderr)
    return JSONResponse({"error": "The study cannot go on just now. Please tell the person who runs it."}, 503)
