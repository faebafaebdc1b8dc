"""The protocol, and the trials of a participant: the pair, the side of the generated picture, and the side shown first.

The protocol is that of Isola et al. 2017 (pix2pix), section 4.1, after Zhang et al. 2016: a person sees both pictures
of a pair for a second each, then has unlimited time to name the generated one. 10 trials of practice have feedback, 40
trials after them have none. The trials are a function of the study's seed and the participant's number.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from pix2pix.base.errors import DataError, number_of
from pix2pix.base.seeds import derive

Side = Literal["left", "right"]
# All arrangements: the side of the generated picture, and the side that is shown first. The generated picture changes
# sides from one to the next, so any number of trials has it on both sides equally often, give or take one.
_ARRANGEMENTS: tuple[tuple[Side, Side], ...] = (
    ("left", "left"),
    ("right", "right"),
    ("left", "right"),
    ("right", "left"),
)
# The fewest pairs for a study.
FEWEST = 10


@dataclass(frozen=True)
class Protocol:
    """The number of trials in a session, and the time of a picture.

    Attributes:
        practice: the number of trials with feedback, which come first.
        scored: the number of trials without feedback, which count.
        exposure_ms: how long each picture is shown, in milliseconds.
    """

    practice: int = 10
    scored: int = 40
    exposure_ms: int = 1000

    @property
    def trials(self) -> int:
        """The number of all trials."""
        return self.practice + self.scored


@dataclass(frozen=True)
class Trial:
    """A trial of a participant.

    Attributes:
        number: the place of the trial in the session, from 0.
        pair: the id of the pair.
        fake: the side of the generated picture.
        first: the side that is shown first.
        practice: whether the participant is told the answer, and the trial does not count.
    """

    number: int
    pair: str
    fake: Side
    first: Side
    practice: bool


PAPERS = Protocol()


def protocol(pairs: int) -> Protocol:
    """Return the paper's protocol or, with too few pairs for it, one with a fifth of the pairs for practice.

    Nobody sees a pair twice, so a session has at most as many trials as there are pairs.

    Raises:
        DataError: there are fewer than `FEWEST` pairs.
    """
    if pairs < FEWEST:
        raise DataError(
            f"{number_of(pairs, 'evaluated pair')}: a study needs at least {FEWEST}, the paper's needs "
            f"{PAPERS.trials}; evaluate a larger split (data.evaluation_split, data.sample_test)"
        )
    if pairs >= PAPERS.trials:
        return PAPERS
    return Protocol(pairs // 5, pairs - pairs // 5)


def plan(seed: int, participant: int, pairs: Sequence[str], protocol: Protocol) -> list[Trial]:
    """Return the trials of a participant, in order. Each shows another pair, and each participant has an own order.

    The four `_ARRANGEMENTS` come equally often among the scored trials, give or take one, and so they do in practice.
    A person who always presses the same key is therefore fooled by half of the trials.

    Args:
        seed: the seed of the study.
        participant: the participant's number, from 0.
        pairs: the ids of at least `protocol.trials` pairs.
        protocol: how many trials there are.
    """

    def shuffled(things: Sequence[str]) -> list[str]:
        return sorted(things, key=lambda thing: derive(seed, f"study/{participant}/{thing}"))

    chosen = shuffled(pairs)[: protocol.trials]
    trials: list[Trial] = []
    for kind, count in (("practice", protocol.practice), ("scored", protocol.scored)):
        start = derive(seed, f"study/{participant}/{kind}") % len(_ARRANGEMENTS)
        for place in shuffled([f"{kind} {place}" for place in range(count)]):
            fake, first = _ARRANGEMENTS[(start + int(place.split()[1])) % len(_ARRANGEMENTS)]
            number = len(trials)
            trials.append(Trial(number, chosen[number], fake, first, kind == "practice"))
    return trials
