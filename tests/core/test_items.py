import numpy as np
import pytest

from recsys.core.items import Items
from recsys.errors import QueryError
from recsys.types import Item, Offer


@pytest.fixture
def items() -> Items:
    colours = ["red", "blue", None, "red", "green"]
    genders = ["Women", "Women", "Men", None, "Men"]
    return Items(list("abcde"), ["A", None, "C", "D", "E"], {"colour": colours, "gender": genders})


@pytest.mark.parametrize(
    ("where", "rows"),
    [
        ({}, [0, 1, 2, 3, 4]),
        ({"colour": "red"}, [0, 3]),
        ({"colour": ["red", "blue"]}, [0, 1, 3]),
        ({"colour": None}, [2]),
        ({"colour": ["green", None]}, [2, 4]),
        ({"colour": "red", "gender": "Women"}, [0]),
        ({"colour": "blue", "gender": "Men"}, []),
        ({"colour": []}, []),
    ],
    ids=str,
)
def test_a_filter_is_or_within_a_list_and_between_attributes(items, where, rows):
    assert items.passing(where).tolist() == rows


def test_an_unknown_attribute_is_refused_with_a_list_of_the_attributes(items):
    with pytest.raises(QueryError, match="no attribute 'size'.*has: colour, gender"):
        items.passing({"size": "M"})


@pytest.mark.parametrize("value", ["pink", ["red", "pink"]], ids=str)
def test_an_unknown_value_is_refused_with_a_list_of_the_values(items, value):
    with pytest.raises(QueryError, match="colour 'pink'. Its values are: 'red', None, 'blue', 'green'"):
        items.passing({"colour": value})


def test_an_unknown_id_is_refused_with_examples_of_ids(items):
    with pytest.raises(QueryError, match="no item 'z' among these 5. Ids look like: a, b, c"):
        items.row("z")


def test_an_item_is_returned_unchanged(items):
    assert items[2].id == "c"
    assert items[1].name is None
    assert dict(items[2].attributes) == {"colour": None, "gender": "Men"}
    assert [item.id for item in items] == list("abcde")


def test_facets_count_the_most_common_value_first_and_the_absent(items):
    assert list(items.facets()["colour"].items()) == [("red", 2), (None, 1), ("blue", 1), ("green", 1)]


@pytest.mark.parametrize(
    ("where", "colours", "genders"),
    [
        ({"gender": "Women"}, {"red": 1, None: 0, "blue": 1, "green": 0}, {"Men": 2, "Women": 2, None: 1}),
        ({"colour": ["red", None]}, {"red": 2, None: 1, "blue": 1, "green": 1}, {"Men": 1, "Women": 1, None: 1}),
        (
            {"colour": "red", "gender": ["Men", "Women"]},
            {"red": 1, None: 1, "blue": 1, "green": 1},
            {"Men": 0, "Women": 1, None: 1},
        ),
        ({"colour": []}, {"red": 2, None: 1, "blue": 1, "green": 1}, {"Men": 0, "Women": 0, None: 0}),
    ],
    ids=str,
)
def test_with_a_filter_each_facet_counts_the_products_that_pass_the_other_filters(items, where, colours, genders):
    facets = items.facets(where)
    assert facets == {"colour": colours, "gender": genders}
    assert list(facets["colour"]) == items.values("colour")


def test_a_count_is_the_number_of_products_that_a_filter_on_the_value_passes(items):
    where = {"colour": ["red", "green"], "gender": ["Men", None]}
    for name, counts in items.facets(where).items():
        for value, count in counts.items():
            assert len(items.passing({**where, name: value})) == count


@pytest.mark.parametrize("where", [{"size": "M"}, {"colour": "pink"}, {"colour": 5}], ids=str)
def test_facets_refuse_the_filters_that_a_search_refuses(items, where):
    with pytest.raises(QueryError):
        items.facets(where)


def test_an_id_is_known_or_not(items):
    assert "a" in items
    assert "z" not in items and None not in items and 0 not in items


def test_the_values_of_an_attribute_come_most_common_first(items):
    assert items.values("colour") == ["red", None, "blue", "green"]
    assert items.values("size") == []


@pytest.mark.parametrize(
    ("ids", "names", "colours"), [(["a", "a"], [None, None], ["x", "y"]), (["a", "b"], [None, None], ["x"])]
)
def test_columns_of_unequal_length_and_repeated_ids_are_refused(ids, names, colours):
    with pytest.raises(ValueError, match="unique ids and columns of one length"):
        Items(ids, names, {"colour": colours})


def test_rows_are_ascending_integers(items):
    rows = items.passing({"gender": ["Men", "Women"]})
    assert rows.dtype == np.int64
    assert (np.diff(rows) > 0).all()


@pytest.mark.parametrize(
    "where", [{"colour": {"x": 5}}, {"colour": [["red"]]}, ["colour"], "colour", {"colour": {"red"}}], ids=str
)
def test_an_invalid_filter_is_refused_with_an_example(items, where):
    with pytest.raises(QueryError, match='where is a filter such as {"gender": "Women"'):
        items.passing(where)


@pytest.mark.parametrize("rows", [range(4), [1, 3], [0]])
def test_the_items_of_some_rows_are_those_of_a_catalogue_of_them(rows):
    offers = [Offer(price=5.0), None, Offer(price=2.0, brand="A"), None]
    made = [
        Item(str(row), f"name {row}", {"kind": kind, "size": size}, offers[row], group, added)
        for row, (kind, size, group, added) in enumerate(
            [
                ("Cap", ("S",), "g", None),
                (None, (), None, "2026-01-02"),
                ("Bag", ("M", "S"), "g", None),
                ("Cap", (), None, None),
            ]
        )
    ]
    whole = Items.from_items(made, ["kind", "size"])
    some = whole.take(np.array(list(rows)), {"kind": "kind"})
    wanted = Items.from_items([made[row] for row in rows], ["kind", "size"], {"kind": "kind"})
    assert list(some) == list(wanted) and some.facets() == wanted.facets() and some.roles == wanted.roles
    assert (some.offers is None, some.groups is None) == (wanted.offers is None, wanted.groups is None)
