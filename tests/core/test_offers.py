import pytest

from recsys.core.items import Items
from recsys.errors import QueryError
from recsys.types import Item, Offer


@pytest.fixture
def items() -> Items:
    sizes = [("S", "M"), ("M",), (), ("L", "M", "L")]
    offers = [
        Offer(price=20, currency="EUR"),
        Offer(price=30, sale_price=15, currency="EUR"),
        None,
        Offer(brand="Ours"),
    ]
    return Items(list("abcd"), [None] * 4, {"colour": ["red", None, "red", "blue"], "size": sizes}, offers=offers)


@pytest.mark.parametrize(
    ("where", "rows"),
    [
        ({"size": "M"}, [0, 1, 3]),
        ({"size": ["S", "L"]}, [0, 3]),
        ({"size": None}, [2]),
        ({"size": [None, "S"]}, [0, 2]),
        ({"size": "M", "colour": "red"}, [0]),
    ],
    ids=str,
)
def test_a_product_passes_if_any_of_its_values_does(items, where, rows):
    assert items.passing(where).tolist() == rows


def test_facets_count_a_product_for_each_of_its_values(items):
    assert items.facets()["size"] == {"M": 3, None: 1, "L": 1, "S": 1}
    assert items.facets({"colour": "red"})["size"] == {"M": 1, None: 1, "L": 0, "S": 1}
    assert items.facets({"size": "M"})["colour"] == {"red": 1, None: 1, "blue": 1}


def test_a_value_that_no_product_has_is_refused_with_a_list_of_the_values(items):
    with pytest.raises(QueryError, match="size 'XL'. Its values are: 'M', None, 'L', 'S'"):
        items.passing({"size": "XL"})


def test_an_item_is_returned_with_all_its_values_and_its_offer(items):
    assert items[3] == Item("d", None, {"colour": "blue", "size": ("L", "M")}, Offer(brand="Ours"))
    assert items[2] == Item("c", None, {"colour": "red", "size": ()}, None)
    assert items[1].offer.amount == 15
    assert items[0].single_values == {"colour": "red"} and items[0].value("size") is None


def test_an_attribute_of_several_values_has_no_role():
    assert Items(["a"], [None], {"colour": [("red", "blue")], "label": ["Shirt"]}).roles.colour is None


@pytest.mark.parametrize(
    "wrong",
    [
        {"price": -1},
        {"price": float("nan")},
        {"sale_price": 1e12},
        {"currency": "euro"},
        {"availability": "maybe"},
        {"url": "javascript:alert(1)"},
        {"url": "https://"},
        {"url": "/p/1"},
        {"url": "https://shop.example/a b"},
    ],
    ids=str,
)
def test_an_offer_holds_only_what_can_be_shown(wrong):
    with pytest.raises(ValueError, match="is a number|code of three|availability is|link to a product"):
        Offer(**wrong)
