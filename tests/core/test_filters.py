import pytest

from recsys.core.filters import parse_filter
from recsys.core.items import Items
from recsys.errors import QueryError
from recsys.types import Offer


@pytest.fixture
def items() -> Items:
    offers = [
        Offer(price=20, currency="EUR", availability="in stock", brand="Ours"),
        Offer(price=30, sale_price=15, currency="EUR", availability="out of stock", brand="Theirs"),
        None,
        Offer(price=12, currency="USD", availability="preorder"),
        Offer(price=40, currency="EUR", availability="in stock", brand="Ours"),
    ]
    attributes = {
        "year": ["2011", "2012", None, "2011", "2013"],
        "sale": ["True", "False", None, "True", "True"],
        "size": ["38", "38.50", "39.0", "One size", None],
        "code": ["007", "010", "007", None, "7e1"],
        "colour": ["red", "blue", "red", None, "red"],
    }
    return Items(list("abcde"), [None] * 5, attributes, offers=offers)


@pytest.mark.parametrize(
    ("where", "normal"),
    [
        ({"year": 2011}, {"year": ["2011"]}),
        ({"year": [2011, 2012.0]}, {"year": ["2011", "2012"]}),
        ({"sale": True}, {"sale": ["True"]}),
        ({"size": [38.5, None, "M"]}, {"size": ["38.5", None, "M"]}),
        ({"price": {"min": 10, "max": None}}, {"price": {"min": 10}}),
        ({"colour": ["red", "red"]}, {"colour": ["red"]}),
    ],
    ids=str,
)
def test_numbers_and_booleans_become_texts_and_ranges_stay(where, normal):
    assert parse_filter(where) == normal == parse_filter(normal)


@pytest.mark.parametrize(
    "wanted",
    [{}, {"min": "10"}, {"min": True}, {"least": 1}, {"min": 1, "top": 2}, {"min": None}, {"min": float("nan")},
     float("nan"), [float("nan")], [["red"]], [{"min": 1}], b"red", {"red"}],
    ids=str,
)  # fmt: skip
def test_what_is_neither_a_value_nor_a_range_is_refused(wanted):
    with pytest.raises(QueryError, match=r'where is a filter such as .*"price": {"min": 10, "max": 30}'):
        parse_filter({"price": wanted})


@pytest.mark.parametrize(
    ("where", "ids"),
    [
        ({"year": 2011}, "ad"),
        ({"year": {"min": 2012}}, "be"),
        ({"year": {"min": 2011, "max": 2012}}, "abd"),
        ({"year": {"min": 2020}}, ""),
        ({"sale": True}, "ade"),
        ({"sale": "true"}, "ade"),
        ({"size": 38.5}, "b"),
        ({"size": 39}, "c"),
        ({"size": {"max": 38.5}}, "ab"),
        ({"price": {"max": 20}}, "ab"),
        ({"price": {"min": 16, "max": 40}}, "ae"),
        ({"price": 15}, "b"),
        ({"price": None}, "cd"),
        ({"price": [None, 40]}, "cde"),
        ({"in_stock": True}, "ae"),
        ({"in_stock": False}, "bd"),
        ({"in_stock": None}, "c"),
        ({"brand": "Ours"}, "ae"),
        ({"price": {"max": 30}, "in_stock": True, "colour": "red"}, "a"),
    ],
    ids=str,
)
def test_products_pass_by_numbers_booleans_and_ranges(items, where, ids):
    assert "".join(items.ids[row] for row in items.passing(where)) == ids


@pytest.mark.parametrize(
    ("where", "message"),
    [
        ({"code": 7}, "No product has code '7'. Its values are: '007', None, '010', '7e1'"),
        ({"colour": {"min": 3}}, "The values of colour are not numbers.*'red', None, 'blue'"),
        ({"shade": True}, "no attribute 'shade'.*has: year, sale, size, code, colour, in_stock, brand, price"),
        ({"in_stock": "maybe"}, "No product has in_stock 'maybe'. Its values are: 'False', 'True', None"),
    ],
    ids=str,
)
def test_a_refused_filter_names_what_the_catalogue_has(items, where, message):
    with pytest.raises(QueryError, match=message):
        items.passing(where)


def test_facets_and_ranges_list_what_there_is_to_filter_by(items):
    facets = items.facets({"price": {"max": 20}})
    assert list(facets) == ["year", "sale", "size", "code", "colour", "in_stock", "brand"]
    assert facets["in_stock"] == {"False": 1, "True": 1, None: 0}
    assert facets["colour"] == {"red": 1, None: 0, "blue": 1}
    assert items.ranges() == {"price": {"min": 15, "max": 40}}


def test_an_attribute_of_many_numbers_has_a_range():
    heights = [str(80 + row / 2) for row in range(30)]
    assert Items(heights, [None] * 30, {"height": heights}).ranges() == {"height": {"min": 80, "max": 94.5}}
    assert Items(heights, [None] * 30, {"height": [*heights[:-1], "tall"]}).ranges() == {}


def test_a_catalogue_without_offers_has_no_filter_of_them():
    items = Items(["a", "b"], [None] * 2, {"price": ["10", "20"]})
    assert items.passing({"price": {"max": 15}}).tolist() == [0]
    with pytest.raises(QueryError, match="no attribute 'in_stock' to filter by. This catalogue has: price"):
        items.passing({"in_stock": True})
