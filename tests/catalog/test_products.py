"""The pictures of a catalogue: in a column of bytes, of structs, or of paths."""

from __future__ import annotations

import gc
from pathlib import Path

import datasets
import pyarrow as pa
import pytest
from datasets import Value

from recsys.catalog import Catalog
from recsys.errors import CatalogError
from recsys.types import Item, Product
from tests.support.catalog_sources import (
    leaves_file_open,
    pictures,
    png,
    write_arrow,
    write_pictures,
    write_repository,
)


def test_an_image_feature_is_preferred_to_other_columns_of_bytes(tmp_path: Path) -> None:
    columns = {"image": [b"1", b"2"], "other": [{"bytes": b"3"}] * 2, "front": pictures(2)}
    write_repository(tmp_path, columns, {"front": datasets.Image()})

    assert [product.picture for product in Catalog.open(str(tmp_path))] == [png(0), png(1)]


@pytest.mark.parametrize("kind", [pa.binary(), pa.large_binary()])
def test_bytes_named_as_a_picture_are_the_picture(tmp_path: Path, kind: pa.DataType) -> None:
    cells = pa.array([png(1), None], kind)
    write_arrow(tmp_path / "shop", vector=pa.array([b"v", b"w"]), product_img=cells)

    assert [product.picture for product in Catalog.open(str(tmp_path / "shop"))] == [png(1), None]


def test_structs_with_bytes_are_the_picture_whatever_their_name(tmp_path: Path) -> None:
    write_arrow(tmp_path / "shop", photo_of=pa.array([{"bytes": png(1)}, None]))

    assert [product.picture for product in Catalog.open(str(tmp_path / "shop"))] == [png(1), None]


def test_without_a_picture_column_the_error_names_the_flag_and_the_columns(tmp_path: Path) -> None:
    write_repository(tmp_path, {"id": [1, 2], "kind": ["a", "b"]}, {"id": Value("int64")})

    with pytest.raises(CatalogError, match="has no column of pictures.*--image-column.*id, kind"):
        Catalog.open(str(tmp_path))


def test_of_two_picture_columns_one_has_to_be_named(tmp_path: Path) -> None:
    columns = {"front": pictures(2), "back": pictures(2)[::-1]}
    write_repository(tmp_path, columns, {"front": datasets.Image(), "back": datasets.Image()})

    with pytest.raises(CatalogError, match=r"has several columns of pictures \(front, back\).*--image-column"):
        Catalog.open(str(tmp_path))
    assert next(iter(Catalog.open(str(tmp_path), image_column="back"))).picture == png(1)


def test_a_product_without_a_picture_is_kept_with_none(tmp_path: Path) -> None:
    cells = [
        {"bytes": png(1), "path": "a.png"},
        {"bytes": None, "path": "lost.png"},
        None,
        {"bytes": None, "path": None},
    ]
    write_arrow(tmp_path / "shop", id=[1, 2, 3, 4], image=pa.array(cells))

    assert [(p.item.id, p.picture) for p in Catalog.open(str(tmp_path / "shop"))] == [
        ("1", png(1)),
        ("2", None),
        ("3", None),
        ("4", None),
    ]


@pytest.mark.parametrize("absolute", [True, False])
def test_a_picture_given_by_path_is_read_from_its_file(tmp_path: Path, absolute: bool) -> None:
    shop = tmp_path / "shop"
    path = str(shop / "pics/a.png") if absolute else "pics/a.png"
    write_arrow(
        shop, image=pa.array([{"bytes": None, "path": path}], pa.struct({"bytes": pa.binary(), "path": pa.string()}))
    )
    write_pictures(shop, "pics/a.png")

    assert [product.picture for product in Catalog.open(str(shop))] == [png(0)]


def test_a_column_of_paths_can_be_named_as_the_picture(tmp_path: Path) -> None:
    shop = write_arrow(tmp_path / "shop", file=["pics/a.png", None, "pics/\0.png"])
    write_pictures(shop, "pics/a.png")

    assert [p.picture for p in Catalog.open(str(shop), image_column="file")] == [png(0), None, None]


@leaves_file_open
def test_metadata_beside_the_pictures_makes_a_dataset_repository(tmp_path: Path) -> None:
    write_pictures(tmp_path, "a.png", "b.png")
    (tmp_path / "metadata.csv").write_text("file_name,id,title\nb.png,71,B\na.png,72,A\n")

    products = {product.item.id: product for product in Catalog.open(str(tmp_path))}

    assert products["71"] == Product(Item("71", "B", {}), png(1))
    assert products["72"] == Product(Item("72", "A", {}), png(0))
    gc.collect()


def test_pictures_are_not_decoded(tmp_path: Path) -> None:
    write_repository(tmp_path, {"image": [{"bytes": b"no picture at all", "path": None}]})

    assert [product.picture for product in Catalog.open(str(tmp_path))] == [b"no picture at all"]
