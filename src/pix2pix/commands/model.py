"""Finding the model that a person names, and listing all models of this project and of MLflow."""

import os
import re
import sys
import tempfile
import time
from argparse import Namespace
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast

from pix2pix import params
from pix2pix.app.models import Choice
from pix2pix.base import framework
from pix2pix.base.errors import DataError, UsageError, UserError, one_line
from pix2pix.base.files import CHECKOUT, home
from pix2pix.data.picture_files import natural
from pix2pix.params import names

if TYPE_CHECKING:
    from pix2pix.models.opening import Generator
    from pix2pix.models.sampler import Sampler
    from pix2pix.models.translator import Translator
    from pix2pix.networks.precision import Precision

Loaded = TypeVar("Loaded", bound="Generator")

# The checkout's own model, which commands use if no other one is named.
OWN = CHECKOUT / "models/generator"
BESIDE = CHECKOUT / "models/beside"
RUN = re.compile("[0-9a-f]{32}")
# MLflow is asked at most once in so many seconds which version has an alias: a server that is down lets people wait.
ASK_AFTER = 60.0


def load(name: str | None, precision: "Precision" = "float32") -> "Translator":
    """Load the translator of a model, and print its folder or address and its fingerprint on stderr.

    A second line warns if this processor takes longer in the precision that was asked for.

    Args:
        name: a model folder, an address such as `models:/NAME/1` or `@champion`, or the id of an MLflow run; None
            for `OWN`.
        precision: in which it computes; see `networks.inference.inference_form`.

    Raises:
        UserError: there is no such model, it is damaged, or it is one that starts from noise.
    """
    return _found(name, _translator, precision)


def in_steps(model: Loaded, options: Namespace) -> Loaded:
    """Return the model with the steps that a command line asks for, if it asks for any.

    Raises:
        UsageError: the model makes a picture at once.
    """
    if options.steps is None and options.solver is None:
        return model
    if model.about.walk is None:
        raise UsageError("--steps, --solver: this model makes a picture at once, so it has no steps to choose")
    return cast(Any, model).in_steps(options.steps, options.solver)


def load_sampler(name: str | None) -> "Sampler":
    """Load the sampler of a model; see `load`.

    Raises:
        UserError: there is no such model, it is damaged, or it is one that reads pictures.
    """
    return _found(name, _sampler, "float32")


def load_any(name: str | None, precision: "Precision" = "float32") -> "Generator":
    """Load a model of any kind; see `load`."""
    return _found(name, _generator, precision)


def _found(name: str | None, opened: Callable[[Path, "Precision"], Loaded], precision: "Precision") -> Loaded:
    place = str(OWN) if name is None else name
    if Path(place).is_dir():
        model = opened(Path(place), precision)
    elif name is None:
        raise DataError(f"{OWN}: there is no model yet; `dvc repro` makes it, or name another one")
    else:
        place = address(name)
        model = _logged(place, opened, precision)
    print(f"model {one_line(place)}, fingerprint {one_line(model.about.fingerprint)}", file=sys.stderr)
    _warn(precision)
    return model


def _warn(precision: "Precision") -> None:
    """Say on stderr if this machine takes longer in a precision than in float32."""
    from pix2pix.base import hardware  # TensorFlow, which is imported by now

    if hardware.is_slow_in(precision):
        line = f"warning: this processor has no {precision} instructions: --precision float32 is faster"
        print(line, file=sys.stderr)


def address(name: str) -> str:
    """Return the address in MLflow that a name, which is no folder's, stands for.

    Raises:
        DataError: the name stands for none.
    """
    if RUN.fullmatch(name):
        return f"runs:/{name}/generator"
    if name.startswith("@"):
        return f"models:/{own_name()}{name}"
    if not name.startswith(("models:/", "runs:/")):
        raise DataError(
            f"{one_line(name)}: not a folder, not an address such as models:/NAME/1 or @champion, and not the id of an "
            "MLflow run"
        )
    return name


def own_name() -> str:
    """Return the name of the registered model that the checkout's params.yaml says.

    Raises:
        ParamsError: the file is missing, or its data and tracking are impossible.
    """
    return names.model(params.load(CHECKOUT / "params.yaml", "data", "tracking"))


