import threading

import pytest

from pix2pix.commands.worker import by_worker, kept


@pytest.mark.parametrize("count", [0, 1, 3, 20])
def test_results_come_in_order_from_another_thread(count):
    seen = set()

    def work(item):
        seen.add(threading.current_thread())
        return item * item

    got = [(item, future.result()) for item, future in by_worker(work, range(count))]
    assert got == [(item, item * item) for item in range(count)]
    assert threading.current_thread() not in seen and len(seen) <= 1


def test_only_a_few_items_are_taken_ahead():
    taken = []
    results = by_worker(str, (taken.append(number) or number for number in range(100)))
    next(results)
    assert len(taken) == 2
    results.close()
    assert len(taken) == 2


def test_an_error_is_that_of_its_item():
    results = [future for _, future in by_worker(lambda item: 1 // item, [1, 0, 2])]
    assert [future.result() for future in (results[0], results[2])] == [1, 0]
    with pytest.raises(ZeroDivisionError):
        results[1].result()


def test_an_error_of_this_thread_is_kept_for_later():
    assert kept(lambda: 7).result() == 7
    with pytest.raises(ZeroDivisionError):
        kept(lambda: 1 // 0).result()
