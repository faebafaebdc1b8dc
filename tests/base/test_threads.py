import threading
from itertools import islice

import pytest

from pix2pix.base.threads import ahead


def test_results_come_in_the_order_of_the_items():
    late = threading.Event()

    def work(item):
        if item == 0:
            late.wait(5)
        if item == 1:
            late.set()
        return item * 10

    assert list(ahead(work, range(5), most=2, weight=lambda _: 1, heaviest=5)) == [0, 10, 20, 30, 40]


def test_no_more_wait_than_allowed():
    started = []
    results = ahead(started.append, range(10), most=2)
    assert list(islice(results, 1)) == [None]
    results.close()
    assert len(started) <= 3


def test_the_weight_of_all_in_work_is_bounded_and_a_heavier_one_is_alone():
    weights = [3, 3, 3, 9, 50, 1, 4, 5, 6]
    lock, at_work, peaks = threading.Lock(), [], []

    def work(item):
        with lock:
            at_work.append(weights[item])
            peaks.append((sum(at_work), len(at_work)))
        threading.Event().wait(0.01)
        with lock:
            at_work.remove(weights[item])
        return item

    assert list(ahead(work, range(9), 8, weights.__getitem__, 10)) == list(range(9))
    assert all(total <= 10 or count == 1 for total, count in peaks), peaks


@pytest.mark.skipif(not hasattr(threading, "_shutdown_locks_lock"), reason="this Python has no such lock")
def test_an_iterator_that_was_left_is_collected_in_the_midst_of_a_threads_start():
    """There Python holds the lock that the end of a join takes."""
    results = ahead(lambda item: item, range(10))
    assert next(results) == 0

    def collected():
        with threading._shutdown_locks_lock:
            results.close()

    collector = threading.Thread(target=collected, daemon=True)
    collector.start()
    collector.join(10)
    assert not collector.is_alive()


def test_an_error_waits_for_what_is_in_work_and_begins_no_more():
    begun, ended, failed = [], [], threading.Event()

    def work(item):
        if item == 0:
            failed.set()
            raise ValueError(item)
        begun.append(item)
        failed.wait(5)
        threading.Event().wait(0.05)
        ended.append(item)

    with pytest.raises(ValueError, match="0"):
        list(ahead(work, range(100), most=50))
    assert sorted(begun) == sorted(ended) and len(begun) < 50
