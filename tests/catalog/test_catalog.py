"""Opening a catalogue: its products, its limit, its splits, and sources that do not exist."""

from __future__ import annotations

import pickle
import shutil
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from recsys.catalog import Catalog
from recsys.errors import CatalogError
from recsys.types import Item, Product
from tests.support.catalog_sources import (
    column,
    ids,
    pictures,
    png,
    write_pictures,
    write_repository,
)


def test_a_dataset_repository_gives_its_products_in_order(shop: Path) -> None:
    catalog = Catalog.open(str(shop))

    assert (catalog.dataset, catalog.revision, catalog.split) == ("shirts", None, "train")
    assert catalog.attributes == ("gender", "colour")
    assert len(catalog) == 8
    assert ids(catalog) == [str(id) for id in range(101, 109)]
    assert next(iter(catalog)) == Product(Item("101", "Shirt 0", {"gender": "Men", "colour": "Red"}), png(0))


def test_a_catalogue_can_be_iterated_again_and_twice_at_once(shop: Path) -> None:
    catalog = Catalog.open(str(shop))

    assert all(one == other for one, other in zip(catalog, catalog, strict=True))
    assert len(list(catalog)) == len(list(catalog)) == 8


def test_products_are_complete_across_batches_and_row_groups(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    count = 150
    table = pa.table({"id": range(count), "image": pictures(count)})
    pq.write_table(table, tmp_path / "data" / "train-00000-of-00001.parquet", row_group_size=7)

    catalog = Catalog.open(str(tmp_path))

    assert [(product.item.id, product.picture) for product in catalog] == [(str(n), png(n)) for n in range(count)]


def test_empty_cells_are_none(shop: Path) -> None:
    catalog = Catalog.open(str(shop))

    assert column(catalog, "colour") == ["Red", "Blue", None, "Red", None, "Blue", "Red", "Blue"]
    assert [product.item.name for product in catalog][-2:] == ["Shirt 6", None]


def test_the_limit_takes_the_first_products_and_changes_nothing_else(shop: Path) -> None:
    few, all_of_them = Catalog.open(str(shop), limit=3), Catalog.open(str(shop))

    assert (len(few), few.attributes) == (3, all_of_them.attributes)
    assert list(few) == list(all_of_them)[:3]
    assert len(Catalog.open(str(shop), limit=99)) == 8


@pytest.mark.parametrize("limit", [0, -1])
def test_a_limit_without_products_is_refused(shop: Path, limit: int) -> None:
    with pytest.raises(CatalogError, match=f"limit is {limit}"):
        Catalog.open(str(shop), limit=limit)


def test_another_split_can_be_chosen(shop: Path) -> None:
    write_repository(shop, {"id": [7, 8], "image": pictures(2)}, split="test")
    write_repository(shop, {"id": [7, 8], "image": pictures(2)})

    assert ids(Catalog.open(str(shop), split="test")) == ["7", "8"]


def test_an_unknown_split_is_refused_and_the_splits_are_listed(shop: Path, tmp_path: Path) -> None:
    with pytest.raises(CatalogError, match="no split 'test'.*train"):
        Catalog.open(str(shop), split="test")
    with pytest.raises(CatalogError, match="no split 'test'.*train"):
        Catalog.open(str(write_pictures(tmp_path / "plain", "a.png")), split="test")


@pytest.mark.parametrize("dataset", ["/no/such/folder", "./nothing", "a/b/c", "nothing", ""])
def test_a_missing_folder_is_refused(dataset: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    with pytest.raises(CatalogError, match="There is no folder"):
        Catalog.open(dataset)


def test_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "archive.zip").write_bytes(b"PK")

    with pytest.raises(CatalogError, match=r"archive\.zip is a file.*unpack"):
        Catalog.open(str(tmp_path / "archive.zip"))


def test_a_folder_has_no_revisions(shop: Path) -> None:
    with pytest.raises(CatalogError, match="shirts has no revisions.*--revision"):
        Catalog.open(str(shop), revision="v1")


def write_two_shards(pictures: Path, folder: Path) -> Path:
    files = sorted(pictures.rglob("*.png"))
    table = pa.table({"id": range(len(files)), "image": [{"bytes": file.read_bytes(), "path": None} for file in files]})
    (folder / "data").mkdir(parents=True)
    pq.write_table(table[:20], folder / "data" / "train-00000-of-00002.parquet")
    pq.write_table(table[20:], folder / "data" / "train-00001-of-00002.parquet")
    return folder


@pytest.mark.parametrize("kind", ["pictures", "parquet"])
def test_another_process_can_open_the_pictures_in_the_order_of_the_catalogue(
    kind: str, pictures: Path, tmp_path: Path
) -> None:
    folder = pictures if kind == "pictures" else write_two_shards(pictures, tmp_path / "shop")
    catalog = Catalog.open(str(folder), limit=25)
    source = pickle.loads(pickle.dumps(catalog.pictures))
    products = list(catalog)
    found = source.open()
    assert [*found[0:10], *found[10:25]] == [product.picture for product in products]
    assert list(catalog.items()) == [product.item for product in products]


def test_pictures_cannot_be_opened_on_a_machine_with_other_files(pictures: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(pictures, tmp_path / "shop")
    source = Catalog.open(str(folder)).pictures
    next(folder.rglob("*.png")).unlink()
    with pytest.raises(CatalogError, match="has 29 products on .*, and 30 where the build was started"):
        source.open()
