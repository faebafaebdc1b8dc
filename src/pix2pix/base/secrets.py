"""Passwords and tokens in addresses: they are hidden before a text is shown or kept."""

import re

MASK = "***"
# What stands before the last @ of a host: a user, a password, a token. A password may hold a bare /, ? or #; then a
# colon comes first that begins no port.
_USER = re.compile(r"(?<=://)(?:[^\s/?#]*|[^\s/?#@:]*:(?!\d{1,5}(?:[/?#]|$))\S*)@")
_WORDS = "auth|code|cred|jwt|key|pass|policy|pwd|secret|session|sig|token"
_QUERY = re.compile(rf"([?&;#][\w.%~-]*(?:{_WORDS})[\w.%~-]*=)[^\s&;#'\"<>)]*", re.IGNORECASE)


def hidden(text: str) -> str:
    """Return a text in which no address shows a secret: `https://***@host/a?token=***`.

    Args:
        text: any text; addresses may stand anywhere in it.

    Returns:
        The text with `***` for user and password (`user:password@`), and for the value of every key in a query whose
        name looks like a secret's, such as `token`, `X-Amz-Signature` or `api_key`. The rest is as it was.
    """
    return _QUERY.sub(rf"\1{MASK}", _USER.sub(f"{MASK}@", text))
