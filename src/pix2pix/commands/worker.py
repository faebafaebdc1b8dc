"""Work that one thread does beside this one, in order: to read the next files, and to write the last ones."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")
# So many results wait at most, because each may be a large picture.
_WAITING = 2


def by_worker(work: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[tuple[Item, "Future[Result]"]]:
    """Do the same work on all items in a thread beside this one.

    Args:
        work: what to do with an item.
        items: taken in this thread, a few ahead of what is yielded.

    Yields:
        The items in their order, each with what becomes of the work.
    """
    waiting: deque[tuple[Item, Future[Result]]] = deque()
    with ThreadPoolExecutor(1) as thread:
        try:
            for item in items:
                waiting.append((item, thread.submit(work, item)))
                if len(waiting) == _WAITING:
                    yield waiting.popleft()
            yield from waiting
        finally:
            thread.shutdown(cancel_futures=True)


def kept(work: Callable[[], Result]) -> "Future[Result]":
    """Do the work in this thread, and keep its result or its error."""
    future: Future[Result] = Future()
    try:
        future.set_result(work())
    except Exception as error:
        future.set_exception(error)
    return future
