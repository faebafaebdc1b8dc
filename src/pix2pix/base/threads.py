"""Threads that work ahead, and hand over their results in order."""

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")

_WORKERS = os.cpu_count() or 1
# The most results that wait for their turn. This bounds the memory; a caller with large results asks for fewer.
AHEAD = 2 * _WORKERS


def ahead(
    work: Callable[[T], R],
    items: Iterable[T],
    most: int = AHEAD,
    weight: Callable[[T], int] = lambda _: 0,
    heaviest: int = 0,
) -> Iterator[R]:
    """Map `work` over `items` in `_WORKERS` threads, and yield the results in the order of the items.

    You may stop taking results at any time: work that has begun then ends by itself, and no more begins.

    Args:
        work: called in any thread. Its exceptions are raised where its result is due.
        items: read as results are taken.
        most: the most results that may wait to be yielded.
        weight: the memory that an item needs, in bytes, until its result is taken.
        heaviest: the most bytes that all items in work may need together; an item that needs more is alone.
    """
    waiting: deque[tuple[int, Future[R]]] = deque()
    pool = ThreadPoolExecutor(_WORKERS)
    left = False
    try:
        for item in items:
            needed = weight(item)
            while waiting and sum(each for each, _ in waiting) + needed > heaviest:
                yield waiting.popleft()[1].result()
            waiting.append((needed, pool.submit(work, item)))
            if len(waiting) > most:
                yield waiting.popleft()[1].result()
        while waiting:
            yield waiting.popleft()[1].result()
    except GeneratorExit:
        # The garbage collector closes an abandoned iterator, and it may run inside any code. If that is the start of a
        # thread, it holds a lock that a join would wait for, for ever.
        left = True
        raise
    finally:
        pool.shutdown(wait=not left, cancel_futures=True)
