"""What a developer does with an answer: look at it, store it, put it in a table."""

import copy
import json
import pickle
from dataclasses import asdict, replace

import pytest
from PIL import Image

from recsys.core.calibration import Calibration
from recsys.errors import PictureError, QueryError
from recsys.types import Answer, Match
from testkit.fake_shop import HOSTILE_NAME, draw, encoded, fake_shop
from testkit.offers import with_offers

RED_DRESS = draw("Dresses", "#b3262e")
CALIBRATION = Calibration("articleType", (0.0, 1.0), (0.0, 0.9), threshold=0.95, refused=0.05, queries=60)


@pytest.fixture(scope="module")
def shop():
    return fake_shop(calibration=CALIBRATION)


def test_a_shop_has_a_length_and_says_what_it_is(shop):
    assert len(shop) == 60 and shop
    served = (
        "<Recommender: tests/fake-shop @ 1a2b3c4, 60 products of tests/fake-products, with gender, masterCategory, "
    )
    assert repr(shop).startswith(served)


@pytest.mark.parametrize(("sarees", "close"), [(0.8, True), (0.9, False)])
def test_nothing_is_close_to_a_picture_of_a_kind_that_the_shop_lacks(sarees, close):
    sees = {"articleType": {"Dresses": 1 - sarees, "Sarees": sarees}}
    shop = fake_shop(calibration=replace(CALIBRATION, least_coverage=0.15), sees=sees)
    assert shop.recommend(RED_DRESS).close is close
    assert shop.similar("p1").close


def test_any_kind_of_picture_finds_the_same(shop, tmp_path):
    path = tmp_path / "dress.png"
    path.write_bytes(encoded(RED_DRESS))
    answer = shop.recommend(RED_DRESS)
    for picture in (path, str(path), encoded(RED_DRESS)):
        assert shop.recommend(picture) == answer
        assert shop.describe(picture) == answer.seen
    with pytest.raises(PictureError, match=r"no file 'gone\.png'"):
        shop.recommend("gone.png")


def test_a_batch_gives_what_each_picture_gives_from_one_pass_of_the_encoder(shop, monkeypatch):
    pictures = [RED_DRESS, draw("Caps", "#222222"), encoded(draw("Watches", "#d09c2c"))]
    options = {"where": {"gender": "Men"}, "liked": ["p6"], "diversity": 0.5, "min_similarity": 0.1}
    expected = [shop.recommend(picture, 4, **options) for picture in pictures]
    passes, encode = [], shop.encoder.encode
    monkeypatch.setattr(shop.encoder, "encode", lambda images: passes.append(len(images)) or encode(images))
    assert shop.recommend_batch(pictures, 4, **options) == expected
    assert passes == [3]


def test_a_batch_is_checked_before_it_is_embedded(shop):
    with pytest.raises(PictureError, match="Picture 1: "):
        shop.recommend_batch([RED_DRESS, b"no picture"])
    with pytest.raises(QueryError, match="whole number from 1 to 100"):
        shop.recommend_batch([RED_DRESS], k=0)
    with pytest.raises(QueryError, match="no item 'nope'"):
        shop.recommend_batch([RED_DRESS], liked=["nope"])


def test_nothing_to_search_with_is_told_with_what_is_needed(shop):
    with pytest.raises(QueryError, match="Give a picture, or the id of at least one liked item"):
        shop.recommend()


def test_one_search_finds_what_is_shown_what_describes_and_what_is_close(shop, monkeypatch):
    searches, search = [], shop.searcher.search
    monkeypatch.setattr(
        shop.searcher, "search", lambda *given: searches.append(given[1:]) or search(*given), raising=False
    )
    for ask in (shop.recommend, lambda k=5, **options: shop.similar("p7", k, **options)):
        for options in ({}, {"diversity": 0.5}, {"liked": ["p1"]}, {"min_similarity": 0.5}):
            searches.clear()
            ask(RED_DRESS, **options) if ask == shop.recommend else ask(**options)
            assert len(searches) == 1
    searches.clear()
    shop.recommend(RED_DRESS, where={"gender": "Men"})
    assert searches == [(20, None), (5, {"gender": ["Men"]})]


