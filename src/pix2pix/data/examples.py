"""The examples of a role as a sequence. An example is read when it is asked for."""

from collections.abc import Callable, Mapping, Sequence

from pix2pix.data.tasks import TURNED, Example, Task


class Examples(Sequence[Example]):
    """Examples of one task: `examples[i]` is `{"input": …, "target": …}`. It is thread safe if `read` is.

    Attributes:
        ids: the id of every example, `val/12`; of records, each is read when it is asked for.
        task: the fields of every example, with the shape and dtype of their values.
    """

    def __init__(
        self, ids: Sequence[str], task: Task, read: Callable[[int], Example], sides: Mapping[str, int] | None = None
    ) -> None:
        """Take the examples.

        Args:
            ids: the id of every example.
            task: the fields of every example.
            read: the function that reads the example of a number from 0.
            sides: in a set without pairs, the number of pictures of each side, by field: the first so many examples
                have them, and the others repeat them. None for pairs.
        """
        self.ids, self.task, self._read, self._sides = ids, task, read, sides

    @property
    def has_pairs(self) -> bool:
        """Whether the input and the target of an example belong together."""
        return self._sides is None

    def count(self, field: str) -> int:
        """Return the number of examples, from the first on, that have all pictures of a field once."""
        return len(self) if self._sides is None else self._sides[field]

    def first(self, count: int) -> "Examples":
        """Return the first so many examples, as examples that repeat nothing."""
        return Examples(self.ids[:count], self.task, self._read, self._sides and dict.fromkeys(self._sides, count))

    def __len__(self) -> int:
        return len(self.ids)

    def __getitem__(self, index: int) -> Example:  # type: ignore[override]  # no slices
        return self._read(range(len(self.ids))[index])

    def turned(self) -> "Examples":
        """Return the same examples for the way back: with the target as the input, and the input as the target."""
        sides = self._sides and {TURNED[name]: count for name, count in self._sides.items()}
        return Examples(self.ids, self.task.turned(), self._turned, sides)

    def _turned(self, number: int) -> Example:
        return {name: self._read(number)[other] for name, other in TURNED.items()}

    def by_id(self) -> "Examples":
        """Return the same examples in the order of their ids, independent of their order in the records."""
        # Ids are ordered by length first, so that val/2 comes before val/10.
        if self._sides is not None:
            return self  # in the order of the sides, which is that of their names, the pictures come once at first
        ids = list(self.ids)
        order = sorted(range(len(self)), key=lambda number: (len(ids[number]), ids[number]))
        return Examples([ids[number] for number in order], self.task, lambda number: self._read(order[number]))
