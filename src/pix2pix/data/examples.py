"""The examples of a role as a sequence, each read when it is asked for."""

from collections.abc import Callable, Sequence

from pix2pix.data.tasks import Example, Task


class Examples(Sequence[Example]):
    """Examples of one task: `examples[i]` is `{"input": …, "target": …}`, a value a field. Thread safe if `read` is.

    Attributes:
        ids: the id of every example, `val/12`.
        task: its fields say the shape and the dtype of every value.
    """

    def __init__(self, ids: Sequence[str], task: Task, read: Callable[[int], Example]) -> None:
        """`read` gives the example of a number from 0."""
        self.ids, self.task, self._read = list(ids), task, read

    def __len__(self) -> int:
        return len(self.ids)

    def __getitem__(self, index: int) -> Example:  # type: ignore[override]  # no slices
        return self._read(range(len(self.ids))[index])

    def by_id(self) -> "Examples":
        """The same examples in the order of their ids, whatever order the records have them in."""
        # By length first, which puts val/2 before val/10.
        order = sorted(range(len(self)), key=lambda number: (len(self.ids[number]), self.ids[number]))
        return Examples([self.ids[number] for number in order], self.task, lambda number: self._read(order[number]))
