"""An application with its addresses behind the guard, and with every error as one line of JSON."""

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
# The words for people, in place of Starlette's names of the statuses.
WORDS = {404: "there is no such page", 405: "this address takes no request of this method"}


def application(
    routes: Sequence[Route],
    hosts: Collection[str],
    policy: str,
    handlers: Mapping[type[Exception], Handler],
) -> ASGIApp:
    """Make the ASGI application of a page.

    Args:
        routes: the addresses with their endpoints. No other address is answered, not even one with a slash at the end.
        hosts, policy: see `Guard`.
        handlers: the handlers of exceptions, by class, for errors of the page's own subject.
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
    """Answer a bug; the server prints its traceback."""
    return JSONResponse({"error": "Something went wrong on the server; its terminal shows the error."}, 500)
