import json

import numpy as np
import pytest
import torch

from recsys.core.holdout import held_out
from recsys.encoder import Encoder
from recsys.evaluate.words import evaluate_words, figures, is_useful
from recsys.index.folder import IndexFolder
from recsys.index.tower import tower_of
from recsys.train.text_tower import fit_tower
from recsys.train.text_tower.__main__ import main
from recsys.train.text_tower.network import TowerNetwork
from recsys.train.text_tower.texts import TextSource
from recsys.types import Item
from recsys.words.tower import TextTower, TowerInfo, Vocabulary
from recsys.words.tower.features import words_of_text
from tests.support.worded_shop import TINY, spec_of_vectors, worded_items, worded_vectors

COUNT = 600
TINY_OPTIONS = [
    *("--width", "16", "--hidden", "16", "--min-steps", "5", "--max-steps", "5", "--min-words", "1"),
    *("--batch-size", "8", "--candidates", "16", "--buckets", "32"),
]


@pytest.fixture(scope="module")
def items():
    return worded_items(COUNT)


@pytest.fixture(scope="module")
def vectors(items):
    return worded_vectors(items)


@pytest.fixture(scope="module")
def tower(items, vectors):
    return fit_tower(items, vectors, spec_of_vectors(), TINY)


def first(tower, vectors, text, count=10):
    return np.argsort(-(vectors @ tower.encode([text])[0]))[:count]


def test_words_find_pictures_by_what_training_saw_beside_them(tower, items, vectors):
    for text, kind, colour in (("olive handbag", "Handbags", "Olive"), ("Dresses in RED", "Dresses", "Red")):
        found = [items[row] for row in first(tower, vectors, text)]
        assert np.mean([item.attributes["articleType"] == kind for item in found]) >= 0.9
        assert np.mean([item.attributes["baseColour"] == colour for item in found]) >= 0.9


def test_a_misspelled_word_is_read_by_its_pieces(tower, items, vectors):
    assert "handbagz" not in tower.words
    found = [items[row] for row in first(tower, vectors, "handbagz")]
    assert np.mean([item.attributes["articleType"] == "Handbags" for item in found]) >= 0.5


def test_names_alone_and_values_alone_are_words_enough(items, vectors):
    no_values = [Item(item.id, item.name, {}) for item in items]
    for some in (no_values, worded_items(COUNT, named=False)):
        tower = fit_tower(some, vectors, spec_of_vectors(), TINY)
        found = [items[row] for row in first(tower, vectors, "watches")]
        assert np.mean([item.attributes["articleType"] == "Watches" for item in found]) >= 0.8
    assert fit_tower([Item(str(number), None, {}) for number in range(9)], vectors[:9], spec_of_vectors(), TINY) is None


def test_the_same_products_give_the_same_tower_and_leave_the_random_numbers_alone(tower, items, vectors):
    torch.manual_seed(3)
    before = torch.random.get_rng_state()
    again = fit_tower(items, vectors, spec_of_vectors(), TINY)
    assert torch.equal(before, torch.random.get_rng_state())
    assert again.vocabulary.words == tower.vocabulary.words
    assert np.array_equal(again.encode(["navy blue caps"]), tower.encode(["navy blue caps"]))
    assert tower.info == TowerInfo("0" * 64, None, COUNT)
    assert tower.fits(spec_of_vectors())


def test_numpy_computes_what_pytorch_trained():
    vocabulary = Vocabulary(("red", "shirt", "red shirt"), 64)
    torch.manual_seed(0)
    network = TowerNetwork(vocabulary, 8, 12, 6).eval()
    tower = TextTower(vocabulary, network.arrays(), TowerInfo("", None))
    texts = ["red shirt", "unknown", "Shirt, red"]
    with torch.no_grad():
        trained = network(vocabulary.bag([words_of_text(text) for text in texts])).numpy()
    assert np.allclose(tower.encode(texts), trained, atol=2e-3)


def test_a_phrase_is_right_for_all_products_with_its_values_and_a_name_for_its_own(items):
    source = TextSource.from_items(items)
    assert source.attributes == ["gender", "baseColour", "articleType"]
    random, rows = np.random.default_rng(0), np.arange(50)
    phrases = source.draw(rows, np.ones(50, bool), random)
    assert not phrases.needed[:, -1].any() and phrases.needed[:, :-1].any(1).all()
    assert not any(word in ("alba", "brio", "corvo", "2012") for words in phrases.words for word in words)
    names = source.draw(rows, np.zeros(50, bool), random)
    assert names.needed[:, -1].all() and not names.needed[:, :-1].any()


def test_rare_values_weigh_more():
    kinds = ["Caps"] * 9 + ["Bags"]
    source = TextSource.from_items([Item(str(at), None, {"articleType": kind}) for at, kind in enumerate(kinds)])
    assert source.rarity(np.arange(10)).tolist() == [1 / 9] * 9 + [1]


def test_the_figures_are_of_products_that_training_did_not_see(items, vectors):
    held = np.array([held_out(item.id) for item in items])
    kept = np.flatnonzero(~held)
    tower = fit_tower([items[row] for row in kept], vectors[kept], spec_of_vectors(), TINY)
    reports = evaluate_words(items, vectors, held, tower)
    measured = figures(reports)
    assert measured["baseColour articleType: P@10"] > 0.8
    assert is_useful(reports)
    assert not is_useful(evaluate_words(items, np.roll(vectors, 7, axis=1), held, tower))


@pytest.mark.slow
def test_the_command_gives_an_index_its_tower(index, pictures, capsys):
    before = IndexFolder.open(index).manifest
    assert main(["--encoder", str(index), "--dataset", str(pictures), *TINY_OPTIONS]) == 0
    assert f"is in {index}" in capsys.readouterr().out
    folder = IndexFolder.open(index)
    tower = tower_of(folder)
    assert tower.fits(before.encoder)
    assert {*folder.manifest.files} - {*before.files} == {"encoder/text_tower.json", "encoder/text_tower.safetensors"}


@pytest.mark.slow
def test_the_command_writes_beside_an_encoder_or_where_it_is_asked_to(encoder_folder, pictures, tmp_path, capsys):
    output = tmp_path / "out"
    assert (
        main(["--encoder", str(encoder_folder), "--dataset", str(pictures), "--output", str(output), *TINY_OPTIONS])
        == 0
    )
    encoder = Encoder.from_pretrained(encoder_folder)
    assert TextTower.load(output).fits(encoder.spec)
    assert json.loads((output / "text_tower.json").read_text())["products"] > 0
    capsys.readouterr()
    assert main(["--encoder", str(tmp_path / "none"), "--dataset", str(pictures)]) == 1
    assert "error: " in capsys.readouterr().err
