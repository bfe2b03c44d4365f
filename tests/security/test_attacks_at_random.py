"""Random attacks: mutated pictures, mutated requests, damaged indexes. The benchmarks `fuzz` and `damage` try more."""

from __future__ import annotations

import random
import sys
from collections import Counter

import pytest
from PIL import Image

from recsys.images.decode import decode
from testkit import fuzzing, index_damage, mutants
from testkit.fake_shop import fake_shop
from testkit.index_damage import DIED, REFUSED, SAME


@pytest.fixture(scope="module")
def shop():
    return fake_shop()


def test_the_pictures_to_mutate_are_sound():
    for name, data in mutants.seeds().items():
        assert decode(data).size in ((40, 56), (56, 40)), name
        assert mutants.joined(mutants.split(data)) == data, name


def test_mutants_are_the_same_for_a_seed_and_of_every_kind():
    made = [mutants.mutated_picture(random.Random(number)) for number in range(300)]
    assert made == [mutants.mutated_picture(random.Random(number)) for number in range(300)]
    assert len({data[:4] for data in made}) > 8


def test_mutated_pictures_are_read_or_refused_and_nothing_else():
    result = fuzzing.fuzz_pictures(1_000, seed=1)
    assert result.faults == [] and set(result.outcomes) == {"read", "refused"}
    assert result.growth_mb < fuzzing.MAX_GROWTH_MB


def test_a_decoder_that_crashes_or_raises_another_error_is_reported(monkeypatch):
    def broken(data):
        if data.startswith(b"GIF"):
            sys.exit(1)
        raise ValueError("Traceback")

    monkeypatch.setattr(fuzzing, "decode", broken)
    faults = " ".join(fuzzing.fuzz_pictures(40, seed=1).faults)
    assert "DIED" in faults and "RAISED ValueError" in faults


def test_mutated_requests_are_answered_without_leaking_details(server, capfd):
    result = fuzzing.fuzz_requests(400, seed=1, base_url=server.local_url, app_memory_mb=lambda: 0.0)
    assert result.faults == []
    assert {"status 200", "status 200 and an error", "status 400", "status 404", "status 422"} <= set(result.outcomes)
    assert fuzzing.TRACEBACK not in capfd.readouterr().err


@pytest.mark.slow
def test_accidental_damage_to_any_file_is_refused(index):
    for name, damages in index_damage.damages_of(index, 25, 0, seed=1).items():
        outcomes = Counter(index_damage.outcome_of(index, made) for made in damages)
        assert outcomes[REFUSED] >= 24 and set(outcomes) <= {REFUSED, SAME}, name


@pytest.mark.parametrize(
    ("kind", "count"),
    [("index.json", 40), ("README.md", 10), ("items", 40), ("vectors", 80), ("config", 6), ("heads", 6)],
)
@pytest.mark.slow
def test_damage_with_a_matching_manifest_is_refused_or_harmless(index, kind, count):
    """The network's weights are left out: any number is valid there, and they take the longest to load."""
    for name, damages in index_damage.damages_of(index, 0, count, seed=1).items():
        if kind in name:
            outcomes = {made: index_damage.outcome_of(index, made) for made in damages}
            assert {made: outcome for made, outcome in outcomes.items() if index_damage.is_fault(outcome)} == {}


def test_an_index_that_crashes_a_process_is_reported(built, monkeypatch):
    monkeypatch.setattr(index_damage, "outcome_of", lambda folder, made: sys.exit(1) if made.number == 1 else REFUSED)
    damages = index_damage.damages_of(built, 3, 0, seed=1)["README.md"]
    assert [outcome for _, outcome in index_damage.outcomes(built, damages)] == [
        REFUSED,
        DIED,
        REFUSED,
    ]


def test_the_query_picture_for_damaged_encoders_is_an_rgb_image():
    assert isinstance(index_damage.PICTURE, Image.Image) and index_damage.PICTURE.mode == "RGB"
