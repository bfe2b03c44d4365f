import json

import numpy as np
import pytest

from recsys.errors import IndexDamagedError
from recsys.words.tower import TextTower
from tests.support.towers import random_tower

TEXTS = ["Red shirt", "a shirt that nobody knows", "", "…", "Éclair T-shirt's"]


def test_texts_become_unit_vectors_and_the_empty_list_none():
    tower = random_tower()
    vectors = tower.encode(TEXTS)
    assert (vectors.dtype, vectors.shape) == (np.float32, (5, 32))
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1)
    assert np.allclose(vectors[2], vectors[3])
    assert tower.encode([]).shape == (0, 32)


def test_case_accents_and_marks_do_not_count_but_pairs_of_words_do():
    tower = random_tower()
    assert np.allclose(tower.encode(["RED, Shirt!"]), tower.encode(["réd shirt"]))
    assert not np.allclose(tower.encode(["shirt red"]), tower.encode(["red shirt"]))
    assert tower.words == {"red", "shirt"}


def test_an_unknown_word_is_read_by_its_pieces():
    vectors = random_tower().encode(["blouson", "blousons", "trousers"])
    assert vectors[0] @ vectors[1] > vectors[0] @ vectors[2]


def test_a_text_of_any_length_is_encoded():
    tower = random_tower()
    assert np.isfinite(tower.encode(["red " * 100_000, "x" * 100_000, "\0\ud800 \U0001f457"])).all()


def test_a_saved_tower_encodes_as_before(tmp_path):
    tower = random_tower()
    tower.save(tmp_path)
    loaded = TextTower.load(tmp_path)
    assert len({(tmp_path / name).stat().st_mode for name in ("text_tower.json", "text_tower.safetensors")}) == 1
    assert np.array_equal(loaded.encode(TEXTS), tower.encode(TEXTS))
    assert (loaded.info, loaded.dim) == (tower.info, 32)
    assert TextTower.load(tmp_path / "elsewhere") is None


@pytest.mark.parametrize(
    "damage",
    [
        lambda facts: facts.update(format=2),
        lambda facts: facts.update(buckets=511),
        lambda facts: facts.update(buckets="many"),
        lambda facts: facts.update(words=["red", 7, "red shirt"]),
        lambda facts: facts.pop("measured"),
    ],
)
def test_a_description_that_does_not_fit_is_refused(tmp_path, damage):
    random_tower().save(tmp_path)
    facts = json.loads((tmp_path / "text_tower.json").read_text())
    damage(facts)
    (tmp_path / "text_tower.json").write_text(json.dumps(facts))
    with pytest.raises(IndexDamagedError, match="recsys train-words"):
        TextTower.load(tmp_path)


@pytest.mark.parametrize("shape", [(), (0,), (24, 1), (23,)])
def test_arrays_of_other_shapes_are_refused(tmp_path, shape):
    tower = random_tower()
    tower.arrays["norm.weight"] = np.ones(shape, np.float16)
    tower.save(tmp_path)
    with pytest.raises(IndexDamagedError, match="recsys train-words"):
        TextTower.load(tmp_path)


def test_weights_that_are_missing_cut_short_or_no_numbers_are_refused(tmp_path):
    random_tower().save(tmp_path)
    path = tmp_path / "text_tower.safetensors"
    data = path.read_bytes()
    for damaged in (data[:-9], b"", data[:-2] + b"\x00\x7e"):
        path.write_bytes(damaged)
        with pytest.raises(IndexDamagedError, match=r"text_tower\.json"):
            TextTower.load(tmp_path)
    path.unlink()
    with pytest.raises(IndexDamagedError):
        TextTower.load(tmp_path)
