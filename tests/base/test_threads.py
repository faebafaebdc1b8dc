import threading
from itertools import islice

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
