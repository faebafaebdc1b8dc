"""The page over HTTP: its files, and `POST /calls/NAME` with `{"data": [arguments]}` for each of its calls."""

import asyncio
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from pix2pix.app import uploads
from pix2pix.app.calls import Answer
from pix2pix.base.errors import one_line
from pix2pix.web import looks
from pix2pix.web.application import application
from pix2pix.web.bodies import json_text
from pix2pix.web.guard import policy

HERE = Path(__file__).parent
_TYPES = {".html": "text/html", ".css": "text/css", ".js": "text/javascript"}
# The names that a browser on this machine, or at the other end of a tunnel, has for the server; any port may follow.
HOSTS = ("127.0.0.1", "localhost", "[::1]")
POLICY = policy(scripts="'self'", styles="'self'", images="'self' blob: data:")
# Base64 makes four bytes of three; the other arguments are short.
MOST_BYTES = uploads.MAX_BYTES * 4 // 3 + (1 << 16)
# The most calls of one name that are answered at once: a call uses all cores, and a large upload takes much memory.
AT_ONCE = 2
Call = Callable[..., Answer]


def page(calls: Mapping[str, Call], index: str = "page.html") -> ASGIApp:
    """The page as an ASGI application.

    A call is answered in a thread of its own. It is refused with 404 if there is none of its name and with 400 if its
    arguments have other types than the call's annotations.

    Args:
        calls: the calls of the page, by name; see `Calls`.
        index: the file of the page: `page.html`, or `noise.html` for a model that starts from noise.
    """
    turns = {name: asyncio.Semaphore(AT_ONCE) for name in calls}

    async def answer(request: Request) -> Response:
        name = request.path_params["name"]
        if name not in calls:
            raise HTTPException(404, f"there is no such call: {one_line(name)}")
        body = await json_text(request, MOST_BYTES)
        async with turns[name]:
            return await run_in_threadpool(_answered, calls[name], body)

    files = [Route(path, _file(*file)) for path, file in _files(index).items()]
    return application([*files, Route("/calls/{name}", answer, methods=["POST"])], HOSTS, POLICY, {})


def _answered(call: Call, body: bytes) -> Response:
    return JSONResponse(call(*_arguments(call, body)))


def _arguments(call: Call, body: bytes) -> list[Any]:
    """Return the arguments that a body has for a call.

    Raises:
        HTTPException: the body is not of the form of a call, or has other arguments.
    """
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        raise HTTPException(400, "the body of a call is JSON") from None
    if not isinstance(said, dict) or said.keys() != {"data"} or not isinstance(said["data"], list):
        raise HTTPException(400, 'the body of a call is {"data": [its arguments]}')
    wanted = [kind for name, kind in call.__annotations__.items() if name not in ("self", "return")]
    if [type(value) for value in said["data"]] != wanted:
        raise HTTPException(400, f"this call takes ({', '.join(kind.__name__ for kind in wanted)})")
    return said["data"]


def _files(index: str) -> dict[str, tuple[bytes, str]]:
    """Return the contents and types of the page's files by path. They are read once: no request leads to the disk."""
    files = {f"/{path.name}": path.read_bytes() for path in HERE.iterdir() if path.suffix in _TYPES}
    files["/page.css"] = looks.CSS.encode() + files["/page.css"]
    files["/"] = files.pop(f"/{index}")
    return {path: (data, _TYPES[Path(path).suffix or ".html"]) for path, data in files.items()}


def _file(data: bytes, kind: str) -> Callable[[Request], Any]:
    """Return the endpoint that answers with a file."""

    async def answer(_: Request) -> Response:
        return Response(data, media_type=kind)

    return answer
