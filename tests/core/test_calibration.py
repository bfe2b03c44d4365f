import json
from dataclasses import asdict, replace

import numpy as np
import pytest

from recsys.core.calibration import Calibration, expected_calibration_error, isotonic

KNOWN = Calibration("label", (0.2, 0.6, 1.0), (0.1, 0.5, 0.9), threshold=0.4, refused=0.05, queries=30)


def matches(queries, seed, k=5):
    """Cosines of which each is right with a probability of its square."""
    rng = np.random.default_rng(seed)
    cosines = -np.sort(-rng.random((queries, k)), axis=1)
    return cosines.astype(np.float32), rng.random((queries, k)) < cosines**2


def test_the_isotonic_fit_is_that_of_a_case_counted_by_hand():
    values, shares = isotonic(np.array([5.0, 1, 3, 2, 4]), np.array([True, False, False, True, True]))
    assert values.tolist() == [1, 2.5, 4.5]
    assert shares.tolist() == [0, 0.5, 1]


def test_the_isotonic_fit_rises_and_keeps_the_number_of_hits():
    rng = np.random.default_rng(0)
    values, hits = rng.random(500), rng.random(500) < 0.3
    places, shares = isotonic(values, hits)
    assert (np.diff(places) > 0).all() and (np.diff(shares) > 0).all()
    counts = np.diff([0, *np.searchsorted(np.sort(values), (places[1:] + places[:-1]) / 2), 500])
    assert 1 < len(shares) < 100 and counts.sum() == 500
    assert 0 <= shares[0] < 0.3 < shares[-1] <= 1


@pytest.mark.parametrize("hits", [[False, True, True], [True, True, False]])
def test_equal_values_have_one_share_in_any_order(hits):
    values, shares = isotonic(np.array([0.5, 0.5, 0.5]), np.array(hits))
    assert values.tolist() == [0.5]
    assert shares.tolist() == pytest.approx([2 / 3])


def test_the_calibration_error_is_near_0_for_honest_confidences_only():
    rng = np.random.default_rng(1)
    confidences = rng.random(20_000)
    assert expected_calibration_error(confidences, rng.random(20_000) < confidences) < 0.02
    assert expected_calibration_error(confidences, rng.random(20_000) < confidences**2) > 0.1


def test_a_fitted_confidence_holds_for_other_queries_where_the_cosine_does_not():
    fitted = Calibration.fit(*matches(2000, seed=2), "label")
    cosines, right = matches(2000, seed=3)
    confidences = np.array([fitted.confidence_at(float(cosine)) for cosine in cosines.ravel()])
    assert expected_calibration_error(confidences, right.ravel()) < 0.03
    assert expected_calibration_error(cosines.ravel(), right.ravel()) > 0.1
    assert (fitted.attribute, fitted.queries) == ("label", 2000)
    assert 2 <= len(fitted.similarity) == len(fitted.confidence) <= 40


def test_the_threshold_refuses_the_stated_share_of_the_queries():
    cosines, alike = matches(1000, seed=4)
    fitted = Calibration.fit(cosines, alike, "label")
    refused = [not fitted.is_close(row) for row in cosines]
    assert fitted.refused == np.mean(refused) == pytest.approx(0.035, abs=0.002)


def test_nothing_is_close_to_a_picture_of_a_kind_that_the_gallery_lacks():
    cosines, alike = matches(1000, seed=4)
    coverage = np.linspace(0.1, 30, 1000, dtype=np.float32).clip(0, 1)
    fitted = Calibration.fit(cosines, alike, "label", coverage)
    assert fitted.least_coverage == 0.15
    assert fitted.is_close([1.0] * 5, 0.16) and not fitted.is_close([1.0] * 5, 0.14)
    assert fitted.refused == pytest.approx(0.037, abs=0.001)


def test_a_head_that_does_not_know_the_kinds_of_the_gallery_rejects_few_pictures():
    cosines, alike = matches(1000, seed=4)
    fitted = Calibration.fit(cosines, alike, "label", np.linspace(0, 0.1, 1000, dtype=np.float32))
    assert fitted.least_coverage == pytest.approx(0.0005, abs=0.0001)
    assert fitted.refused == pytest.approx(0.04, abs=0.002)


def test_one_near_product_among_far_ones_is_no_close_match():
    fitted = Calibration.fit(*matches(1000, seed=4), "label")
    assert fitted.is_close([0.95] * 5)
    assert not fitted.is_close([0.95, -0.9, -0.9, -0.9, -0.9])
    assert replace(fitted, nearest=1).is_close([0.95, -0.9, -0.9, -0.9, -0.9])


def test_an_index_of_before_judges_by_the_best_match_alone():
    written = {name: value for name, value in asdict(KNOWN).items() if name not in ("nearest", "least_coverage")}
    assert Calibration.from_json(written).nearest == 1
    assert Calibration.from_json(written).is_close([0.4], coverage=0.0)


def test_a_confidence_lies_between_those_of_its_neighbours():
    assert [KNOWN.confidence_at(cosine) for cosine in (-1, 0.2, 0.4, 0.6, 0.7, 1)] == pytest.approx(
        [0.1, 0.1, 0.3, 0.5, 0.6, 0.9]
    )
    assert KNOWN.is_close([0.4]) and not KNOWN.is_close([0.39])


def test_too_few_queries_give_no_calibration():
    assert Calibration.fit(*matches(19, seed=5), "label") is None
    assert Calibration.fit(*matches(20, seed=5), "label").queries == 20


def test_without_labels_there_is_a_threshold_and_no_confidence():
    fitted = Calibration.fit(matches(50, seed=6)[0], None, "label")
    assert fitted.confidence_at(0.9) is None and fitted.attribute is None
    assert fitted.is_close([1.0]) and not fitted.is_close([-1.0])
    assert Calibration.from_json(json.loads(json.dumps(asdict(fitted)))) == fitted


def test_a_calibration_survives_json():
    for calibration in (KNOWN, Calibration.fit(*matches(100, seed=7), "label")):
        assert Calibration.from_json(json.loads(json.dumps(asdict(calibration)))) == calibration


@pytest.mark.parametrize(
    "damage",
    [
        {"similarity": [0.2, 0.6]},
        {"similarity": [0.6, 0.2, 1.0]},
        {"confidence": [0.9, 0.5, 0.1]},
        {"confidence": [0.1, 0.5, 1.1]},
        {"confidence": [0.1, 0.5, float("nan")]},
        {"similarity": [0.2, 0.6, 7]},
        {"similarity": ["a", "b", "c"]},
        {"similarity": None},
        {"similarity": [], "confidence": []},
        {"attribute": None},
        {"attribute": 5},
        {"threshold": 2},
        {"threshold": float("nan")},
        {"threshold": "high"},
        {"refused": "few"},
        {"refused": 1.5},
        {"queries": None},
        {"nearest": 0},
        {"nearest": 2.5},
        {"other": 1},
    ],
    ids=str,
)
def test_an_invalid_calibration_is_refused(damage):
    with pytest.raises((TypeError, ValueError)):
        Calibration.from_json({**asdict(KNOWN), **damage})


@pytest.mark.parametrize("name", ["attribute", "similarity", "confidence", "threshold", "refused", "queries"])
def test_a_calibration_without_a_field_is_refused(name):
    rest = {other: value for other, value in asdict(KNOWN).items() if other != name}
    with pytest.raises((TypeError, ValueError)):
        Calibration.from_json(rest)
    with pytest.raises((TypeError, ValueError)):
        Calibration.from_json([name])
