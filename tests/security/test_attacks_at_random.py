"""A little of what benchmarks/fuzz.py and benchmarks/damage.py do at length: nonsense, and damage, at random."""

from __future__ import annotations

import random
import sys
from collections import Counter
from pathlib import Path

import pytest
from PIL import Image

from testkit.fake_shop import fake_shop

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))

import damage
import fuzz
import mutants

from recsys.images.decode import decode


@pytest.fixture(scope="module")
def shop():
    return fake_shop()


def test_what_pictures_are_mutated_from_is_sound():
    for name, data in mutants.seeds().items():
        assert decode(data).size in ((40, 56), (56, 40)), name
        assert mutants.joined(mutants.split(data)) == data, name


def test_mutants_are_the_same_for_a_seed_and_of_every_kind():
    made = [mutants.mutated_picture(random.Random(number)) for number in range(300)]
    assert made == [mutants.mutated_picture(random.Random(number)) for number in range(300)]
    assert len({data[:4] for data in made}) > 8


def test_mutated_pictures_are_read_or_refused_and_nothing_else():
    result = fuzz.fuzz_pictures(1_000, seed=1)
    assert result.faults == [] and set(result.outcomes) == {"read", "refused"}
    assert result.growth < fuzz.GROWTH_MB


def test_a_decoder_that_crashes_or_lets_an_error_out_is_found(monkeypatch):
    def broken(data):
        if data.startswith(b"GIF"):
            sys.exit(1)
        raise ValueError("Traceback")

    monkeypatch.setattr(fuzz, "decode", broken)
    faults = " ".join(fuzz.fuzz_pictures(40, seed=1).faults)
    assert "DIED" in faults and "RAISED ValueError" in faults


def test_mutated_requests_are_answered_and_tell_nothing(server, capfd):
    result = fuzz.fuzz_requests(400, seed=1, base=server.local_url, memory=lambda: 0.0)
    assert result.faults == []
    assert {"status 200", "status 200 and an error", "status 400", "status 404", "status 422"} <= set(result.outcomes)
    assert fuzz.TRACEBACK not in capfd.readouterr().err


def test_damage_as_it_happens_is_refused_file_by_file(index):
    for name, damages in damage.damages_of(index, 25, 0, seed=1).items():
        outcomes = Counter(damage.tried(index, made) for made in damages)
        assert outcomes[damage.REFUSED] >= 24 and set(outcomes) <= {damage.REFUSED, damage.SAME}, name


@pytest.mark.parametrize(
    ("kind", "count"),
    [("index.json", 40), ("README.md", 10), ("items", 40), ("vectors", 80), ("config", 6), ("heads", 6)],
)
def test_damage_that_the_manifest_vouches_for_is_refused_or_does_no_harm(index, kind, count):
    """All but the weights of the network, which can be any numbers and take the longest to load."""
    for name, damages in damage.damages_of(index, 0, count, seed=1).items():
        if kind in name:
            outcomes = {made: damage.tried(index, made) for made in damages}
            assert {made: outcome for made, outcome in outcomes.items() if damage.is_fault(outcome)} == {}


def test_an_index_that_ends_or_holds_a_process_is_found(built, monkeypatch):
    monkeypatch.setattr(damage, "tried", lambda folder, made: sys.exit(1) if made.number == 1 else damage.REFUSED)
    damages = damage.damages_of(built, 3, 0, seed=1)["README.md"]
    assert [outcome for _, outcome in damage.outcomes(built, damages)] == [damage.REFUSED, damage.DIED, damage.REFUSED]


def test_the_picture_that_a_damaged_encoder_is_asked_with_is_one():
    assert isinstance(damage.PICTURE, Image.Image) and damage.PICTURE.mode == "RGB"
