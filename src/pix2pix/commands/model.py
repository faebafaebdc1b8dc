"""Finding the model that a person names: a folder, an address in MLflow, or an MLflow run."""

import re
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from pix2pix.base import framework
from pix2pix.base.errors import DataError, one_line
from pix2pix.base.files import CHECKOUT

if TYPE_CHECKING:
    from pix2pix.models.translator import Translator

# The checkout's own model, which is meant when no other one is named.
OWN = CHECKOUT / "models/generator"
RUN = re.compile("[0-9a-f]{32}")


def load(name: str | None) -> "Translator":
    """The translator of a model; its folder or address and its fingerprint are printed on stderr.

    Args:
        name: a model folder, an address such as `models:/facades/1`, or the id of an MLflow run; None for `OWN`.

    Raises:
        UserError: there is no such model, or it is damaged.
    """
    place = str(OWN) if name is None else name
    if Path(place).is_dir():
        translator = _translator(Path(place))
    elif name is None:
        raise DataError(f"{OWN}: there is no model yet; `dvc repro` makes it, or name another one")
    else:
        place = address(name)
        translator = _logged(place)
    print(f"model {one_line(place)}, fingerprint {one_line(translator.about['fingerprint'])}", file=sys.stderr)
    return translator


def address(name: str) -> str:
    """The address in MLflow that a name means, if the name is no folder's.

    Raises:
        DataError: it means none.
    """
    if RUN.fullmatch(name):
        return f"runs:/{name}/generator"
    if not name.startswith(("models:/", "runs:/")):
        raise DataError(
            f"{one_line(name)}: not a folder, not an address such as models:/NAME/1, and not the id of an MLflow run"
        )
    return name


def _translator(folder: Path) -> "Translator":
    """The translator of a model folder. The import takes seconds, so it comes when all else is in order."""
    framework.import_tensorflow()
    from pix2pix.models.translator import Translator

    return Translator.load(folder)


def _logged(address: str) -> "Translator":
    """The translator of a model in MLflow."""
    framework.import_tensorflow()
    from pix2pix.tracking.runs import tracking_uri  # isort: skip (first: it says how MLflow is to behave)
    from pix2pix.tracking.model import fetch_generator

    with tempfile.TemporaryDirectory() as scratch:
        folder = fetch_generator(tracking_uri(), address, Path(scratch))
        try:
            return _translator(folder)
        except DataError as error:
            raise DataError(f"{address}: {error}") from None
