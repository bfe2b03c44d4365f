"""Words for a look: the text tower knows them, and the catalogue has no value for them."""

from dataclasses import replace

import numpy as np
import pytest

from recsys.core.items import Items
from recsys.core.linalg import unit
from recsys.evaluate.memory_shop import MemorySearcher, NoPictures
from recsys.recommend.recommender import Recommender
from recsys.train.text_tower import fit_tower
from recsys.types import BY_LOOK, BY_NAME, Item, Origin
from testkit.fake_shop import KINDS, ThumbnailEncoder
from tests.support.worded_shop import TINY, spec_of_vectors, worded_items, worded_vectors

COUNT = 600
STRIPED = np.arange(COUNT) // 60 % 2 == 0
"""Of each kind and colour, half of the products are striped."""


@pytest.fixture(scope="module")
def trained():
    """Named products, their vectors, of which one dimension says whether they are striped, and a tower for them."""
    items = [
        Item(item.id, f"striped {item.name}" if is_striped else item.name, item.attributes)
        for item, is_striped in zip(worded_items(COUNT), STRIPED, strict=True)
    ]
    vectors = worded_vectors(items)
    vectors[:, -1] += 0.5 * STRIPED
    return items, unit(vectors), fit_tower(items, unit(vectors), spec_of_vectors(), TINY)


def shop_of(trained, change):
    items, vectors, tower = trained
    items = [change(item) for item in items]
    table = Items.from_items(items, list(items[0].attributes))
    searcher = MemorySearcher(vectors, table)
    return Recommender(ThumbnailEncoder(), searcher, table, NoPictures(), Origin("shop", "shop"), text_tower=tower)


@pytest.fixture(scope="module")
def nameless(trained):
    return shop_of(trained, lambda item: Item(item.id, None, item.attributes))


@pytest.fixture(scope="module")
def bare(trained):
    return shop_of(trained, lambda item: Item(item.id, None, {}))


@pytest.fixture(scope="module")
def named(trained):
    return shop_of(trained, lambda item: item)


def striped(answer):
    return float(np.mean([STRIPED[int(match.item.id)] for match in answer]))


def kinds(answer, trained):
    return [trained[0][int(match.item.id)].attributes["articleType"] for match in answer]


PLAIN_TSHIRT = "60"


def test_a_shop_without_names_and_values_is_searched_by_words(bare, trained):
    answer = bare.recommend(text="red dresses", k=10)
    found = [trained[0][int(match.item.id)].attributes for match in answer]
    assert np.mean([(one["articleType"], one["baseColour"]) == ("Dresses", "Red") for one in found]) >= 0.9
    assert {term.how for term in answer.words.understood} == {BY_LOOK}
    assert (answer.words.ignored, answer.close) == ((), None)


def test_a_word_for_a_look_is_not_corrected_to_a_synonym_that_means_nothing_here(bare):
    (term,) = bare.recommend(text="black").words.understood
    assert (term.values, term.how) == (("black",), BY_LOOK)


def test_misspelled_words_for_a_look_are_corrected_and_others_ignored(bare, trained):
    answer = bare.recommend(text="drasses qqqq", k=10)
    assert [term.values for term in answer.words.understood] == [("dresses",)]
    assert answer.words.ignored == ("qqqq",)
    assert kinds(answer, trained).count("Dresses") >= 9


@pytest.mark.parametrize("name", ["nameless", "bare", "named"])
def test_beside_a_product_words_for_a_look_move_the_query_and_the_kind_stays(name, trained, request):
    shop = request.getfixturevalue(name)
    assert trained[0][int(PLAIN_TSHIRT)].attributes["articleType"] == "Tshirts"
    before = shop.similar(PLAIN_TSHIRT, 4)
    after = shop.similar(PLAIN_TSHIRT, 4, text="striped")
    assert striped(before) <= 0.1
    assert striped(after) >= 0.75
    if name != "bare":  # there, neither a value nor a head of the encoder says what the products are
        assert kinds(after, trained).count("Tshirts") == 4
    assert [term.how for term in after.words.understood] == [BY_NAME if name == "named" else BY_LOOK]


@pytest.fixture(scope="module")
def without_dresses(trained):
    items, vectors, tower = trained
    rows = [row for row, item in enumerate(items) if item.attributes["articleType"] != "Dresses"]
    table = Items.from_items([replace(items[row], name=None) for row in rows], list(items[0].attributes))
    searcher = MemorySearcher(vectors[rows], table)
    encoder = ThumbnailEncoder({"articleType": dict.fromkeys(KINDS, 1 / len(KINDS))})
    return Recommender(encoder, searcher, table, NoPictures(), Origin("shop", "shop"), text_tower=tower)


@pytest.mark.parametrize(
    ("text", "close"),
    [("dress", False), ("striped dresses", False), ("striped", None), ("caps", True), ("striped, not a dress", None)],
)
def test_nothing_is_close_to_words_for_a_kind_that_the_shop_lacks(without_dresses, text, close):
    answer = without_dresses.recommend(text=text)
    assert (answer.close, len(answer)) == (close, 5)


def test_a_negated_look_moves_the_query_away(nameless, trained):
    item = str(int(np.flatnonzero(STRIPED)[0]))
    assert striped(nameless.similar(item, 4)) >= 0.9
    assert striped(nameless.similar(item, 4, text="not striped")) <= 0.3


def test_words_alone_leave_out_a_negated_look(bare, trained):
    for text, wanted in (("striped caps", 1.0), ("caps not striped", 0.0)):
        answer = bare.recommend(text=text, k=10)
        assert abs(striped(answer) - wanted) <= 0.2
        assert kinds(answer, trained).count("Caps") >= 8


def test_values_still_filter_beside_a_look(nameless, trained):
    answer = nameless.similar(PLAIN_TSHIRT, 4, text="striped in red")
    assert {match.item.attributes["baseColour"] for match in answer} == {"Red"}
    assert striped(answer) >= 0.9


def test_negated_words_and_prices_are_not_what_the_tower_reads(named, monkeypatch):
    read = []
    encode = named.text_tower.encode
    monkeypatch.setattr(named.text_tower, "encode", lambda texts: read.extend(texts) or encode(texts))
    named.recommend(text="blue drsses for women, not striped, under 30")
    assert read == ["blue Dresses women"]


def test_without_a_tower_such_words_are_ignored(trained):
    items, vectors, _ = trained
    table = Items.from_items([Item(item.id, None, item.attributes) for item in items], list(items[0].attributes))
    shop = Recommender(ThumbnailEncoder(), MemorySearcher(vectors, table), table, NoPictures(), Origin("shop", "shop"))
    assert shop.similar(PLAIN_TSHIRT, 5, text="striped").words.ignored == ("striped",)


def test_words_for_no_kind_show_each_kind_in_turn(named, trained):
    answer = named.recommend(text="for women", k=6)
    assert len(set(kinds(answer, trained))) == 6
