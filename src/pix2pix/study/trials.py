"""The protocol, and the trials of a participant: which pair, on which side the generated picture, which side first.

Isola et al. 2017 (pix2pix), section 4.1, after Zhang et al. 2016: both pictures of a pair for a second each, then
unlimited time to name the generated one; 10 trials of practice with feedback, then 40 without. All of it is a function
of the study's seed and the participant's number.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from pix2pix.base.errors import DataError
from pix2pix.base.seeds import derive

Side = Literal["left", "right"]
# All arrangements: the side of the generated picture, and the side that is shown first. The first of them takes
# turns, so that a number of trials that four does not divide still has both sides equally often, give or take one.
ARRANGEMENTS: tuple[tuple[Side, Side], ...] = (
    ("left", "left"),
    ("right", "right"),
    ("left", "right"),
    ("right", "left"),
)
# Fewer pairs make no study.
FEWEST = 10


@dataclass(frozen=True)
class Protocol:
    """How many trials a session has, and for how long a picture is shown.

    Attributes:
        practice, scored: trials with feedback and without; the first ones are practice.
        exposure_ms: of each picture, in milliseconds.
    """

    practice: int = 10
    scored: int = 40
    exposure_ms: int = 1000

    @property
    def trials(self) -> int:
        """All of them."""
        return self.practice + self.scored


@dataclass(frozen=True)
class Trial:
    """What a participant is shown.

    Attributes:
        number: 0 for the first one.
        pair: its id.
        fake: the side of the generated picture.
        first: the side that is shown first.
        practice: whether there is feedback, and no score.
    """

    number: int
    pair: str
    fake: Side
    first: Side
    practice: bool


PAPERS = Protocol()


def protocol(pairs: int) -> Protocol:
    """The paper's protocol, or with fewer pairs than it needs a fifth of them for practice and the others to score.

    Nobody sees a pair twice, so no session has more trials than there are pairs.

    Raises:
        DataError: they are fewer than `FEWEST`.
    """
    if pairs < FEWEST:
        raise DataError(
            f"{pairs} evaluated pairs: a study needs {FEWEST} at least, the paper's {PAPERS.trials}; "
            "evaluate a larger split (data.evaluation_split, data.sample_test)"
        )
    if pairs >= PAPERS.trials:
        return PAPERS
    return Protocol(pairs // 5, pairs - pairs // 5)


def plan(seed: int, participant: int, pairs: Sequence[str], protocol: Protocol) -> list[Trial]:
    """The trials of a participant, in order: different pairs, in an order of the participant's own.

    The four `ARRANGEMENTS` come equally often among the scored trials, give or take one, and so they do in practice:
    who always presses the same key is fooled by half of the trials, not by about half.

    Args:
        seed: the study's.
        participant: 0 for the first one.
        pairs: ids, `protocol.trials` or more.
        protocol: how many trials.
    """

    def shuffled(things: Sequence[str]) -> list[str]:
        return sorted(things, key=lambda thing: derive(seed, f"study/{participant}/{thing}"))

    chosen = shuffled(pairs)[: protocol.trials]
    trials: list[Trial] = []
    for kind, count in (("practice", protocol.practice), ("scored", protocol.scored)):
        start = derive(seed, f"study/{participant}/{kind}") % len(ARRANGEMENTS)
        for place in shuffled([f"{kind} {place}" for place in range(count)]):
            fake, first = ARRANGEMENTS[(start + int(place.split()[1])) % len(ARRANGEMENTS)]
            number = len(trials)
            trials.append(Trial(number, chosen[number], fake, first, kind == "practice"))
    return trials
