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

    Who takes no more results may just leave the iterator. What is in work then ends by itself, and no more is begun.

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
        # An iterator that was left is closed by the garbage collector, which may run in the midst of anything: also of
        # a thread's start, which holds the lock that a join would wait for, for ever.
        left = True
        raise
    finally:
        pool.shutdown(wait=not left, cancel_futures=True)
