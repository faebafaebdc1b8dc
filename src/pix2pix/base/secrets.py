"""Passwords and tokens in addresses: they are hidden before a text is shown or kept."""

import re

MASK = "***"
# What stands before the last @ of a host: a user, a password, a token. A password may hold a bare /, ? or #; then a
# colon comes first that begins no port.
_USER = re.compile(r"(?<=://)(?:[^/?#\n]*|[^/?#@:\n]*:(?!\d{1,5}(?:[/?#]|$))(?:(?!://)[^\n])*)@")
# A query, or what is left of one: any value in it may be a secret, whatever its key is.
_QUERY = re.compile(r"[?&#]\S*")
_VALUE = re.compile(r"([?&;#][^\s=&;#]*=)[^\s&;#'\"<>)]*")


def hidden(text: str) -> str:
    """Return a text in which no address shows a secret: `https://***@host/a?raw=***&token=***`.

    Args:
        text: any text; addresses may stand anywhere in it.

    Returns:
        The text with `***` for user and password (`user:password@`), and for the value of every key in a query. The
        rest is as it was.
    """
    shown = _USER.sub(f"{MASK}@", text)
    return _QUERY.sub(lambda query: _VALUE.sub(rf"\1{MASK}", query[0]), shown)
