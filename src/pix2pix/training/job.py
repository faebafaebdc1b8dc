"""A training as a whole: what is trained on what, for how long, and what decides the result."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from pix2pix.base.errors import DivergedError
from pix2pix.data.records import Manifest
from pix2pix.training.checkpoint import Ancestor
from pix2pix.training.fingerprint import fingerprint
from pix2pix.training.followers import Followers
from pix2pix.training.looks import Look
from pix2pix.training.loop import Source, Trained, train
from pix2pix.training.plan import Plan
from pix2pix.training.session import Session, Stop
from pix2pix.training.start import Start
from pix2pix.training.system import System


class Setup(NamedTuple):
    """A system with what it learns from."""

    system: System
    source: Source
    look: Look


@dataclass(frozen=True)
class Job:
    """A training.

    Attributes:
        kind: `training` or `segmenter`; MLflow's tag of its run.
        source: the script that carries it out.
        name: what people call it.
        parameters: what decides it in `params.yaml`, by path; MLflow shows it.
        decisive: all that decides it; see `fingerprint.decisive`.
        seed: of the run.
        plan: how long it is.
        set_up: makes the system with its first weights.
        data: the manifest of its records, and their digest.
        reports: the folder for its curves and times.
        models: the folder for a folder of each of the system's products.
        about: what these folders say of them, from the epoch (from 1) and what chose it.
        start: the weights it begins with; None: the first ones follow from the seed.
    """

    kind: str
    source: str
    name: str
    parameters: Mapping[str, Any]
    decisive: Mapping[str, Any]
    seed: int
    plan: Plan
    set_up: Callable[[], Setup]
    data: tuple[Manifest, str]
    reports: Path
    models: Path
    about: Callable[[int, str], Mapping[str, Any]]
    start: Start | None = None

    @property
    def fingerprint(self) -> str:
        """16 hexadecimal digits: those of equal trainings are equal."""
        return fingerprint(self.decisive)

    def prepared(self) -> Setup:
        """Make the system, and see that it can begin with the weights that it is to begin with.

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
        """Train to the end, from the newest checkpoint there is.

        Args:
            setup: see `prepared`.
            folder: of the run's checkpoints.
            ancestors: other runs that began as this one does.
            followers: who is told.
            stop: the signal that asks training to stop, or None.

        Raises:
            StoppedError, TrainingError: see `loop.train`.
        """
        system, source, look = setup
        session = Session(system, self.plan, folder, ancestors, stop)
        print(session.begun, flush=True)
        if self.start and session.fresh:
            print(self.start.give(system), flush=True)
        try:
            return train(system, source, self.plan, look, self.seed, session, followers)
        except DivergedError as error:
            rates = [path for path in self.parameters if path.endswith(".learning_rate")]
            raise DivergedError(f"{error}. A smaller {' or '.join(rates)} or another seed may help") from None
