"""Secrets in addresses: they are used, and never shown, written down or sent on."""

import re

_HIDDEN = "***"
# `//user:password@` of an address; the user alone can be a token, too. A password may hold any letter but these.
_USER = re.compile(r"(?<=://)[^\s/?#'\"<>]+@")
# A query's or form's key that sounds secret, and its value.
_KEY = re.compile(
    r"(?i)([?&;](?:[\w.-]*(?:token|secret|passw(?:or)?d|pwd|signature|credential)s?[\w.-]*|sig|auth|(?:[\w.-]*[_-])?key"
    r"|api_?key|access_?key)=)[^&;#\s'\"<>]+"
)


def hidden(text: str) -> str:
    """Put `***` in place of the user and password of every address in a text, and of secret values in its queries."""
    return _KEY.sub(rf"\1{_HIDDEN}", _USER.sub(f"{_HIDDEN}@", text))
