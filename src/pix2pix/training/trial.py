"""A training that is a trial of a search: after each epoch the search says whether the training continues.

The search is another process of the same machine. It listens at a socket, gets a line of JSON after each epoch, and
answers with a line. The training waits for the answer, so the same figures always end a trial after the same epoch.
"""

import json
import os
import signal
import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from pix2pix.base.errors import UserError

# The environment variable with the path of the socket.
SEARCH = "PIX2PIX_SEARCH"
# The answers of a search.
GO_ON, PRUNE, TAKEN = "go on", "prune", "taken"
# The tag of a run that a search has ended.
PRUNED = "pruned"
_DIED = "the search that runs this trial has died"
Stop = Callable[[], signal.Signals | None]
Mark = Callable[[Mapping[str, Any]], None]


class Trial:
    """A follower that asks the search after each epoch. It ends the training as SIGTERM does, so all is saved."""

    def __init__(self, search: socket.socket, answers: IO[str], fingerprint: str, stop: Stop, mark: Mark) -> None:
        """Take the connection to the search.

        Args:
            search: the connection.
            answers: the lines that come from there.
            fingerprint: the fingerprint of the training.
            stop: the signal that asks training to stop, or None.
            mark: it sets tags of the training's run.
        """
        self._search, self._answers, self._fingerprint = search, answers, fingerprint
        self._stop, self._mark = stop, mark
        self._over = False

    def metrics(self, values: Mapping[str, float], step: float) -> None:
        """Send the figures of an epoch, and wait for the answer. The losses of steps decide nothing."""
        if self._over or "step" in values:
            return
        answer = self._answer({**values, "epoch": int(step), "fingerprint": self._fingerprint})
        self._over = answer != GO_ON
        if answer == PRUNE:
            print(f"the search prunes this trial after epoch {step:.0f}", flush=True)
            self._mark({PRUNED: f"after epoch {step:.0f}"})
        elif answer == TAKEN:
            print("another worker of the search tries the values of this trial again", flush=True)
        elif self._over:
            print(_DIED, flush=True)

    def _answer(self, row: Mapping[str, Any]) -> str:
        """Return the answer of the search; "" if it has died."""
        try:
            self._search.sendall(f"{json.dumps(row)}\n".encode())
            return self._answers.readline().strip()
        except OSError:
            return ""

    def sample(self, grid: NDArray[np.uint8], epoch: int) -> None:
        """Take no pictures: they decide nothing."""

    def stop(self) -> signal.Signals | None:
        """Return the signal that asks training to stop, or None; SIGTERM if the search does not let it continue."""
        return self._stop() or (signal.SIGTERM if self._over else None)


@contextmanager
def asking(fingerprint: str, stop: Stop, mark: Mark) -> Iterator[tuple[tuple[Trial, ...], Stop]]:
    """Connect to the search that runs this process, if one does; see `Trial`.

    Yields:
        The followers to add, one or none, and what says whether training has to stop.

    Raises:
        UserError: the search has died.
    """
    address = os.environ.get(SEARCH)
    if address is None:
        yield (), stop
        return
    with socket.socket(socket.AF_UNIX) as search:
        try:
            search.connect(address)
        except OSError as error:
            raise UserError(_DIED) from error
        with search.makefile(encoding="utf-8") as answers:
            trial = Trial(search, answers, fingerprint, stop, mark)
            yield (trial,), trial.stop
