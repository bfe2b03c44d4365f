import numpy as np
import pytest

from recsys.core.ranking import (
    Estimate,
    average_precision_at_k,
    interval,
    random_average_precision,
    recall_at_k,
)


def test_recall_counts_by_distance_so_that_of_two_equal_products_either_is_right():
    exact = np.array([[0.9, 0.8, 0.8]], dtype=np.float32)
    assert recall_at_k(np.array([[0.9, 0.8, 0.8]], dtype=np.float32), exact) == 1
    assert recall_at_k(np.array([[0.9, 0.8, 0.5]], dtype=np.float32), exact) == pytest.approx(2 / 3)


def test_the_interval_holds_the_mean_and_narrows_with_more_queries():
    rng = np.random.default_rng(0)
    few, many = rng.random(30), rng.random(3000)
    low, high = interval(many)
    assert low < many.mean() < high
    assert high - low < np.subtract(*interval(few)[::-1]) / 3
    assert interval(many) == (low, high)


def test_an_estimate_is_a_mean_with_its_interval():
    estimate = Estimate.from_values(np.array([True, True, False, True]))
    assert estimate.value == 0.75
    assert 0 <= estimate.low < 0.75 < estimate.high <= 1
    assert str(Estimate(0.75, 0.5, 1.0)) == "0.750 (0.500 – 1.000)"


def test_average_precision_counts_the_order_and_asks_for_no_more_than_there_is():
    alike = np.array([[1, 0, 1, 0], [0, 0, 0, 1], [1, 0, 0, 0], [0, 0, 0, 0]], dtype=bool)
    found = average_precision_at_k(alike, np.array([9, 2, 1, 0]))
    assert found.tolist() == pytest.approx([(1 + 2 / 3) / 4, 0.25 / 2, 1.0, 0.0])


def test_the_expected_precision_of_random_matches_equals_a_simulation():
    rng, size, k = np.random.default_rng(0), 40, 10
    for relevant in (3, 25):
        right = np.arange(size) < relevant
        drawn = np.stack([right[rng.permutation(size)[:k]] for _ in range(20_000)])
        measured = average_precision_at_k(drawn, np.full(len(drawn), relevant)).mean()
        assert random_average_precision(np.array([relevant]), size, k)[0] == pytest.approx(measured, abs=0.005)
    assert random_average_precision(np.array([0]), size, k)[0] == 0
