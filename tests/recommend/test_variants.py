import numpy as np
import pytest

from recsys.core.items import Items
from recsys.core.linalg import unit
from recsys.recommend.variants import Variants
from recsys.types import Item
from testkit.fake_shop import ExactSearcher

DIM = 64
COLOURS = ("Red", "Navy Blue", "Green", "White")


def direction(name):
    return np.random.default_rng(list(name.encode())).normal(size=DIM)


def product(name, colour, style, kind="Tshirts", gender="Men"):
    """A product whose vector is its style and its colour; the same style and colour give the same picture."""
    attributes = {"articleType": kind, "gender": gender, "baseColour": colour}
    vector = direction(style) + direction("all") + (0.7 * direction(colour) if colour else 0)
    return Item("", name, attributes), vector


def shop(*products, attributes=("articleType", "gender", "baseColour")):
    """These products among others of every colour, with the attributes under these names."""
    others = [product(f"Other {colour} {n}", colour, f"style {n}", "Caps") for colour in COLOURS for n in range(40)]
    items, vectors = zip(*products, *others, strict=True)
    names = [item.name for item in items]
    values = zip(*(item.attributes.values() for item in items), strict=True)
    columns = Items([str(row) for row in range(len(items))], names, dict(zip(attributes, values, strict=False)))
    return Variants(columns, ExactSearcher(unit(np.array(vectors)), columns))


def test_a_product_in_other_colours_is_one_in_the_order_of_the_best():
    variants = shop(
        product("Puma Men Deck Navy Blue Tshirt", "Navy Blue", "deck"),
        product("Puma Men Red Cat Tshirt", "Red", "cat"),
        product("Puma Men Deck Red Tshirt", "Red", "deck"),
        product("PUMA men Deck: White Tshirt", "White", "deck"),
    )
    assert variants.group_rows([0, 1, 2, 3]) == [[0, 2, 3], [1]]
    assert variants.group_rows([1, 3, 0]) == [[0], [1, 2]]
    assert variants.group_rows([]) == []


def test_the_same_words_for_another_design_are_not_the_same_product():
    variants = shop(
        product("Nike Men Red T-shirt", "Red", "stripes"),
        product("Nike Men Green T-shirt", "Green", "skull"),
    )
    assert variants.group_rows([0, 1]) == [[0], [1]]


def test_another_name_kind_or_gender_is_another_product():
    variants = shop(
        product("Deck Red", "Red", "deck"),
        product("Dock Green", "Green", "deck"),
        product("Deck Green", "Green", "deck", kind="Shirts"),
        product("Deck Green", "Green", "deck", gender="Women"),
    )
    assert variants.group_rows([0, 1, 2, 3]) == [[0], [1], [2], [3]]


def test_the_more_products_share_a_name_the_closer_they_have_to_be():
    def similar(name):
        pair = [product(f"{name} {colour}", colour, "plain") for colour in COLOURS[:2]]
        return [pair[0], (pair[1][0], pair[1][1] + 0.45 * direction("a little different"))]

    many = [product(f"Basic {colour}", colour, f"basic {n}") for colour in COLOURS for n in range(10)]
    variants = shop(*similar("Basic"), *similar("Deck Special"), *many)
    assert variants.group_rows([2, 3]) == [[0, 1]]
    assert variants.group_rows([0, 1]) == [[0], [1]]


def test_a_product_pictured_twice_is_one_and_one_like_it_is_not():
    like, vector = product("Deck Red", "Red", "deck")
    variants = shop(
        product("Deck Red", "Red", "deck"),
        product("Deck Red", "Red", "deck"),
        (like, vector + 0.2 * direction("another print")),
        product("Dock Red", "Red", "deck"),
    )
    assert variants.group_rows([0, 1, 2, 3]) == [[0, 1], [2], [3]]


@pytest.mark.parametrize("name", [None, "Red", " – "])
def test_without_a_name_only_the_same_picture_makes_one(name):
    variants = shop(
        product("Deck Red", "Red", "deck"), product(name, "Red", "deck"), product(name, "Green", "deck"),
        product(name, "White", "deck"),
    )  # fmt: skip
    assert variants.group_rows([0, 1, 2, 3]) == [[0, 1], [2], [3]]


def test_all_variants_of_the_catalogue_are_found_the_most_alike_first():
    green, vector = product("Deck Green", "Green", "deck")
    variants = shop(
        product("Deck Red", "Red", "deck"),
        (green, vector + 0.3 * direction("a little different")),
        product("Deck Red", "Red", "deck"),
        product("Deck Red", "Red", "skull"),
    )
    assert [item.id for item in variants.of("0")] == ["2", "1"]
    assert variants.of("3") == []


def test_a_catalogue_without_attributes_or_names_folds_the_same_pictures():
    variants = shop(
        product(None, "Red", "deck"), product(None, "Red", "deck"), product(None, "Green", "deck"), attributes=()
    )
    assert variants.group_rows([0, 1, 2]) == [[0, 1], [2]]


def test_the_attributes_may_have_other_names_and_the_colour_be_absent():
    variants = shop(
        product("Deck Red", "Red", "deck"),
        product("Deck Navy-blue", "Navy Blue", "deck"),
        product("Deck", None, "deck"),
        product("Deck Green", "Green", "deck", gender="Women"),
        attributes=("product_type", "sex", "color_family"),
    )
    assert variants.group_rows([0, 1, 2, 3]) == [[0, 1, 2], [3]]
