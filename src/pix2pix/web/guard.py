"""The guard before an application: it refuses requests from foreign pages and adds security headers to every answer."""

import re
from collections.abc import Collection

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

# A host, in brackets if it is an IPv6 address, and perhaps a port.
HOST = re.compile(r"(\[[0-9a-f:.]+\]|[^\s:/?#@\[\]\\]+)(:[0-9]{1,5})?")
HEADERS = {
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


def policy(scripts: str, styles: str, images: str) -> str:
    """Return the Content-Security-Policy of a page that asks its own server only.

    Args:
        scripts, styles, images: the allowed sources of each, such as `'self'`.
    """
    return (
        f"default-src 'none'; script-src {scripts}; style-src {styles}; img-src {images}; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )


class Guard:
    """An ASGI application that passes on only requests that a page of this server may have sent."""

    def __init__(self, inner: ASGIApp, hosts: Collection[str], policy: str) -> None:
        """Put the guard before `inner`.

        Args:
            inner: the application that answers.
            hosts: the names of this server, in small letters, an IPv6 address in brackets. A foreign page can give a
                name of its own this machine's address (DNS rebinding), so requests for other names are refused.
            policy: the Content-Security-Policy of all answers.
        """
        self._inner, self._hosts = inner, frozenset(hosts)
        self._headers = HEADERS | {"Content-Security-Policy": policy}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it with 403 and one line of JSON."""
        if scope["type"] != "http":
            await self._inner(scope, receive, send)
            return
        reason = self._reason(Headers(scope=scope))
        answer = JSONResponse({"error": reason}, 403) if reason else self._inner
        await answer(scope, receive, self._with_headers(send))

    def _reason(self, headers: Headers) -> str:
        """Return the reason why a request is refused; empty if it is not refused."""
        host = headers.get("host", "").lower()
        found = HOST.fullmatch(host)
        if not found or found[1] not in self._hosts:
            return "this server has another name"
        if headers.get("origin", f"http://{host}") != f"http://{host}":
            return "this server answers its own pages only"
        return ""

    def _with_headers(self, send: Send) -> Send:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(self._headers)
            await send(message)

        return send_with_headers
