"""What is found out about the pictures of an archive, pair by pair, and the verdict on them all."""

from collections import Counter
from collections.abc import Mapping, Sequence

from pix2pix.base.errors import DataError, number_of
from pix2pix.data import picture_classes, plausibility, twins
from pix2pix.data.inspection import Facts
from pix2pix.data.layouts import Pairs
from pix2pix.data.reasons import reasons
from pix2pix.data.splits import Role
from pix2pix.data.tasks import task
from pix2pix.params import Data


class Survey:
    """The facts about the pairs that were inspected so far.

    Attributes:
        facts: by pair id.
        bad: what is wrong with the pictures that cannot be used, by pair id.
    """

    def __init__(self, pairs: Pairs, data: Data) -> None:
        """Begin with no facts; `pairs` are the files in the archive of all pair ids."""
        self.facts: dict[str, Facts] = {}
        self.bad: dict[str, DataError] = {}
        self._names = {pair: ", ".join(files.values()) for pair, files in pairs.items()}
        self._data = data

    def add(self, pair: str, found: Facts | DataError) -> None:
        """Keep the facts about a pair, or what is wrong with its picture."""
        if isinstance(found, DataError):
            self.bad[pair] = found
        else:
            self.facts[pair] = found

    def of(self, pairs: Sequence[str]) -> list[Facts]:
        """Return the facts about these pairs."""
        return [self.facts[pair] for pair in pairs]

    def refusals(self, roles: Mapping[Role, Sequence[str]]) -> list[str]:
        """Why the archive cannot be used, in lines; none if it can.

        Args:
            roles: the pair ids of every role.
        """
        if self.bad:
            what = f"{len(self.bad)} of {number_of(len(self._names), 'picture')} cannot be used:"
            bad = ((name, str(self.bad[pair])) for pair, name in self._names.items() if pair in self.bad)
            return [what, *reasons(bad, "picture")]
        found = self.of([*self._names])
        return [
            *plausibility.refusals(found, self._data),
            *picture_classes.refusals(self.class_ids, roles, self._data),
            *twins.refusals(self.facts, roles, task(self._data), self._data.has_pairs),
        ]

    def remarks(self, roles: Mapping[Role, Sequence[str]]) -> list[str]:
        """What is odd about the pairs and no reason to refuse them, in lines; for an archive that can be used."""
        return [
            *plausibility.remarks(self.of(roles["train"]), self._data),
            *plausibility.proportions(self.of([pair for pairs in roles.values() for pair in pairs]), self._data),
            *twins.remarks(self.facts, roles, task(self._data)),
            *picture_classes.remarks(self.class_ids, roles, self._data),
        ]

    @property
    def notes(self) -> Counter[str]:
        """The number of pictures that were converted, by note."""
        return Counter(facts.note for facts in self.facts.values() if facts.note)

    @property
    def class_ids(self) -> dict[str, int | None]:
        """The class of each picture, by its id; None without classes of pictures."""
        return {id_: facts.class_id for id_, facts in self.facts.items()}
