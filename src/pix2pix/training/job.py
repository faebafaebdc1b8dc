"""A whole training: the system, its data, its length, and everything that decides its result."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from pix2pix.base.errors import DivergedError
from pix2pix.data.manifests import Manifest
from pix2pix.training.checkpoint import Ancestor
from pix2pix.training.fingerprint import fingerprint
from pix2pix.training.followers import Followers
from pix2pix.training.looks import Look
from pix2pix.training.loop import Trained, train
from pix2pix.training.plan import Plan
from pix2pix.training.session import Session, Stop
from pix2pix.training.source import Source
from pix2pix.training.start import Start
from pix2pix.training.system import System


class Setup(NamedTuple):
    """A system with its batches and its look."""

    system: System
    source: Source
    look: Look


@dataclass(frozen=True)
class Job:
    """A training.

    Attributes:
        kind: `training` or `segmenter`; the MLflow run has it as a tag.
        source: the script that does the training.
        name: the name for people.
        parameters: the values in `params.yaml` that decide the training, by path; MLflow shows them.
        decisive: everything that decides the training; see `fingerprint.decisive`.
        seed: the seed of the run.
        plan: how long the training is.
        set_up: a function that makes the system with its first weights.
        data: the name of the data set, the manifest of the records, and their digest.
        reports: the folder for the curves and times.
        models: the folder that gets a subfolder for each product of the system.
        about: a function that returns the `about.json` of a product, from its name, its epoch (from 1) and what chose
            the epoch.
        start: the model whose weights the training begins with; None if the seed decides the first weights.
        example: the word for an example: `pair` or `picture`.
        places: the names of models that other stages read, each with the reason why a system may lack it.
    """

    kind: str
    source: str
    name: str
    parameters: Mapping[str, Any]
    decisive: Mapping[str, Any]
    seed: int
    plan: Plan
    set_up: Callable[[], Setup]
    data: tuple[str, Manifest, str]
    reports: Path
    models: Path
    about: Callable[[str, int, str], Mapping[str, Any]]
    start: Start | None = None
    example: str = "pair"
    places: Mapping[str, str] = field(default_factory=dict)

    @property
    def fingerprint(self) -> str:
        """The identity of the training, 16 hexadecimal digits."""
        return fingerprint(self.decisive)

    def prepared(self) -> Setup:
        """Make the system, and check that the weights of `start` fit it.

        Raises:
            TrainingError, DataError: see `Start.check`.
        """
        setup = self.set_up()
        if self.start:
            self.start.check(setup.system)
        return setup

    def train(
        self, setup: Setup, folder: Path, ancestors: Sequence[Ancestor], followers: Followers, stop: Stop
    ) -> Trained:
        """Train to the end, beginning with the newest checkpoint if there is one.

        Args:
            setup: what `prepared` returned.
            folder: the folder of the run's checkpoints.
            ancestors: other runs that began in the same way.
            followers: they get the figures and pictures.
            stop: a function that returns the signal that asks training to stop, or None.

        Raises:
            StoppedError, TrainingError: see `loop.train`.
        """
        system, source, look = setup
        session = Session(system, self.plan, folder, ancestors, stop)
        print(session.begun, flush=True)
        if self.plan.replicas > 1:
            print(session.layout.words(self.plan.replicas), flush=True)
        if self.start and session.fresh:
            print(self.start.give(system), flush=True)
        try:
            return train(system, source, self.plan, look, self.seed, session, followers)
        except DivergedError as error:
            rates = [path for path in self.parameters if path.endswith(".learning_rate")]
            raise DivergedError(f"{error}. Try a smaller {' or '.join(rates)}, or another seed") from None
