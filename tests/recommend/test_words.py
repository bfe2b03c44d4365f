from dataclasses import replace

import pytest

from recsys.core.items import Items
from recsys.core.reranking import Ranking
from recsys.errors import QueryError
from recsys.recommend.suggestions import suggest
from recsys.types import Item, Offer
from recsys.words.query import QueryReader
from testkit.fake_shop import draw, fake_shop, set_items


@pytest.fixture(scope="module")
def shop():
    return fake_shop()


def values(answer, name):
    return {match.item.attributes[name] for match in answer}


def test_words_alone_find_the_products_that_fit(shop):
    answer = shop.recommend(text="red dress women")
    assert [match.item.id for match in answer] == ["p37"]
    assert answer.close is True
    assert [(term.words, term.attribute) for term in answer.words.understood] == [
        ("red", "baseColour"),
        ("dress", "articleType"),
        ("women", "gender"),
    ]


def test_words_for_no_kind_show_different_kinds(shop):
    answer = shop.recommend(text="gift for her", k=6)
    assert values(answer, "gender") == {"Women"}
    assert len(values(answer, "articleType")) == 6


def test_negated_values_and_words_of_names_are_left_out(shop):
    answer = shop.recommend(text="caps not black", k=100)
    assert values(answer, "baseColour") == {"Navy Blue", "Red", "Olive", "Mustard"}
    without = shop.recommend(text="caps without mustard or 5", k=100)
    assert values(without, "baseColour") == {"Navy Blue", "Red", "Olive", "Black"}


def test_words_that_no_product_fulfils_together_are_loosened_the_kind_last(shop):
    answer = shop.recommend(text="men's watch 41")
    assert values(answer, "articleType") == {"Watches"}
    assert values(answer, "gender") == {"Men"}
    assert [term.words for term in answer.words.loosened] == ["41"]
    assert answer.close is False


def test_of_words_of_names_the_common_ones_are_kept():
    shop = fake_shop()
    set_items(
        shop,
        Items.from_items(
            [replace(item, name=f"{item.name} rare" if item.id == "p5" else item.name) for item in shop.items],
            list(shop.items.all_columns),
        ),
    )
    answer = shop.recommend(text="rare women's trouser caps", k=20)
    assert [term.words for term in answer.words.loosened] == ["rare"]


def test_words_that_mean_nothing_are_named(shop):
    answer = shop.recommend(text="xqzz")
    assert (answer.words.understood, answer.words.ignored, answer.close) == ((), ("xqzz",), False)
    assert len(answer) == 5


def test_words_narrow_a_filter_and_likes_diversity_and_order_apply(shop):
    answer = shop.recommend(text="caps", where={"gender": "Women"}, liked=["p35"], diversity=0.5, k=100)
    assert values(answer, "gender") == {"Women"} and values(answer, "articleType") == {"Caps"}
    assert "p35" not in [match.item.id for match in answer]


def test_a_word_against_a_filter_is_loosened(shop):
    answer = shop.recommend(text="red caps", where={"baseColour": "Olive"})
    assert values(answer, "baseColour") == {"Olive"}
    assert [term.words for term in answer.words.loosened] == ["red"]


def test_a_picture_gives_the_kind_and_words_change_it(shop):
    answer = shop.recommend(draw("Dresses", "#26355e"), k=2, text="but red")
    assert [(match.item.attributes["articleType"], match.item.attributes["baseColour"]) for match in answer] == [
        ("Dresses", "Red")
    ] * 2
    assert [term.words for term in answer.words.understood] == ["red"]


def test_a_product_and_words(shop):
    answer = shop.similar("p0", k=100, text="for women, neither red nor navy")
    assert values(answer, "gender") == {"Women"}
    assert values(answer, "baseColour") == {"Olive", "Black", "Mustard"}


def test_batches_take_words(shop):
    red, other = shop.recommend_batch([draw("Caps", "#222222"), draw("Watches", "#222222")], k=2, text="red")
    assert values(red, "articleType") == {"Caps"} and values(other, "articleType") == {"Watches"}
    assert values(red, "baseColour") == values(other, "baseColour") == {"Red"}


def test_without_text_there_are_no_words(shop):
    assert shop.similar("p0").words is None


@pytest.mark.parametrize("text", [3, ["red"], "x" * 301])
def test_a_text_of_another_form_is_refused(shop, text):
    with pytest.raises(QueryError, match="text"):
        shop.recommend(text=text)


def test_an_empty_text_is_none(shop):
    with pytest.raises(QueryError, match="nothing to search with"):
        shop.recommend(text="  ")


def test_suggestions_count_what_the_words_before_leave(shop):
    found = shop.suggest("women red d")
    assert [(one.text, one.attribute, one.count) for one in found.values] == [("women red Dresses", "articleType", 1)]
    assert [(one.value, one.count) for one in shop.suggest("navy b").values] == [("Navy Blue", 12)]
    assert shop.suggest("").values == ()
    assert [(one.text, one.value) for one in shop.suggest("red tee").values] == [("red Tshirts", "Tshirts")]
    assert [one.value for one in shop.suggest("ladi").values] == ["Women"]
    assert [(one.attribute, one.value) for one in shop.suggest("w").values] == [
        ("gender", "Women"),
        ("articleType", "Watches"),
        ("season", "Winter"),
    ]
    assert [item.id for item in shop.suggest("women mustard wa").products] == ["p58"]


def test_cheaper_is_below_the_price_of_the_query_or_the_lowest_price_first():
    shop = fake_shop()
    priced = [replace(item, offer=Offer(price=float(number), currency="EUR")) for number, item in enumerate(shop.items)]
    set_items(shop, Items.from_items(priced, list(shop.items.all_columns)))
    assert {match.item.offer.price < 30 for match in shop.similar("p30", 10, text="cheaper")} == {True}
    assert [match.item.id for match in shop.recommend(text="cheap caps", k=3)] == ["p5", "p11", "p17"]
    bound = shop.similar("p30", text="cheaper").words.understood[0].bounds
    assert bound["max"] == pytest.approx(30)
    assert {match.item.id for match in shop.recommend(text="caps under 12", k=10)} == {"p5", "p11"}


def test_beside_a_picture_another_value_keeps_the_kind_that_is_seen():
    shop = fake_shop(sees={"articleType": {"Caps": 0.9, "Handbags": 0.1}})
    shop.ranking = Ranking({"articleType": 0.2}, 2.0, ("articleType",), 10, 0.0, 0.0)
    answer = shop.recommend(draw("Handbags", "#b3262e"), k=2, text="mustard")
    assert values(answer, "baseColour") == {"Mustard"} and values(answer, "articleType") == {"Caps"}


def test_a_kind_and_its_category_of_the_same_word_are_suggested_once():
    kinds = {"articleType": "Dresses", "subCategory": "Dress", "baseColour": "Dark Blue"}
    reader = QueryReader(Items.from_items([Item("1", "Blue one", kinds)], list(kinds)))
    assert [one.text for one in suggest(reader, "dark blue d").values] == ["dark blue Dresses"]
