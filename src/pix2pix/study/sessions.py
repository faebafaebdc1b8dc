"""The rules of a session: what a participant may see and say next. Nothing here knows HTTP.

A page gets the pictures of a trial until it begins to show them, and never again. A person may leave a trial that has
begun, by a reload or a closed tab. Its pictures are not shown again, since they would be seen for longer than the
others, and nobody answers it from memory: it stays without an answer, the session continues with the next trial, and
the result counts it as interrupted.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pix2pix.study.stimuli import Stimuli
from pix2pix.study.store import ConflictError, Participant, Showing, Store
from pix2pix.study.trials import Protocol, Side, Trial, plan

# A page's clock may run ahead of the server's by this many milliseconds, and by this share of the time.
_CLOCK_MS = 100
_CLOCK_SHARE = 0.01


class UnknownError(Exception):
    """There is no such participant, or this participant cannot have this now."""


class ForgedError(Exception):
    """A page reports something that cannot have happened."""


@dataclass(frozen=True)
class Answer:
    """The answer to a trial, as a page sends it; see `store.Showing`."""

    chosen: Side
    left_ms: float
    right_ms: float
    took_ms: float


class Sessions:
    """The sessions of all participants who judge one model. Several threads may use it at once."""

    def __init__(
        self, store: Store, pictures: Stimuli, protocol: Protocol, clock: Callable[[], float] = time.time
    ) -> None:
        """Begin or continue the study of these pictures; `clock` returns seconds since 1970.

        Raises:
            UserError: see `Store.study`.
        """
        self._store, self._pictures, self._clock = store, pictures, clock
        self.study = store.study(pictures.fingerprint, pictures.digest, protocol)

    @property
    def protocol(self) -> Protocol:
        """How many trials a session has, and for how long pictures are shown."""
        return self.study.protocol

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the pictures, in pixels."""
        return self._pictures.size

    def join(self) -> str:
        """Add a participant, and return the token."""
        return self._store.join(self.study)

    def state(self, token: str) -> dict[str, Any]:
        """Return how far a participant has come.

        Returns:
            `next`: the number of the next trial, from 0; the number of all trials once all were shown.
            `interrupted`: whether the trial before it has no answer.
            `answered` and `right`, at the end only: how many scored trials have an answer, and the right one.

        Raises:
            UnknownError: nobody has this token.
        """
        showings = self._store.showings(self._participant(token))
        state: dict[str, Any] = {"next": len(showings), "interrupted": bool(showings) and showings[-1].chosen is None}
        if len(showings) == self.protocol.trials:
            answered = [each for each in showings if each.chosen is not None and not each.practice]
            state |= {"answered": len(answered), "right": sum(each.chosen == each.fake for each in answered)}
        return state

    def picture(self, token: str, number: int, side: Side) -> bytes:
        """Return a picture of the participant's next trial, as PNG.

        Raises:
            UnknownError: nobody has this token, or another trial is the next one.
            ChangedError: see `Stimuli.png`.
        """
        trial = self._next(self._participant(token), number)
        if trial is None:
            raise UnknownError(f"the pictures of trial {number} cannot be seen now")
        return self._pictures.png(trial.pair, "generated" if side == trial.fake else "real")

    def begin(self, token: str, number: int) -> Side:
        """Note that the page is about to show the participant's next trial, and return the side to show first.

        Raises:
            UnknownError: nobody has this token.
            ConflictError: another trial is the next one.
        """
        participant = self._participant(token)
        trial = self._next(participant, number)
        if trial is None:
            raise ConflictError(f"trial {number} is not the next one")
        self._store.show(participant, trial, self._clock())
        return trial.first

    def answer(self, token: str, number: int, said: Answer) -> Side | None:
        """Take the answer to the trial that was shown last.

        Returns:
            The side of the generated picture if the trial was practice, else None.

        Raises:
            UnknownError: nobody has this token.
            ConflictError: the trial is not the one that was shown last, or has an answer, which stands.
            ForgedError: the answer came before both pictures can have been shown, or reports more time than
                has passed. It is not stored, and a true answer may still come.
        """
        participant = self._participant(token)
        shown = self._shown_last(participant, number)
        passed = 1000 * (self._clock() - shown.begun)
        if passed < 2 * self.protocol.exposure_ms:
            raise ForgedError("the answer came before both pictures can have been shown")
        if said.left_ms + said.right_ms + said.took_ms > passed * (1 + _CLOCK_SHARE) + _CLOCK_MS:
            raise ForgedError("the answer reports more time than has passed")
        self._store.answer(participant, number, said.chosen, (said.left_ms, said.right_ms), said.took_ms)
        return shown.fake if shown.practice else None

    def _participant(self, token: str) -> Participant:
        found = self._store.participant(self.study, token)
        if found is None:
            raise UnknownError("there is no such participant")
        return found

    def _next(self, participant: Participant, number: int) -> Trial | None:
        """Return the next trial of a participant; None if it has another number."""
        shown = len(self._store.showings(participant))
        if number != shown or number >= self.protocol.trials:
            return None
        return plan(self.study.seed, participant.number, self._pictures.ids, self.protocol)[number]

    def _shown_last(self, participant: Participant, number: int) -> Showing:
        showings = self._store.showings(participant)
        if not showings or showings[-1].trial != number:
            raise ConflictError(f"trial {number} is not the one that was shown last")
        return showings[-1]
