"""Which attributes nest, by their values."""

from __future__ import annotations

from recsys.core.items import Items
from recsys.core.nesting import parents
from recsys.types import Item
from recsys.web.page.facets import facets
from recsys.web.page.swatches import MANY, swatch


def shop(rows, names):
    return Items.from_items(
        [Item(f"p{row}", None, dict(zip(names, values, strict=True))) for row, values in enumerate(rows)], names
    )


LAMPS = [
    *[("Indoor", "Lamps", "Desk lamp", "Brass")] * 3,
    *[("Indoor", "Lamps", "Floor lamp", "Steel")] * 3,
    *[("Indoor", "Rugs", "Rug", "Wool")] * 2,
    *[("Outdoor", "Chairs", "Bench", "Steel")] * 2,
    *[("Outdoor", "Chairs", "Stool", "Wood")] * 2,
]
NAMES = ["where", "group", "type", "material"]


def test_attributes_nest_whatever_they_are_called():
    items = shop([(*row[:3], material) for row in LAMPS for material in ("Brass", "Wood")], NAMES)
    assert items.kind_levels == ("where", "group", "type")
    assert parents(items.columns["type"], items.columns["group"])["Bench"] == "Chairs"


def test_an_attribute_that_does_not_nest_is_no_level():
    items = shop([("Red", "Shirt"), ("Blue", "Shirt"), ("Red", "Skirt"), ("Blue", "Skirt")], ["colour", "type"])
    assert items.kind_levels == ("type",)


def test_the_levels_are_one_filter_and_a_value_alone_stands_for_the_coarser_one():
    items = shop([(*row[:3], material) for row in LAMPS for material in ("Brass", "Wood")], NAMES)
    kind = next(facet for facet in facets(items) if facet.is_tree)
    assert (kind.title, kind.attributes, kind.is_first) == ("Kind", ("where", "group", "type"), True)
    indoor = kind.options[0]
    assert (indoor.text, [child.text for child in indoor.children]) == ("Indoor", ["Lamps", "Rug"])
    assert indoor.children[1].attribute == "type" and indoor.children[1].also == (("group", "Rugs"),)
    assert [facet.title for facet in facets(items) if not facet.is_first] == ["Material"]


def test_a_colour_is_known_by_the_words_of_its_name():
    assert swatch("Navy Blue") != swatch("Blue") == swatch("blau") == swatch("Royal Blue") != ""
    assert swatch("Dunkelgrau") == swatch("Grey") and swatch("Multi") == MANY
    assert swatch("Plaid") == swatch(None) == ""
