"""The models that the page offers. Each is loaded when it is first asked for."""

import threading
from collections import OrderedDict
from typing import TYPE_CHECKING, NamedTuple, Protocol, TypeVar, cast

import numpy as np

from pix2pix.base import files
from pix2pix.base.errors import UserError, one_line

if TYPE_CHECKING:
    from pix2pix.models.opening import Generator
    from pix2pix.models.sampler import Sampler
    from pix2pix.models.translator import Translator

# The number of models that stay loaded, the last used ones. A model of 256x256 takes about 220 MB.
KEPT = 3

Kind = TypeVar("Kind", bound="Generator")


class Choice(NamedTuple):
    """A model: the name by which it is found, and words for people."""

    name: str
    words: str


class RenewedError(Exception):
    """A name stands for another model than before, such as after a training."""


class Catalogue(Protocol):
    """A catalogue finds models by their names, and lists them."""

    @property
    def first(self) -> Choice:
        """The model that the page opens with."""

    def in_folders(self) -> list[Choice]:
        """The models in folders of this project."""

    def in_mlflow(self) -> list[Choice]:
        """The models in MLflow's store.

        Raises:
            UserError: the store does not answer.
        """

    def load(self, name: str) -> "Generator":
        """The model of a name.

        Raises:
            UserError: there is no such model, or it is damaged.
        """

    def version(self, name: str) -> int | None:
        """A number that changes when the name stands for another model; None if it stands for none at the moment."""


class Models:
    """The models that are offered. The last `KEPT` used ones stay loaded. Several threads may use it at once."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._offered: dict[str, Choice] = {}
        self._loaded: OrderedDict[str, tuple[int | None, Generator]] = OrderedDict()  # with their versions
        self._lock, self._one_loads = threading.Lock(), threading.Lock()
        self._offer([])

    @property
    def first(self) -> Choice:
        """The model that the page opens with."""
        return self._catalogue.first

    def choices(self) -> tuple[list[Choice], str]:
        """Return all present models, and the reason why MLflow's are missing, or an empty string."""
        try:
            return self._offer(self._catalogue.in_mlflow()), ""
        except UserError as error:
            return self._offer([]), str(error)

    def words(self, name: str) -> str:
        """The words for a model that is offered."""
        return self._offered[name].words

    def translator(self, name: str) -> "Translator":
        """A model that reads pictures.

        Raises:
            UserError: see `get`; or it starts from noise.
        """
        found = self.get(name)
        if found.about.noise is not None:
            raise UserError(f"{one_line(self.words(name))}: starts from noise; open it with `pix2pix app --model`")
        return cast("Translator", found)

    def sampler(self, name: str) -> "Sampler":
        """A model that starts from noise.

        Raises:
            UserError: see `get`; or it reads pictures.
        """
        found = self.get(name)
        if found.about.noise is None:
            raise UserError(f"{one_line(self.words(name))}: reads pictures; open it with `pix2pix app --model`")
        return cast("Sampler", found)

    def get(self, name: str) -> "Generator":
        """A model that is offered, of any kind.

        A loaded model stays in use while its name stands for none, such as while `dvc repro` trains it anew.

        Raises:
            UserError: the model is not offered, or cannot be loaded.
        """
        if name not in self._offered:  # the page may not load any other folder of this machine
            raise UserError(f"{one_line(name)}: this model is not offered; reload the page to see which models are")
        version = self._catalogue.version(name)
        if found := self._known(name, version):
            return found
        with self._one_loads:  # a model that two people ask for at once is loaded once; a loaded model does not wait
            found = self._known(name, version) or self._ready(name)
            with self._lock:
                self._loaded[name] = version, found
                self._loaded.move_to_end(name)
                while len(self._loaded) > KEPT:
                    self._loaded.popitem(last=False)
        return found

    def _known(self, name: str, version: int | None) -> "Generator | None":
        """Return a model if this version is loaded; None stands for any. It then counts as the last used one."""
        with self._lock:
            loaded, found = self._loaded.get(name, (None, None))
            if found is None or version not in (None, loaded):
                return None
            self._loaded.move_to_end(name)
            return found

    def _ready(self, name: str) -> "Generator":
        """Load a model and let it make a picture, because the first picture takes much longer than all others.

        Raises:
            UserError: the page cannot give the model what it reads.
        """
        model = self._catalogue.load(name)
        if model.about.noise is not None:
            sampler = cast("Sampler", model)
            sampler(0, class_id=0 if sampler.classes else None)
        elif model.task.has_instances:
            why = "reads instance maps, which the page cannot draw; use `pix2pix predict --instances`"
            raise UserError(f"{one_line(self.words(name))}: {why}")
        else:
            field = model.task.input
            cast("Translator", model)(np.zeros(field.shape, field.dtype))
        return model

    def _offer(self, in_mlflow: list[Choice]) -> list[Choice]:
        """Offer the first model, the models in folders, and those in MLflow. A model that was offered stays offered."""
        first = self.first
        choices = {choice.name: choice for choice in (first, *self._catalogue.in_folders(), *in_mlflow)}
        choices[first.name] = first
        with self._lock:
            self._offered |= choices
        return list(choices.values())


def identity(model: "Generator") -> str:
    """Return a text that another model has not: the SHA-256 of its description, with the hash of its weights."""
    return files.sha256_of([files.as_json(model.about.told())])


def same(model: Kind, expected: str) -> Kind:
    """Return a model, if its identity is the expected one.

    Raises:
        RenewedError: it is another model.
    """
    if identity(model) != expected:
        raise RenewedError
    return model
