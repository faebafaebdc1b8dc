"""The examples of a role as a sequence. An example is read when it is asked for."""

from collections.abc import Callable, Sequence

from pix2pix.data.tasks import Example, Task


class Examples(Sequence[Example]):
    """Examples of one task: `examples[i]` is `{"input": …, "target": …}`. It is thread safe if `read` is.

    Attributes:
        ids: the id of every example, `val/12`.
        task: the fields of every example, with the shape and dtype of their values.
    """

    def __init__(self, ids: Sequence[str], task: Task, read: Callable[[int], Example]) -> None:
        """Take the function that reads the example of a number from 0."""
        self.ids, self.task, self._read = list(ids), task, read

    def __len__(self) -> int:
        return len(self.ids)

    def __getitem__(self, index: int) -> Example:  # type: ignore[override]  # no slices
        return self._read(range(len(self.ids))[index])

    def by_id(self) -> "Examples":
        """Return the same examples in the order of their ids, independent of their order in the records."""
        # Ids are ordered by length first, so that val/2 comes before val/10.
        order = sorted(range(len(self)), key=lambda number: (len(self.ids[number]), self.ids[number]))
        return Examples([self.ids[number] for number in order], self.task, lambda number: self._read(order[number]))
