"""Names that follow from the parameters: the data set's, the registered model's, the MLflow experiment's."""

import re
import unicodedata
from pathlib import PurePath
from typing import TYPE_CHECKING
from urllib.parse import unquote

if TYPE_CHECKING:
    from pix2pix.params.data import Data
    from pix2pix.params.sections import Params

_LONGEST = 60
# The suffixes of an archive's file name. A folder's name keeps whatever stands after a dot.
_PACKED = re.compile(r"(\.(tar|tgz|tbz2?|txz|gz|bz2|xz|zip))+$", re.IGNORECASE)


def data_set(data: "Data") -> str:
    """Return the name of the data set: `data.name`; else its own name or, of own pictures, that of their place."""
    return called(data.dataset, data.name, data.url, data.path)


def called(dataset: str, name: str | None, url: str | None, path: str) -> str:
    """Return the name of the data set that these values of the section `data` describe; see `data_set`."""
    return name or (dataset if dataset != "custom" else of_place(url or path))


def model(params: "Params") -> str:
    """Return the name of the registered model: `tracking.model_name`, or `of_task`.

    Args:
        params: the sections data and tracking.
    """
    return params.tracking.model_name or of_task(params.data)


def of_task(data: "Data") -> str:
    """Return the name of the data set and, of another task than pairs, that of the task: `facades-colourise`."""
    return data_set(data) if data.task == "pairs" else f"{data_set(data)}-{data.task}"


def experiment(params: "Params") -> str:
    """Return the name of the experiment: `tracking.experiment`, or `<system>-`, and `of_task`.

    Args:
        params: the sections data, model and tracking.
    """
    return params.tracking.experiment or f"{params.model.system}-{of_task(params.data)}"


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