class Catalogue:
    """The models that the app may offer; see `app.models.Catalogue`."""

    def __init__(self, first: str | None, precision: "Precision" = "float32") -> None:
        """`first` is the name of the first model, as `load` takes it; all models compute in `precision`."""
        self._precision = precision
        name = str(OWN) if first is None else first
        self.first = Choice(name, _shown(Path(name)) if Path(name).is_dir() else name)
        self._asked: dict[str, tuple[float, int | None]] = {}  # when MLflow was asked for a name's version, and which

    def in_folders(self) -> list[Choice]:
        """This project's own model, that of the way back, and those in `BESIDE`, as far as they exist."""
        folders = [OWN, OWN.with_name("back"), *sorted(_folders(BESIDE), key=lambda path: natural(path.name))]
        return [Choice(str(path), _shown(path)) for path in folders if (path / "architecture.json").is_file()]

    def in_mlflow(self) -> list[Choice]:
        """Return the versions of the registered model `own_name`, and the newest logged models.

        MLflow is only imported if there is a store.

        Raises:
            UserError: the store does not answer, or params.yaml cannot be read.
        """
        if "MLFLOW_TRACKING_URI" not in os.environ and not (home() / "mlflow.db").exists():
            return []
        from pix2pix.tracking.registry import logged, versions
        from pix2pix.tracking.store import tracking_uri

        uri = tracking_uri()
        return [Choice(*found) for found in (*versions(uri, own_name()), *logged(uri))]

    def load(self, name: str) -> "Generator":
        """See `load_any`; the project's own model has a name here, too."""
        return load_any(None if name == str(OWN) else name, self._precision)

    def version(self, name: str) -> int | None:
        """When a model's folder was made, in nanoseconds; for a model in MLflow see `_number`.

        None: the folder is gone, or MLflow has not answered yet.
        """
        with suppress(OSError):
            return (Path(name) / "about.json").stat().st_mtime_ns
        asked, known = self._asked.get(name, (0.0, None))
        if not asked or time.monotonic() - asked > ASK_AFTER:
            self._asked[name] = time.monotonic(), known  # nobody else waits for this answer
            with suppress(UserError):
                known = _number(address(name))
            self._asked[name] = time.monotonic(), known
        return known


def _translator(folder: Path, precision: "Precision") -> "Translator":
    """Load the translator of a model folder. The import takes seconds, so it comes after all checks."""
    framework.import_tensorflow()
    from pix2pix.models.translator import Translator

    return Translator.load(folder, precision)


def _sampler(folder: Path, precision: "Precision") -> "Sampler":
    framework.import_tensorflow()
    from pix2pix.models.sampler import Sampler

    return Sampler.load(folder, precision)


def _generator(folder: Path, precision: "Precision") -> "Generator":
    framework.import_tensorflow()
    from pix2pix.models import opening

    return opening.load(folder, precision)


def _logged(address: str, opened: Callable[[Path, "Precision"], Loaded], precision: "Precision") -> Loaded:
    """Load a model in MLflow."""
    framework.import_tensorflow()
    from pix2pix.tracking.model import fetch_generator
    from pix2pix.tracking.store import tracking_uri

    with tempfile.TemporaryDirectory() as scratch:
        folder = fetch_generator(tracking_uri(), address, Path(scratch))
        try:
            return opened(folder, precision)
        except DataError as error:
            raise DataError(f"{address}: {error}") from None


def _number(address: str) -> int:
    """Return the number of the version that an alias names now; 0 for another address, whose model is fetched once."""
    if "@" not in address:
        return 0
    from pix2pix.tracking.registry import number
    from pix2pix.tracking.store import tracking_uri

    return number(tracking_uri(), address)


def _folders(folder: Path) -> list[Path]:
    return [path for path in folder.iterdir() if path.is_dir()] if folder.is_dir() else []


def _shown(folder: Path) -> str:
    """Return a folder as people name it: relative to the project if it lies there."""
    path = folder.resolve()
    return one_line(path.relative_to(CHECKOUT) if path.is_relative_to(CHECKOUT) else folder)
