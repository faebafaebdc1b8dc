"""The bodies of requests, which are JSON."""

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request

# A longer Content-Length is a number of more digits than any body has bytes, and Python refuses thousands of them.
_DIGITS = 15


async def json_text(request: Request, most_bytes: int) -> bytes:
    """Return the JSON text that a page has sent, without parsing it.

    A browser sends no JSON for a foreign page, so a foreign page cannot speak for the person at the browser.

    Raises:
        HTTPException: the request says that its body is something else (415), is too long (413) or ends early (400).
    """
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise HTTPException(415, "this address takes JSON (Content-Type: application/json)")
    too_long = HTTPException(413, f"this address takes {most_bytes:,} bytes at most", {"Connection": "close"})
    length = request.headers.get("content-length", "")
    if length.isdecimal() and (len(length) > _DIGITS or int(length) > most_bytes):
        raise too_long
    content = bytearray()
    try:
        async for chunk in request.stream():
            content += chunk
            if len(content) > most_bytes:
                raise too_long
    except ClientDisconnect:
        raise HTTPException(400, "the request ended early") from None
    return bytes(content)
