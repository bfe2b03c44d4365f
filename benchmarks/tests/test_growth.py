"""The growth study: laws and intervals where the true law is known, and continuing an interrupted study."""

import json
import re
from functools import partial

import numpy as np
import pytest

from benchmarks.core import results as stored_results
from benchmarks.core.timing import cpu_seconds
from benchmarks.growth import costs, page
from benchmarks.growth.laws import Line, PowerLaw, Sum, reaches
from benchmarks.growth.study import Case, measure_missing

RESULTS = stored_results.FOLDER / "growth.json"
SIZES = [10_000, 20_000, 40_000, 100_000, 200_000, 400_000, 1_000_000]
SHAPES = {
    "power": (lambda size: 3e-4 * size**1.1, PowerLaw.fit),
    "n log n": (lambda size: 2e-5 * size * np.log(size), partial(PowerLaw.fit, form="n log n")),
    "line": (lambda size: 120 + 0.002 * size, Line.fit),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_a_law_without_noise_is_found_exactly(shape):
    truth, fit = SHAPES[shape]
    law = fit(SIZES, [truth(size) for size in SIZES])
    found = law.at(1e9)
    assert (found.value, found.low, found.high) == pytest.approx(3 * (truth(1e9),))
    assert reaches(law, truth(5e7)).value == pytest.approx(5e7, rel=0.01)


def test_the_exponent_is_told_with_its_interval():
    rng = np.random.default_rng(3)
    found = PowerLaw.fit(SIZES, [3e-4 * size**1.1 * np.exp(rng.normal(0, 0.05)) for size in SIZES]).exponent
    assert found.low < 1.1 < found.high
    assert found.high - found.low < 0.2


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("sizes", [SIZES, [10_000, 40_000, 200_000, 1_000_000]], ids=["seven sizes", "four sizes"])
def test_the_interval_holds_what_a_measurement_a_hundred_times_larger_gives_19_times_in_20(shape, sizes):
    truth, fit = SHAPES[shape]
    rng = np.random.default_rng(7)
    held = 0
    for _ in range(400):
        *known, last = (truth(size) * (1 + rng.normal(0, 0.05)) for size in [*sizes, 1e8])
        found = fit(sizes, known).at(1e8)
        held += found.low <= last <= found.high
    assert 366 <= held <= 394


def test_repeats_of_one_size_do_not_make_the_law_surer():
    rng = np.random.default_rng(1)
    values = [size * np.exp(rng.normal(0, 0.1)) for size in SIZES]
    once, thrice = PowerLaw.fit(SIZES, values).at(1e8), PowerLaw.fit(3 * SIZES, 3 * values).at(1e8)
    assert (once.low, once.high) == pytest.approx((thrice.low, thrice.high))


def test_the_ends_of_a_limit_are_where_the_ends_of_the_interval_reach_it():
    rng = np.random.default_rng(1)
    law = PowerLaw.fit(SIZES, [size * np.exp(rng.normal(0, 0.1)) for size in SIZES])
    found = reaches(law, 1e8)
    assert found.low < found.value < found.high
    assert law.at(found.low).high == pytest.approx(1e8, rel=0.02)
    assert law.at(found.high).low == pytest.approx(1e8, rel=0.02)


def test_a_sum_of_laws_adds_their_ends():
    rng = np.random.default_rng(1)
    law = PowerLaw.fit(SIZES, [size * np.exp(rng.normal(0, 0.1)) for size in SIZES])
    one, two = law.at(1e8), Sum([law, law]).at(1e8)
    assert (two.value, two.low, two.high) == pytest.approx((2 * one.value, 2 * one.low, 2 * one.high))


def test_two_sizes_are_too_few_for_an_interval():
    with pytest.raises(ValueError, match="measure more"):
        PowerLaw.fit([10, 10, 20], [1, 1, 2])


def test_a_study_that_was_interrupted_measures_only_what_is_missing(tmp_path):
    results, facts = tmp_path / "growth.json", {"vectors": "abc"}
    cases, measured = [Case(10), Case(20), Case(20, 1)], []

    def measure(case):
        measured.append(case)
        if len(measured) == 2:
            raise KeyboardInterrupt
        return {"products": case.products, "build_s": 1.0}

    with pytest.raises(KeyboardInterrupt):
        measure_missing(cases, results, facts, measure)
    found = measure_missing(cases, results, facts, measure)
    assert measured == [cases[0], cases[1], cases[1], cases[2]]
    assert found == json.loads(results.read_text())
    assert list(found["rows"]) == [case.name for case in cases]


def test_measurements_of_another_catalogue_are_not_mixed_in(tmp_path):
    results = tmp_path / "growth.json"
    measure_missing([Case(10)], results, {"vectors": "abc"}, lambda case: {"build_s": 1.0})
    with pytest.raises(ValueError, match="other vectors"):
        measure_missing([Case(20)], results, {"vectors": "xyz"}, lambda case: {"build_s": 1.0})


@pytest.mark.slow
def test_the_page_is_made_of_the_stored_results(tmp_path):
    found = json.loads(RESULTS.read_text("utf-8"))
    page.write(found, tmp_path)
    text = (tmp_path / "growth.md").read_text("utf-8")
    assert "{" not in text
    assert all(f"| {size:,} |" in text for size in (10_000, 40_000, 200_000, 1_000_000))
    linked = re.findall(r"!\[[^]]*\]\(([^)]+)\)", text)
    assert len(linked) == 2
    assert all((tmp_path / plot).stat().st_size > 10_000 for plot in linked)


def test_processor_time_is_told_by_part_and_the_functions_are_put_back():
    before = costs.embedding_s
    with cpu_seconds(costs, ["embedding_s"]) as parts:
        assert costs.machines_for_a_night(1e7, 577) == 1
        assert costs.machines_for_a_night(1e9, 577) == 76
    assert costs.embedding_s is before
    assert 0 <= parts["embedding_s"] < 0.1


def test_what_milvus_holds_of_a_vector():
    held = costs.milvus(256)
    assert held["FLAT, IVF_FLAT"].memory == 1024
    assert held["HNSW"].memory == 1152
    assert held["DISKANN"].memory == pytest.approx(230.4)
    assert held["DISKANN"].disk == 1248
