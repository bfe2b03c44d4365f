import numpy as np
import pytest

from recsys.core.holdout import held_out, withheld
from recsys.errors import CatalogError
from recsys.evaluate.confidence import evaluate_confidence
from recsys.evaluate.pool import thumbnail_vectors
from recsys.evaluate.protocol import cross_catalogue_protocol, split_protocol
from recsys.evaluate.retrieval import score_attributes, score_classes
from recsys.evaluate.slices import evaluate_slices, slice_task
from recsys.runtime.hashing import sha256
from recsys.types import Item
from testkit.fake_shop import KINDS
from tests.support.evaluation_shop import attributes, by_label, pool


def test_too_few_products_are_refused():
    with pytest.raises(CatalogError, match="too few to evaluate on"):
        split_protocol(pool(6), "product", "product")


def described_by_types(number):
    return {"articleType": KINDS[number % 6], "year": str(2012 + number % 7)}


@pytest.fixture
def shop_of_types(monkeypatch):
    """600 products, with one of the six kinds withheld by the split of types."""
    monkeypatch.setattr("recsys.core.holdout.WITHHELD_TYPES_SHARE", sorted(map(share_of_name, KINDS))[0] + 1e-9)
    kinds = [kind for kind in KINDS if withheld("type")(Item("", None, {"articleType": kind}))]
    assert len(kinds) == 1
    return pool(600, described=described_by_types), kinds[0]


def share_of_name(name):
    return int(sha256(name.encode())[:8], 16) / 16**8


def test_a_split_of_types_asks_for_types_never_seen_which_the_gallery_of_the_refusals_lacks(shop_of_types):
    shop, kind = shop_of_types
    protocol = split_protocol(shop, "type", "type")
    assert {item.attributes["articleType"] for item in protocol.retrieval.queries.items} == {kind}
    assert len(protocol.retrieval.queries) == 100
    assert kind not in {item.attributes["articleType"] for item in protocol.calibration.gallery.items}
    assert kind not in {item.attributes["articleType"] for item in protocol.calibration.queries.items}
    assert by_label(score_attributes(protocol.retrieval))["articleType"].precision.value == 1
    asked, found = protocol.retrieval.queries.items, protocol.retrieval.gallery.items
    assert all(
        asked[row].id not in {found[place].id for place in places}
        for row, places in enumerate(protocol.retrieval.neighbours[0])
    )
    (strangers,) = protocol.out_of_gallery.values()
    assert len(strangers) == 100


def test_under_the_type_split_an_encoder_that_saw_the_types_has_only_held_out_queries(shop_of_types):
    shop, kind = shop_of_types
    protocol = split_protocol(shop, "type", "product")
    assert all(held_out(item.id) for item in protocol.retrieval.queries.items)
    assert {item.attributes["articleType"] for item in protocol.retrieval.queries.items} == {kind}


def test_a_split_of_years_asks_for_the_later_ones_among_the_earlier(shop_of_types):
    protocol = split_protocol(shop_of_types[0], "year:2017", "year:2017")
    assert {item.attributes["year"] for item in protocol.retrieval.queries.items} == {"2017", "2018"}
    assert max(item.attributes["year"] for item in protocol.retrieval.gallery.items) == "2016"
    assert not any(held_out(item.id) for item in protocol.retrieval.gallery.items)
    assert not protocol.out_of_gallery, "they are later, but of known kinds"
    with pytest.raises(CatalogError, match="no split 'month'"):
        split_protocol(shop_of_types[0], "month", "product")


def test_queries_of_another_catalogue_count_where_the_gallery_has_their_value():
    def without_caps(number):
        return attributes(number) | {"articleType": KINDS[number % 5]}

    protocol = cross_catalogue_protocol(pool(600), pool(90, described=without_caps))
    score = by_label(score_attributes(protocol.retrieval))["articleType"]
    assert (score.left_out, score.queries) == (100, 500)
    assert "Caps" not in {found.value for found in score_classes(protocol.retrieval, "articleType")}
    assert len(protocol.calibration.queries) == score.queries
    assert [len(vectors) for vectors in protocol.out_of_gallery.values()] == [100]
    assert "100 of the queries have" in protocol.note


def test_a_query_of_another_catalogue_that_is_in_the_gallery_does_not_find_itself():
    shop = pool(60, noise=1000)
    protocol = cross_catalogue_protocol(shop.take(np.arange(40, 60)), shop.take(np.arange(50)))
    assert protocol.retrieval.own_rows.tolist() == [*range(40, 50), *[-1] * 10]
    assert not (protocol.retrieval.neighbours[0][:10] == protocol.retrieval.own_rows[:10, None]).any()


def test_a_query_of_another_catalogue_with_an_id_of_the_gallery_still_finds_all_of_its_kind():
    def only_one_cap(number):
        return {"articleType": "Caps" if number == 0 else "Belts"}

    asked = pool(6).take([5])
    gallery = pool(30, described=only_one_cap)
    protocol = cross_catalogue_protocol(asked, gallery)
    assert by_label(score_attributes(protocol.retrieval))["articleType"].queries == 1
    only = cross_catalogue_protocol(gallery.take([0]), gallery)
    assert score_attributes(only.retrieval) == (), "there is no other cap to be found"
    assert [len(vectors) for vectors in only.out_of_gallery.values()] == [0], "and it is no stranger"


def test_queries_that_name_their_kind_otherwise_than_the_gallery_are_not_told_to_be_of_its_kinds():
    protocol = cross_catalogue_protocol(pool(60, described=lambda number: {"label": KINDS[number % 6]}), pool(60))
    assert (len(protocol.calibration.queries), len(protocol.retrieval.queries)) == (0, 60)
    assert "by articleType, the queries by label" in protocol.note
    assert evaluate_confidence(protocol.calibration, {}) is None
    assert evaluate_slices(slice_task(protocol.calibration, "articleType"), "articleType", {}, thumbnail_vectors) == ()
