"""The model that a command line names."""

import re
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from pix2pix.base import framework
from pix2pix.base.errors import DataError, one_line
from pix2pix.base.files import CHECKOUT

if TYPE_CHECKING:
    from pix2pix.models.translator import Translator

OWN = CHECKOUT / "models/generator"
RUN = re.compile("[0-9a-f]{32}")


def load(name: str | None) -> "Translator":
    """The translator of a model folder, an MLflow address or an MLflow run's id; of this project's model if None.

    Raises:
        UserError: there is no such model, or it is damaged.
    """
    path = OWN if name is None else Path(name)
    if path.is_dir():
        return _translator(path)
    if name is None:
        raise DataError(f"{OWN}: there is no model yet; `dvc repro` makes it, or name another one")
    address = f"runs:/{name}/generator" if RUN.fullmatch(name) else name
    if not address.startswith(("models:/", "runs:/")):
        raise DataError(f"{one_line(name)}: no folder, no address such as models:/NAME/1, and no id of a run")
    return _logged(address)


def _translator(folder: Path) -> "Translator":
    """The translator of a model folder. It takes seconds to import, so that is done when all else is in order."""
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
