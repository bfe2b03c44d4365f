"""The speed report: figures that are worse than their floor, and sections that fail."""

import json

import numpy as np
import pytest

from benchmarks.core import results
from benchmarks.core.timing import ratio
from benchmarks.growth.search import grown
from benchmarks.speed import suite
from benchmarks.speed.bars import BARS, failures
from benchmarks.speed.tables import tables


def report_of(figures):
    """A report that has these figures, by their place."""
    report = {}
    for place, figure in figures.items():
        *parents, last = place.split("/")
        part = report
        for parent in parents:
            part = part.setdefault(parent, {})
        part[last] = figure
    return report


FLOORS = {bar.place: bar.floor for bar in BARS if bar.floor is not None}


def test_a_report_at_its_floors_passes():
    assert failures(report_of(FLOORS)) == []


@pytest.mark.parametrize("bar", [bar for bar in BARS if bar.floor is not None], ids=lambda bar: bar.place)
def test_what_is_worse_than_its_floor_or_missing_is_named(bar):
    worse = bar.floor * (0.99 if bar.at_least else 1.01)
    (named,) = failures(report_of(FLOORS | {bar.place: worse}))
    assert named.startswith(bar.what)
    (named,) = failures(report_of({place: floor for place, floor in FLOORS.items() if place != bar.place}))
    assert "not measured" in named


def test_a_section_that_fails_costs_no_other(capsys):
    def broken():
        raise RuntimeError("no hnswlib here")

    report = {}
    sections = {"neighbours": broken, "load": lambda: {"by_clients": {}, "throughput": 1.6, "p95": float("nan")}}
    suite.measure(sections, report)
    rounded = results.rounded(report, 6)
    assert json.loads(json.dumps(rounded, allow_nan=False))["load"] == {
        "by_clients": {},
        "throughput": 1.6,
        "p95": None,
    }
    text = results.to_markdown(tables(rounded))
    assert "no hnswlib here" in text
    assert "| throughput of 8 clients against one | 1.6 × | ≥ 1.5 × | yes |" in text


def test_a_ratio_forgives_what_slowed_a_whole_round():
    assert ratio([2.0, 200.0, 2.2], [1.0, 100.0, 1.0]) == 2.0


def test_a_catalogue_is_grown_among_its_own_products():
    rng = np.random.default_rng(0)
    kinds = rng.normal(size=(8, 32))
    real = np.repeat(kinds, 20, axis=0) + 0.1 * rng.normal(size=(160, 32))
    real = (real / np.linalg.norm(real, axis=1, keepdims=True)).astype(np.float32)
    more = grown(real, 500)
    assert more.shape == (500, 32)
    assert more.dtype == np.float32
    np.testing.assert_array_equal(more[:160], real)
    np.testing.assert_allclose(np.linalg.norm(more, axis=1), 1, atol=1e-5)
    assert (more[160:] @ real.T).max(1).min() > 0.9
    fewer = grown(real, 50)
    assert len(np.unique(fewer, axis=0)) == 50
    assert (fewer @ real.T).max(1).min() > 0.9999
