from dataclasses import replace

import numpy as np
import pytest

from recsys.core.holdout import held_out
from recsys.core.linalg import unit
from recsys.evaluate import Pool
from recsys.evaluate.confidence import calibrate, calibration_error, evaluate_confidence
from recsys.evaluate.protocol import split_protocol
from recsys.evaluate.search_task import SearchTask
from recsys.runtime.hashing import sha256
from testkit.fake_shop import KINDS
from tests.support.evaluation_shop import attributes, count_held_out, pool


def test_a_confidence_fitted_on_similar_queries_is_calibrated():
    task = split_protocol(pool(4000, noise=0.35), "product", "product").calibration
    strangers = unit(np.random.default_rng(5).normal(size=(50, 16)) * ([0] * 6 + [1] * 10)).astype(np.float32)
    found = evaluate_confidence(task, {"strangers": strangers, "nobody": strangers[:0]})
    assert (found.attribute, found.queries) == ("articleType", count_held_out(4000))
    assert 0 <= found.error.low <= found.error.value <= found.error.high < 0.1
    assert found.refused.value < 0.12
    assert [refusal.name for refusal in found.refusals] == ["strangers"]
    assert found.refusals[0].refused.value > 0.5
    assert sum(part.matches for part in found.bins) == 10 * found.queries
    assert max(abs(part.confidence - part.right) for part in found.bins if part.matches > 300) < 0.15


@pytest.mark.parametrize("seed", range(5))
def test_the_interval_of_the_calibration_error_contains_it_and_is_near_0_if_calibrated(seed):
    rng = np.random.default_rng(seed)
    confidences = rng.random((300, 10))
    error = calibration_error(confidences, rng.random((300, 10)) < confidences)
    assert 0 <= error.low <= error.value <= error.high <= 1
    assert error.low < 0.02
    assert error.high - error.low < 0.05
    wrong = calibration_error(confidences, rng.random((300, 10)) < confidences**2)
    assert 0.1 < wrong.low < wrong.value < wrong.high < 0.25


def test_a_threshold_is_evaluated_on_other_queries_than_those_it_was_fitted_on():
    shop = pool(4000, noise=0.35)
    half = np.array([int(sha256(item.id.encode())[8], 16) % 2 for item in shop.items])
    shrunk = np.where(half[:, None] == 1, -shop.vectors, shop.vectors)
    task = split_protocol(shop, "product", "product").calibration
    turned = Pool(task.queries.items, np.stack([shrunk[int(item.id)] for item in task.queries.items]), pixels_of(task))
    found = evaluate_confidence(SearchTask.disjoint(turned, task.gallery), {})
    assert found.refused.value > 0.2
    assert found.error.value > 0.2


def pixels_of(task):
    return np.zeros((len(task.queries), 768), np.uint8)


def test_confidence_needs_queries_and_does_without_kinds():
    assert evaluate_confidence(split_protocol(pool(200), "product", "product").calibration, {}) is None
    protocol = split_protocol(described_pool(1500, lambda number: {"shop": "Ours"}), "product", "product")
    found = evaluate_confidence(protocol.calibration, {})
    assert (found.attribute, found.error, found.bins) == (None, None, ())


def test_queries_without_a_kind_do_not_count_for_the_calibration():
    def half_described(number):
        return attributes(number) if number % 2 else {**attributes(number), "articleType": None}

    task = split_protocol(described_pool(2000, half_described), "product", "product").calibration
    calibration = calibrate(task)
    assert calibration.attribute == "articleType"
    assert calibration.queries == sum(held_out(str(number)) for number in range(1, 2000, 2))


class KindHead:
    """Tells the kinds, which are the first six numbers of a vector, and two that no product has."""

    def __init__(self):
        self.values = {"articleType": (*KINDS, "Sarees", "Belts")}

    def logits(self, vectors):
        return {"articleType": 30 * vectors[:, :8] * [*[1] * 6, 2, 2]}


def test_products_of_a_kind_that_the_gallery_lacks_are_rejected_though_they_are_near_to_others():
    task = split_protocol(pool(4000, noise=0.2), "product", "product").calibration
    vectors = task.queries.vectors.copy()
    vectors[:, 6] += 0.7
    sarees = {"sarees": unit(vectors)}
    by_cosine, by_head = (evaluate_confidence(task, sarees, encoder) for encoder in (None, KindHead()))
    assert by_cosine.refusals[0].refused.value < 0.6
    assert by_head.refusals[0].refused.value > by_cosine.refusals[0].refused.value + 0.1
    assert by_head.refused.value < by_cosine.refused.value + 0.01


def described_pool(count, described):
    base = pool(count, noise=0.2)
    products = [replace(item, attributes=described(int(item.id))) for item in base.items]
    return Pool(products, base.vectors, np.zeros((count, 768), np.uint8))