def test_a_match_keeps_its_row(shop):
    for match in (*shop.recommend(RED_DRESS, 20), *shop.similar("p7"), *shop.for_you(["p7"])):
        assert shop.items[match.row] == match.item
    match = shop.recommend(RED_DRESS)[0]
    assert replace(match, row=None) == match and "row" not in repr(match)


def test_an_answer_shows_as_pictures_in_a_notebook(shop):
    answer = shop.recommend(RED_DRESS, 60)
    html = answer._repr_html_()
    assert html.count("<figure") == 60 == html.count('<img src="data:image/')
    assert HOSTILE_NAME not in html and "<script" not in html and "&lt;script&gt;" in html
    assert "Nothing in this catalogue is close" not in html
    far = shop.recommend(Image.new("RGB", (240, 320), "black"))
    assert far.close is False and "Nothing in this catalogue is close" in far._repr_html_()


def test_an_answer_made_by_hand_shows_without_pictures(shop):
    answer = Answer((Match(shop.items[2], 0.5),), None, {})
    assert "<img" not in answer._repr_html_() and "p2" in answer._repr_html_()


def test_an_answer_as_dicts_is_json_with_the_names_of_the_api(shop):
    answer = shop.recommend(RED_DRESS, 3)
    found = json.loads(json.dumps(answer.to_dicts()))
    assert list(found[0]) == ["id", "name", "attributes", "similarity", "confidence", "chances", "reasons"]
    assert [match["id"] for match in found] == [match.item.id for match in answer]
    assert found[0]["attributes"] == dict(answer[0].item.attributes)
    assert {"attribute": "masterCategory", "value": "Apparel"} in found[0]["reasons"]


def test_an_answer_as_a_table_has_a_column_for_each_attribute(shop):
    answer = shop.recommend(RED_DRESS, 3)
    table = answer.to_pandas()
    assert list(table.columns) == ["id", "name", "similarity", "confidence", *shop.items.columns]
    assert table["id"].tolist() == [match.item.id for match in answer]
    assert table["articleType"].tolist() == [match.item.attributes["articleType"] for match in answer]


def test_a_copy_of_an_answer_is_equal_and_leaves_the_index_behind(shop):
    answer = shop.recommend(RED_DRESS, 2)
    for same in (copy.deepcopy(answer), pickle.loads(pickle.dumps(answer))):
        assert same == answer and "<img" not in same._repr_html_()
    assert set(asdict(answer)) == {"matches", "close", "seen", "box", "words"}


def test_an_answer_carries_the_offers_and_all_values_of_its_products(shop):
    priced = copy.copy(shop)
    priced.items = with_offers(shop.items)
    answer = priced.similar("p0", 5)
    first, match = json.loads(json.dumps(answer.to_dicts()))[0], answer[0]
    assert first["attributes"]["size"] == list(match.item.attributes["size"])
    assert {name: first[name] for name in asdict(match.item.offer)} == asdict(match.item.offer)
    table = answer.to_pandas()
    priced_rows = table["price"].dropna().to_dict()
    assert priced_rows == {row: found.item.offer.price for row, found in enumerate(answer) if found.item.offer}
    assert table["size"].tolist() == [list(found.item.attributes["size"]) for found in answer]


def test_values_of_an_attribute_that_takes_several_are_reasons_too(shop):
    priced = copy.copy(shop)
    priced.items = with_offers(shop.items)
    for match in priced.similar("p2", 20):
        common = {reason.value for reason in match.reasons if reason.attribute == "size"}
        assert common == {"S", "M", "L"} & set(match.item.attributes["size"])


def test_but_is_refused_for_an_attribute_that_takes_several_values(shop):
    priced = copy.copy(shop)
    priced.items = with_offers(shop.items)
    with pytest.raises(QueryError, match="several values of 'size'. Filter by it with where"):
        priced.similar("p2", but={"size": "M"})
