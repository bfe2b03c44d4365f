import threading
import time

import pytest

from recsys.runtime.prefetch import prefetch


def test_results_come_in_order_with_no_more_begun_than_asked():
    begun, drawn = [], []

    def values():
        for value in range(30):
            drawn.append(value)
            yield value

    def work(value):
        begun.append(value)
        time.sleep(0.001 * (value % 3))
        return value * value

    for place, result in enumerate(prefetch(work, values(), 5)):
        assert result == place * place
        assert len(drawn) <= place + 6
    assert sorted(begun) == list(range(30))


@pytest.mark.parametrize("at_once", [1, 3, 8, 40])
def test_several_values_are_given_to_a_thread_at_once(at_once):
    drawn = []
    for place, result in enumerate(prefetch(str, (drawn.append(value) or value for value in range(30)), 9, at_once)):
        assert result == str(place)
        assert len(drawn) <= place + 9 + at_once
    assert len(drawn) == 30


def test_the_work_is_done_beside_the_caller():
    assert threading.get_ident() not in set(prefetch(lambda value: threading.get_ident(), range(9), 3))


def test_an_exception_is_raised_in_place_of_its_result_and_ends_the_work():
    def work(value):
        if value == 3:
            raise ValueError("three")
        return value

    results = prefetch(work, range(1000), 4)
    assert [next(results) for _ in range(3)] == [0, 1, 2]
    with pytest.raises(ValueError, match="three"):
        next(results)
    assert "prefetch" not in " ".join(thread.name for thread in threading.enumerate())
