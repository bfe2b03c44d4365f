"""Folders of pictures as catalogues."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from recsys.catalog import Catalog
from recsys.errors import CatalogError
from recsys.types import Item, Product
from tests.support.catalog_sources import (
    ids,
    png,
    write_pictures,
)


def test_a_folder_of_pictures_is_a_catalogue_whose_sub_folders_are_labels(tmp_path: Path) -> None:
    write_pictures(tmp_path / "my shop", "women/dresses/red_maxi-dress.png", "men/shirt.JPG", "cap.webp")

    catalog = Catalog.open(str(tmp_path / "my shop"))

    assert (catalog.dataset, catalog.revision, catalog.attributes) == ("my shop", None, ("label",))
    assert list(catalog) == [
        Product(Item("cap", "cap", {"label": None}), png(2)),
        Product(Item("men/shirt", "shirt", {"label": "men"}), png(1)),
        Product(Item("women/dresses/red_maxi-dress", "red maxi dress", {"label": "women/dresses"}), png(0)),
    ]


def test_pictures_with_the_same_name_get_distinct_ids(tmp_path: Path) -> None:
    write_pictures(tmp_path, "shirt.jpg", "shirt.png")

    assert ids(Catalog.open(str(tmp_path))) == ["shirt", "shirt-2"]


def test_without_sub_folders_there_is_no_label(tmp_path: Path) -> None:
    assert Catalog.open(str(write_pictures(tmp_path, "a.png", "b.png"))).attributes == ()


def test_hidden_files_and_other_files_are_ignored(tmp_path: Path) -> None:
    write_pictures(tmp_path, "a.png", ".b.png", ".git/c.png", "notes.txt", "styles.csv")

    assert ids(Catalog.open(str(tmp_path))) == ["a"]


def test_a_picture_in_an_unreadable_format_is_still_a_product(tmp_path: Path) -> None:
    assert ids(Catalog.open(str(write_pictures(tmp_path, "a.heic")))) == ["a"]


def test_a_picture_whose_name_is_not_utf_8_is_read(tmp_path: Path) -> None:
    write_pictures(tmp_path, os.fsdecode(b"r\xe9d-shirt.png"))

    assert list(Catalog.open(str(tmp_path))) == [Product(Item("r\ufffdd-shirt", "r\ufffdd shirt", {}), png(0))]


def test_a_picture_that_is_deleted_after_opening_is_none(tmp_path: Path) -> None:
    catalog = Catalog.open(str(write_pictures(tmp_path, "a.png", "b.png")))
    (tmp_path / "a.png").unlink()

    assert [product.picture for product in catalog] == [None, png(1)]


def test_a_folder_is_named_by_its_base_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(write_pictures(tmp_path / "shop", "a.png"))

    assert [Catalog.open(path).dataset for path in (".", str(tmp_path / "shop"), "../shop/")] == ["shop"] * 3


def test_an_empty_folder_is_refused_and_the_layouts_are_listed(tmp_path: Path) -> None:
    with pytest.raises(CatalogError, match=r"holds no catalogue. Give a folder of pictures.*styles\.csv.*parquet"):
        Catalog.open(str(tmp_path))
