"""Work that threads do ahead of whoever uses it, handed over in order."""

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")

WORKERS = os.cpu_count() or 1
# Results that wait for their turn, so that memory is bounded; who makes large ones asks for fewer.
AHEAD = 2 * WORKERS


def ahead(work: Callable[[T], R], items: Iterable[T], most: int = AHEAD) -> Iterator[R]:
    """`map` by `WORKERS` threads, in order, at most `most` results ahead of the one being used."""
    waiting: deque[Future[R]] = deque()
    with ThreadPoolExecutor(WORKERS) as pool:
        for item in items:
            waiting.append(pool.submit(work, item))
            if len(waiting) > most:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
