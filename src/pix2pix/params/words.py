"""Names as single words that MLflow, file systems and command lines take as they are."""

import re
import unicodedata
from pathlib import PurePath
from urllib.parse import unquote

_LONGEST = 60
# The suffixes of an archive's file name. A folder's name keeps whatever stands after a dot.
_PACKED = re.compile(r"(\.(tar|tgz|tbz2?|txz|gz|bz2|xz|zip))+$", re.IGNORECASE)


def called(dataset: str, name: str | None, url: str | None, path: str) -> str:
    """Return the name of the data set that these values of the section `data` describe; see `names.data_set`."""
    return name or (dataset if dataset != "custom" else of_place(url or path))


def of_place(place: str) -> str:
    """Return the name of a folder or an archive, `cleaned`, without the archive's suffixes.

    Args:
        place: a path or an address; neither has to exist. A manifest of records has the name of its folder.

    Returns:
        The name; "" for a place whose name has no letter and no digit.
    """
    _, scheme, address = place.partition("://")
    path = unquote(re.split("[?#]", address.partition("/")[2])[0]) if scheme else place
    found = PurePath(path)
    return cleaned(_PACKED.sub("", found.parent.name if found.name == "manifest.json" else found.name))


def cleaned(name: str) -> str:
    """Return a name in the form that MLflow, file systems and command lines take as it is.

    Letters and digits of any script, `.`, `_` and `-` stay. Whatever stands between them becomes one `-`. The name
    begins and ends with a letter or a digit, and has at most 60 characters.
    """
    letters = (each if _stays(each) else " " for each in unicodedata.normalize("NFC", name))
    return "-".join("".join(letters).split()).strip("._-")[:_LONGEST].rstrip("._-")


def word(name: str | None) -> str | None:
    """Return a name that is `cleaned`, or None; refuse any other name with `ValueError`."""
    if name is not None and (not name or name != cleaned(name)):
        like = f", such as {cleaned(name)}" if cleaned(name) else ""
        raise ValueError(f"must be null, or a word of letters, digits, `.`, `_` and `-`{like}")
    return name


def _stays(letter: str) -> bool:
    return letter in "._-" or unicodedata.category(letter)[0] in "LMN"
