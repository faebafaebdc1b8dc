"""Examples that tests make: tasks of two fields, and what the records would give."""

from collections.abc import Sequence

import numpy as np

from pix2pix.data.examples import Examples
from pix2pix.data.tasks import Field, Task


def task(
    input_: str = "label map", target: str = "picture", size: int | tuple[int, int] = 32, channels=(3, 3), bits=(8, 8)
) -> Task:
    """A task of an input and a target of these kinds, one side or (height, width), channels and bits."""
    height, width = (size, size) if isinstance(size, int) else size
    kinds = {"input": input_, "target": target}
    return Task(
        tuple(
            Field(name, kind, height, width, *of)
            for (name, kind), *of in zip(kinds.items(), channels, bits, strict=True)
        )
    )


def of(pairs: Sequence[tuple[np.ndarray, np.ndarray]], job: Task | None = None, ids=None) -> Examples:
    """Examples of (input, target), labels to photo by default; `pairs` is asked anew at every read."""
    job = job or task(size=pairs[0][0].shape[:2])
    ids = ids or [f"train/{number + 1}" for number in range(len(pairs))]
    return Examples(ids, job, lambda number: dict(zip(("input", "target"), pairs[number], strict=True)))


def noise(count: int, job: Task, seed: int = 0) -> Examples:
    """So many examples of noise."""
    random = np.random.default_rng(seed)
    made = [
        {field.name: random.integers(0, 1 << field.bits, field.shape, field.dtype) for field in job.fields}
        for _ in range(count)
    ]
    return Examples([f"train/{number + 1}" for number in range(count)], job, made.__getitem__)
