"""An application of ours: its addresses behind the guard, and every error as one line of JSON."""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from http import HTTPStatus

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from pix2pix.base.errors import one_line
from pix2pix.web.guard import Guard

Handler = Callable[[Request, Exception], Awaitable[Response]]
# In place of Starlette's words, which are the names of the statuses.
WORDS = {404: "there is no such page", 405: "this address takes no request of this method"}


def application(
    routes: Sequence[Route],
    hosts: Collection[str],
    policy: str,
    handlers: Mapping[type[Exception], Handler],
) -> ASGIApp:
    """The ASGI application of a page and its server.

    Args:
        routes: the addresses and what answers them. There are no others, not even with a slash at the end.
        hosts, policy: see `Guard`.
        handlers: what answers an exception of a class, for errors of the page's own subject.
    """
    errors = {HTTPException: _refused, Exception: _failed, **handlers}
    inner = Starlette(routes=routes, exception_handlers=errors)
    inner.router.redirect_slashes = False
    return Guard(inner, hosts, policy)


async def _refused(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    status, words = error.status_code, error.detail
    if words == HTTPStatus(status).phrase:
        words = WORDS.get(status, words)
    return JSONResponse({"error": one_line(words)}, status, error.headers)


async def _failed(_: Request, __: Exception) -> Response:
    """The answer to an error of our own; the server prints its traceback."""
    return JSONResponse({"error": "Something went wrong on the server; its terminal says what."}, 500)
