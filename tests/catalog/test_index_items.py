"""The products of an index folder as a catalogue, and the dataset name `sample` for those of the sample index."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import pytest

from recsys.catalog import Catalog
from recsys.errors import CatalogError
from recsys.index.writer import ItemsWriter
from recsys.types import Item, Product
from tests.support.catalog_sources import png

PRODUCTS = [
    Product(Item("d0", "Red dress", {"kind": "Dress", "cut": "A-line", "strap": None}), png(0)),
    Product(Item("d1", "Blue bag", {"kind": "Bag", "cut": None, "strap": "long"}), png(1)),
    Product(Item("d2", None, {"kind": "Cap", "cut": None, "strap": None}), png(2)),
]


@pytest.fixture
def index(tmp_path: Path) -> Path:
    """The part of an index folder that a catalogue reads."""
    folder = tmp_path / "my-index"
    folder.mkdir()
    (folder / "index.json").write_text("{}")
    with ItemsWriter(folder / "items.parquet", ["kind", "cut", "strap"]) as writer:
        for product in PRODUCTS:
            writer.add(product.item, product.picture or b"")
    return folder


@pytest.fixture
def sample(index: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The same folder as the sample index."""
    monkeypatch.setattr("recsys.catalog.catalog.sample_index", lambda: index)
    return index


def test_an_index_folder_is_a_catalogue_with_all_its_attributes(index: Path) -> None:
    catalog = Catalog.open(str(index))

    assert (catalog.dataset, catalog.revision, catalog.split) == ("my-index", None, "train")
    assert catalog.attributes == ("kind", "cut", "strap")
    assert list(catalog) == PRODUCTS


def test_an_index_folder_with_damaged_items_is_refused(index: Path) -> None:
    (index / "items.parquet").write_bytes(b"no parquet")

    with pytest.raises(CatalogError, match="products of the index my-index cannot be read: .*Parquet"):
        Catalog.open(str(index))


def test_sample_is_the_catalogue_of_the_sample_index(sample: Path) -> None:
    catalog = Catalog.open("sample")

    assert (catalog.dataset, catalog.revision, catalog.split) == ("sample", None, "train")
    assert catalog.attributes == ("kind", "cut", "strap")
    assert list(catalog) == list(catalog) == PRODUCTS


def test_the_sample_catalogue_can_be_limited_in_products_and_attributes(sample: Path) -> None:
    catalog = Catalog.open("sample", limit=2, attributes=["strap"])

    assert (len(catalog), catalog.attributes) == (2, ("strap",))
    assert [product.item.attributes for product in catalog] == [{"strap": None}, {"strap": "long"}]


def test_another_process_can_open_the_pictures_of_the_sample_catalogue(sample: Path) -> None:
    source = pickle.loads(pickle.dumps(Catalog.open("sample").pictures))

    assert list(source.open()[0:3]) == [product.picture for product in PRODUCTS]


@pytest.mark.parametrize(
    ("flag", "fact"),
    [
        ({"attributes": ["colour"]}, "no column 'colour'.*kind, cut, strap"),
        ({"split": "test"}, "no split 'test'.*train"),
        ({"revision": "main"}, "sample has no revisions"),
        ({"id_column": "id"}, "no columns to choose"),
    ],
)
def test_options_that_the_sample_catalogue_does_not_have_are_refused(
    sample: Path, flag: dict[str, Any], fact: str
) -> None:
    with pytest.raises(CatalogError, match=fact):
        Catalog.open("sample", **flag)
