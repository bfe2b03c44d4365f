"""Detection of the id, the name and the attributes of a catalogue."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import datasets
import pyarrow as pa
import pytest
from datasets import ClassLabel

from recsys.catalog import Catalog
from recsys.errors import CatalogError
from recsys.types import Item, Product
from tests.support.catalog_sources import (
    column,
    ids,
    pictures,
    png,
    write_arrow,
    write_repository,
)


def test_named_columns_override_the_detected_ones(tmp_path: Path) -> None:
    columns = {
        "id": [1, 2, 3, 4],
        "code": ["a", "b", "c", "d"],
        "title": ["A", "B", "C", "D"],
        "brand": ["P", "P", "Q", "Q"],
        "note": ["n1", "n2", "n3", "n4"],
        "image": pictures(4),
        "back": pictures(4)[::-1],
    }
    write_repository(tmp_path, columns, {"image": datasets.Image(), "back": datasets.Image()})

    catalog = Catalog.open(
        str(tmp_path), image_column="back", id_column="code", name_column="note", attributes=["title", "id", "title"]
    )

    assert catalog.attributes == ("title", "id")
    assert next(iter(catalog)) == Product(Item("a", "n1", {"title": "A", "id": "1"}), png(3))


def test_a_catalogue_can_be_opened_without_attributes(shop: Path) -> None:
    catalog = Catalog.open(str(shop), attributes=[])

    assert catalog.attributes == ()
    assert next(iter(catalog)).item.attributes == {}


@pytest.mark.parametrize(
    "flag",
    [{"image_column": "photo"}, {"id_column": "photo"}, {"name_column": "photo"}, {"attributes": ["gender", "photo"]}],
)
def test_an_unknown_column_is_refused_and_the_columns_are_listed(shop: Path, flag: dict[str, Any]) -> None:
    with pytest.raises(CatalogError, match="no column 'photo'.*id, gender, colour, productDisplayName, image"):
        Catalog.open(str(shop), **flag)


def test_a_column_of_an_unsuitable_type_is_refused(shop: Path) -> None:
    with pytest.raises(CatalogError, match="'id' holds no pictures.*id, gender"):
        Catalog.open(str(shop), image_column="id")
    with pytest.raises(CatalogError, match="'image' holds struct"):
        Catalog.open(str(shop), attributes=["image"])


@pytest.mark.parametrize("name", ["id", "ID", "item_id", "Product ID", "productId", "sku"])
def test_an_id_column_is_detected_by_its_name(tmp_path: Path, name: str) -> None:
    write_repository(tmp_path, {name: ["x", "y"], "image": pictures(2)})

    assert ids(Catalog.open(str(tmp_path))) == ["x", "y"]


@pytest.mark.parametrize("columns", [{}, {"id": [5, 5, 5, 6]}, {"id": [5, None, None, 6]}, {"idea": [6, 7, 8, 9]}])
def test_without_an_id_column_products_are_numbered(tmp_path: Path, columns: dict[str, Any]) -> None:
    write_repository(tmp_path, {**columns, "image": pictures(4)})

    assert ids(Catalog.open(str(tmp_path))) == ["0", "1", "2", "3"]


def test_ids_with_a_few_duplicates_are_kept(tmp_path: Path) -> None:
    write_repository(tmp_path, {"id": [*range(100, 119), 100], "image": pictures(20)})

    assert ids(Catalog.open(str(tmp_path)))[-2:] == ["118", "100-2"]


def test_duplicate_ids_get_a_suffix_that_no_other_id_has(tmp_path: Path) -> None:
    given = ["7", "7-2", "7", None, "7", "3", "", 7]
    write_repository(tmp_path, {"code": [str(id) if id is not None else None for id in given], "image": pictures(8)})

    catalog = Catalog.open(str(tmp_path), id_column="code")

    assert ids(catalog) == ["7", "7-2", "7-3", "3", "7-4", "3-2", "6", "7-5"]
    assert ids(Catalog.open(str(tmp_path), id_column="code", limit=5)) == ids(catalog)[:5]


@pytest.mark.parametrize("name", ["productDisplayName", "name", "title", "product_name", "Text"])
def test_a_name_column_is_detected_by_its_name(tmp_path: Path, name: str) -> None:
    write_repository(tmp_path, {"brand": ["Q", "R"], name: [" A ", "B"], "image": pictures(2)})

    assert [product.item.name for product in Catalog.open(str(tmp_path))] == ["A", "B"]


def test_long_texts_are_cut_at_500_characters(tmp_path: Path) -> None:
    long = {name: [f"{row} " + "word " * 10_000 for row in "AB"] for name in ("code", "name", "description")}
    write_repository(tmp_path, {**long, "image": pictures(2)})

    catalog = Catalog.open(str(tmp_path), id_column="code", attributes=["description"])

    for product, row in zip(catalog, "AB", strict=True):
        for text in (product.item.id, product.item.name, product.item.attributes["description"]):
            assert text and text.startswith(f"{row} word word") and text.endswith("…") and len(text) == 500


def test_the_name_column_is_not_an_attribute_even_if_names_repeat(tmp_path: Path) -> None:
    write_repository(tmp_path, {"name": ["A", "A", "B", "B"], "image": pictures(4)})

    assert Catalog.open(str(tmp_path)).attributes == ()


def test_a_column_named_product_name_is_preferred_to_one_named_name(tmp_path: Path) -> None:
    write_repository(tmp_path, {"name": ["Q", "R"], "product_name": ["A", "B"], "image": pictures(2)})

    assert [product.item.name for product in Catalog.open(str(tmp_path))] == ["A", "B"]


def test_without_a_name_column_products_have_no_name(tmp_path: Path) -> None:
    write_repository(tmp_path, {"title": [1, 2], "image": pictures(2)})

    assert [product.item.name for product in Catalog.open(str(tmp_path))] == [None, None]


def test_attributes_may_be_numbers_booleans_classes_or_texts(tmp_path: Path) -> None:
    columns = {
        "year": [2012.0, 2013.0, None, float("nan")],
        "size": [38, 40, 38, None],
        "sale": [True, False, True, None],
        "season": [0, 1, -1, None],
        "shop": ["a", None, None, "a"],
        "image": pictures(4),
    }
    write_repository(tmp_path, columns, {"image": datasets.Image(), "season": ClassLabel(names=["Summer", "Winter"])})

    catalog = Catalog.open(str(tmp_path), attributes=["year", "size", "sale", "season", "shop"])

    assert column(catalog, "year") == ["2012", "2013", None, None]
    assert column(catalog, "size") == ["38", "40", "38", None]
    assert column(catalog, "sale") == ["True", "False", "True", None]
    assert column(catalog, "season") == ["Summer", "Winter", None, None]
    assert column(catalog, "shop") == ["a", None, None, "a"]


def test_columns_with_few_short_values_are_attributes_and_others_are_not(tmp_path: Path) -> None:
    count = 2400
    columns = {
        "image": [None] * count,
        "kind": ["Dress", "Shirt"] * (count // 2),
        "year": [2010.0 + n % 14 for n in range(count)],
        "season": [n % 2 for n in range(count)],
        "sale": [n % 3 == 0 for n in range(count)],
        "brand": [f"brand {n % 1000}" for n in range(count)],
        "rare": ["yes"] + [None] * (count - 1),
        "same": ["x"] * count,
        "blank": ["", None] * (count // 2),
        "link": [f"https://shop/{n}" for n in range(count)],
        "maker": [f"maker {n % 1001}" for n in range(count)],
        "price": [n % 51 for n in range(count)],
        "rating": [n % 3 / 2 for n in range(count)],
        "care": ["wash " * 20, "dry " * 20] * (count // 2),
        "tags": [["a"], ["b"]] * (count // 2),
        "nothing": [None] * count,
    }
    features = {"image": datasets.Image(), "season": ClassLabel(names=["Summer", "Winter"])}
    write_repository(tmp_path, columns, features)

    assert Catalog.open(str(tmp_path)).attributes == ("kind", "year", "season", "sale", "brand", "rare")


def test_in_a_small_shop_too_an_attribute_has_two_products_per_value(tmp_path: Path) -> None:
    columns = {"kind": ["a", "b", "a", "b"], "size": ["a", "b", "c", "a"], "image": pictures(4)}

    assert Catalog.open(str(write_repository(tmp_path, columns))).attributes == ("kind",)


def test_dictionary_and_null_columns_of_arrow_can_be_attributes(tmp_path: Path) -> None:
    kinds = pa.array(["a", "b", "a", None]).dictionary_encode()
    write_arrow(tmp_path / "shop", kind=kinds, void=pa.nulls(4), image=pa.array(pictures(4)))

    catalog = Catalog.open(str(tmp_path / "shop"), attributes=["kind", "void"])

    assert column(catalog, "kind") == ["a", "b", "a", None]
    assert column(catalog, "void") == [None] * 4
