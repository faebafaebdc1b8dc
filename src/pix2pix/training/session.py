"""A session: one process that trains a run. It knows where the run stands, when to save, and how to stop."""

import signal
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from pix2pix.base import hardware
from pix2pix.base.errors import StoppedError, TrainingError, number_of
from pix2pix.base.files import sha256_of
from pix2pix.training import checkpoint
from pix2pix.training.checkpoint import Ancestor
from pix2pix.training.layout import layout
from pix2pix.training.memories import Memories
from pix2pix.training.plan import Plan
from pix2pix.training.selection import Selected
from pix2pix.training.system import System, parts

Stop = Callable[[], signal.Signals | None]


class Session:
    """One session of a run.

    Attributes:
        progress: how far the run has come.
        selected: the products after the best epoch so far.
        memories: the memories of all replicas.
        layout: who computes the replicas of a step.
        begun: a line for people that says at which step the session begins, and why.
        fresh: whether no checkpoint was found.
        ancestor: the fingerprint and step of another run, if the session continues from its checkpoint; otherwise None.
    """

    def __init__(self, system: System, plan: Plan, folder: Path, ancestors: Sequence[Ancestor], stop: Stop) -> None:
        """Restore the newest checkpoint whose past is this run's.

        Args:
            system: the system, just made; it gets the checkpoint's weights.
            plan: how long the run is.
            folder: the folder of the run's checkpoints; its name is the run's fingerprint.
            ancestors: other runs that began in the same way; see `ancestry`.
            stop: a function that returns the signal that asks training to stop, or None; called after every window.

        Raises:
            TrainingError: see `checkpoint.restore`.
        """
        self._plan, self._folder, self._stop = plan, folder, stop
        self.selected, self.layout = Selected(system.products, plan), layout(plan.replicas)
        self.memories = Memories(system.memory, plan.replicas)
        self._parts = parts(system) | self.selected.parts() | self.memories.parts()
        candidates = checkpoint.candidates(folder, plan, ancestors)
        found = checkpoint.restore(self._parts, folder, candidates, self.layout.chief)
        self.progress, self.fresh = found.progress, found.path is None
        self.ancestor = self._ancestor(found.path)
        self._expect_same_start()
        if self.progress.step < plan.steps:
            same = self._same_machines()  # all processes have to ask
            self.progress.exact &= found.same_setting() and same
        self.begun = self._begun(found)
        self._saved = self._lap = time.perf_counter()

    def _expect_same_start(self) -> None:
        start = int(sha256_of([self._folder.name, str(self.progress.step)])[:15], 16)
        if not self.layout.same(start):
            raise TrainingError(
                f"{self._folder}: the processes of this training do not begin alike; give all of them the same "
                "parameters, data and code, and one PIX2PIX_HOME"
            )

    def _same_machines(self) -> bool:
        """Whether all processes have one setting; print a warning if not."""
        setting = int(sha256_of(f"{name}: {value}" for name, value in sorted(hardware.setting().items()))[:15], 16)
        if same := self.layout.same(setting):
            return same
        print(
            "warning: the processes of this training have different hardware, versions or settings: the result may "
            "differ from that of one process in the last bits, so this run is marked exact=false",
            file=sys.stderr,
        )
        return same

    def _ancestor(self, path: Path | None) -> str | None:
        if path is None or path.parent == self._folder:
            return None
        return f"{path.parent.name} at step {self.progress.step}"

    def _begun(self, found: checkpoint.Found) -> str:
        step, total, name = self.progress.step, self._plan.steps, self._folder.name
        if found.path is None:
            return f"starting at step 0 of {total:,} of fingerprint {name}, because it has no checkpoint"
        if found.path.parent != self._folder:
            return (
                f"continuing at step {step:,} of {total:,} of fingerprint {name} from run {found.path.parent.name}, "
                f"which was the same until then ({found.occasion})"
            )
        saved = f"a checkpoint of the same parameters, data and code was saved {found.occasion}"
        if step == total:
            return (
                f"the training with fingerprint {name} is finished ({number_of(total, 'step')}; {saved}), so its "
                f"result is used again; to train it anew, remove it with `pix2pix clean {name}`"
            )
        return f"resuming at step {step:,} of {total:,} of fingerprint {name}, because {saved}"

    def stop_at_once(self) -> None:
        """Stop before the first step, when there is nothing to save.

        Raises:
            StoppedError: a signal asked training to stop.
        """
        asked, _ = self.layout.agreed(self._stop(), due=False)
        if asked and self.progress.step < self._plan.steps:
            raise StoppedError(f"stopped by {asked.name} before the first step; `dvc repro` resumes it", asked)

    def pause(self) -> None:
        """Stop the clock, because the time until `resume` is no training."""
        self.progress.seconds += time.perf_counter() - self._lap
        self.progress.peak_memory_gb = max(self.progress.peak_memory_gb, hardware.peak_memory_gb())

    def resume(self) -> None:
        """Start the clock again."""
        self._lap = time.perf_counter()

    def save_if_due(self, epoch: int, ended: bool) -> None:
        """Save if a kept epoch has ended, if enough minutes have passed, or if a signal asks training to stop.

        Args:
            epoch: the epoch that is being trained or has just ended, from 1.
            ended: whether the epoch has ended, and its look is done.

        Raises:
            StoppedError: a signal asked training to stop; everything is saved.
        """
        minutes = (time.perf_counter() - self._saved) / 60
        asked, due = self.layout.agreed(self._stop(), minutes >= self._plan.checkpoint_minutes)
        kept = ended and self._plan.keeps(epoch)
        if not (kept or asked or due):
            return
        why = f"after epoch {epoch}" if kept else f"on {asked.name}" if asked else f"after {minutes:.3g} minutes"
        self._save(epoch, epoch if kept else None, why)
        if asked and self.progress.step < self._plan.steps:
            raise StoppedError(
                f"stopped by {asked.name} at step {self.progress.step:,} of {self._plan.steps:,} (epoch {epoch} of "
                f"{self._plan.epochs}), which is saved; `dvc repro` resumes from there",
                asked,
            )

    def _save(self, epoch: int, kept: int | None, why: str) -> None:
        self.pause()
        self.progress.settle(epoch)
        self.memories.gather(self.layout)
        if self.layout.chief:
            checkpoint.save(self._folder, self._parts, self.progress, why, kept)
            checkpoint.prune(self._folder, self._plan)
        else:
            checkpoint.refuse_broken(self._parts, self.progress.step)
        self._saved = time.perf_counter()
        self.resume()
