"""The models that the page offers, each loaded when it is first asked for."""

import os
import threading
from collections import OrderedDict
from pathlib import Path
from typing import NamedTuple

import numpy as np

from pix2pix.base.errors import UserError, one_line
from pix2pix.base.files import CHECKOUT, home
from pix2pix.commands import model
from pix2pix.data.picture_files import natural
from pix2pix.models.translator import Translator

# So many are kept; one of 256x256 takes about 220 MB.
KEPT = 3
BESIDE = CHECKOUT / "models/beside"


class Choice(NamedTuple):
    """A model by the name that `commands.model` knows it by, and in words."""

    name: str
    words: str


class Models:
    """What is offered, and the few that were used last. May be used from threads."""

    def __init__(self, first: str | None) -> None:
        """`first` is the name of the model that the page opens with; None for the project's own."""
        self._first = str(model.OWN) if first is None else first
        self._offered: dict[str, Choice] = {}
        self._loaded: OrderedDict[tuple[str, int], Translator] = OrderedDict()
        self._lock, self._one_loads = threading.Lock(), threading.Lock()
        self._offer([])

    @property
    def first(self) -> Choice:
        """The model that the page opens with."""
        return self._offered[self._first]

    def choices(self) -> tuple[list[Choice], str]:
        """All models there are now, the first one first, and why MLflow's are not among them if they are not."""
        found, why = [], ""
        try:
            found = _in_mlflow()
        except UserError as error:
            why = str(error)
        return list(self._offer(found).values()), why

    def words(self, name: str) -> str:
        """What a model that is offered is called."""
        return self._offered[name].words

    def get(self, name: str) -> Translator:
        """The translator of a model that is offered.

        Raises:
            UserError: it is not offered, or cannot be loaded.
        """
        if name not in self._offered:  # any other folder of this machine is none of the page's business
            raise UserError(f"{one_line(name)}: this model is not offered; reload the page for those that are")
        key = (name, _age(name))
        if found := self._known(key):
            return found
        with self._one_loads:  # whoever uses a loaded one does not wait; of two that ask at once one loads
            found = self._known(key) or _ready(name)
            with self._lock:
                self._loaded[key] = found
                while len(self._loaded) > KEPT:
                    self._loaded.popitem(last=False)
        return found

    def _known(self, key: tuple[str, int]) -> Translator | None:
        """A model that is loaded, which from now on is the one used last."""
        with self._lock:
            if key in self._loaded:
                self._loaded.move_to_end(key)
            return self._loaded.get(key)

    def _offer(self, found: list[Choice]) -> dict[str, Choice]:
        """Offer those on this disk and those that were found; what was offered once is known until the end."""
        folders = [Path(self._first), model.OWN, *sorted(_folders(BESIDE), key=lambda path: natural(path.name))]
        first = Choice(self._first, _shown(Path(self._first)) if Path(self._first).is_dir() else self._first)
        others = [Choice(str(path), _shown(path)) for path in folders if (path / "about.json").is_file()]
        choices = {choice.name: choice for choice in (first, *others, *found)}
        choices[first.name] = first
        self._offered = self._offered | choices
        return choices


def _ready(name: str) -> Translator:
    """A model that is loaded and has made a picture: the first one takes much longer than all others."""
    translator = model.load(None if name == str(model.OWN) else name)
    translator(np.zeros(translator.task.input.shape, np.uint8))
    return translator


def _in_mlflow() -> list[Choice]:
    """The models in MLflow's store. Without one, MLflow is not imported: that takes seconds."""
    if "MLFLOW_TRACKING_URI" not in os.environ and not (home() / "mlflow.db").exists():
        return []
    from pix2pix.tracking.runs import tracking_uri  # isort: skip (first: it says how MLflow is to behave)
    from pix2pix.tracking.registry import logged, versions

    uri = tracking_uri()
    return [Choice(*found) for found in (*versions(uri), *logged(uri))]


def _folders(folder: Path) -> list[Path]:
    return [path for path in folder.iterdir() if path.is_dir()] if folder.is_dir() else []


def _age(name: str) -> int:
    """What changes when the folder of a model is made anew; 0 for one in MLflow, which never is."""
    about = Path(name) / "about.json"
    return about.stat().st_mtime_ns if about.is_file() else 0


def _shown(folder: Path) -> str:
    """A folder as a person would call it."""
    path = folder.resolve()
    return one_line(path.relative_to(CHECKOUT) if path.is_relative_to(CHECKOUT) else folder)
