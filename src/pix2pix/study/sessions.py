"""The rules of a session: what a participant may see and say next. Knows no HTTP.

A trial's pictures can be had until they begin to be shown, and never again. One that was begun and left, by a reload
or a closed tab, is not shown a second time, which would be more than its second, and is not asked about from memory:
it stays without an answer, the session goes on with the next one, and the result counts it as interrupted.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pix2pix.study.stimuli import Stimuli
from pix2pix.study.store import ConflictError, Participant, Row, Store
from pix2pix.study.trials import Protocol, Side, Trial, plan

# By how much a page's clock may run ahead of ours.
CLOCK_MS = 100
CLOCK_SHARE = 0.01


class UnknownError(Exception):
    """There is no such participant, or nothing of that name for this one, now."""


class ForgedError(Exception):
    """What a page says cannot have happened."""


@dataclass(frozen=True)
class Answer:
    """What a page says of a trial; see `store.Row`."""

    chosen: Side
    left_ms: float
    right_ms: float
    took_ms: float


class Sessions:
    """All sessions of one model. Safe to use from several threads."""

    def __init__(
        self, store: Store, pictures: Stimuli, protocol: Protocol, clock: Callable[[], float] = time.time
    ) -> None:
        """`clock` gives seconds since 1970.

        Raises:
            UserError: see `Store.study`.
        """
        self._store, self._pictures, self._clock = store, pictures, clock
        self.study = store.study(pictures.fingerprint, pictures.digest, protocol)

    @property
    def protocol(self) -> Protocol:
        """How many trials, and how long."""
        return self.study.protocol

    def join(self) -> str:
        """The token of a new participant."""
        return self._store.join(self.study)

    def state(self, token: str) -> dict[str, Any]:
        """Where a participant is.

        Returns:
            `next`: the number of the next trial, or how many there are if all were shown; `interrupted`: whether the
            one before has no answer; and at the end `right` and `answered`, of the scored ones.

        Raises:
            UnknownError: nobody has this token.
        """
        rows = self._store.rows(self._participant(token))
        state: dict[str, Any] = {"next": len(rows), "interrupted": bool(rows) and rows[-1].chosen is None}
        if len(rows) == self.protocol.trials:
            answered = [row for row in rows if row.chosen is not None and not row.practice]
            state |= {"answered": len(answered), "right": sum(row.chosen == row.fake for row in answered)}
        return state

    def picture(self, token: str, number: int, side: Side) -> bytes:
        """A picture of the participant's next trial, as PNG.

        Raises:
            UnknownError: nobody has this token, or another trial is the next one.
            ChangedError: see `Stimuli.png`.
        """
        trial = self._next(self._participant(token), number)
        if trial is None:
            raise UnknownError(f"the pictures of trial {number} cannot be had now")
        return self._pictures.png(trial.pair, "generated" if side == trial.fake else "real")

    def begin(self, token: str, number: int) -> Side:
        """The pictures of the participant's next trial are about to be shown; returns the side that is first.

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
        """Take the answer to the trial that was shown last; returns the side of the generated picture after practice.

        Raises:
            UnknownError: nobody has this token.
            ConflictError: the trial is not the one that was shown last, or has an answer, which stands.
            ForgedError: the answer came sooner than both pictures could have been shown, or tells of more time than
                has passed since. It is not taken, and a true one still can be.
        """
        participant = self._participant(token)
        row = self._shown_last(participant, number)
        passed = 1000 * (self._clock() - row.begun)
        if passed < 2 * self.protocol.exposure_ms:
            raise ForgedError("the answer came sooner than both pictures could have been shown")
        if said.left_ms + said.right_ms + said.took_ms > passed * (1 + CLOCK_SHARE) + CLOCK_MS:
            raise ForgedError("the answer tells of more time than has passed")
        self._store.answer(participant, number, said.chosen, (said.left_ms, said.right_ms), said.took_ms)
        return row.fake if row.practice else None

    def _participant(self, token: str) -> Participant:
        found = self._store.participant(self.study, token)
        if found is None:
            raise UnknownError("there is no such participant")
        return found

    def _next(self, participant: Participant, number: int) -> Trial | None:
        """The next trial of a participant if it has this number."""
        shown = len(self._store.rows(participant))
        if number != shown or number >= self.protocol.trials:
            return None
        return plan(self.study.seed, participant.number, self._pictures.ids, self.protocol)[number]

    def _shown_last(self, participant: Participant, number: int) -> Row:
        rows = self._store.rows(participant)
        if not rows or rows[-1].trial != number:
            raise ConflictError(f"trial {number} is not the one that was shown last")
        return rows[-1]
