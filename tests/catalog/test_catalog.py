"""Whatever the source, a catalogue is one description and a stream of products, and nothing is lost on the way."""

from __future__ import annotations

import errno
import gc
import io
import itertools
import os
import sys
import types
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import datasets
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from datasets import ClassLabel, Dataset, Value
from huggingface_hub import hf_hub_download
from PIL import Image

from recsys.catalog import Catalog
from recsys.errors import CatalogError, HubDownError, HubError, HubNotFoundError, HubTimeoutError, HubTokenError
from recsys.types import Item, Product
from testkit.hub_double import HubDouble

leaves_a_file_open = pytest.mark.filterwarnings("ignore::ResourceWarning")
"""Where datasets reads metadata beside pictures: it does not close the table. To be followed by a `gc.collect()`."""


def png(shade: int = 0) -> bytes:
    out = io.BytesIO()
    Image.new("L", (2, 2), shade % 256).save(out, "PNG")
    return out.getvalue()


def pictures(count: int) -> list[dict[str, object]]:
    return [{"bytes": png(shade), "path": None} for shade in range(count)]


def write_repository(
    folder: Path,
    columns: Mapping[str, Any],
    features: Mapping[str, object] | None = None,
    split: str = "train",
) -> Path:
    """A folder in the layout of a dataset repository. Columns without a feature keep the type of their cells."""
    (folder / "data").mkdir(parents=True, exist_ok=True)
    table = Dataset.from_dict(dict(columns))
    for name, feature in (features or {"image": datasets.Image()}).items():
        table = table.cast_column(name, feature)
    table.to_parquet(folder / "data" / f"{split}-00000-of-00001.parquet")
    return folder


def write_arrow(folder: Path, **columns: object) -> Path:
    """The same, from columns with Arrow types of their own and no word on what they mean."""
    (folder / "data").mkdir(parents=True)
    pq.write_table(pa.table(columns), folder / "data" / "train-00000-of-00001.parquet")
    return folder


def write_pictures(folder: Path, *names: str) -> Path:
    for shade, name in enumerate(names):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(png(shade))
    return folder


def ids(catalog: Catalog) -> list[str]:
    return [product.item.id for product in catalog]


def column(catalog: Catalog, name: str) -> list[str | None]:
    return [product.item.attributes[name] for product in catalog]


@pytest.fixture(autouse=True)
def datasets_alone(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No progress bars, and no calls to machines other than the Hub: the dataset viewer, a counter of downloads."""
    monkeypatch.setattr(datasets.config, "USE_PARQUET_EXPORT", False)
    monkeypatch.setattr(datasets.config, "HF_UPDATE_DOWNLOAD_COUNTS", False)
    datasets.disable_progress_bars()
    yield
    datasets.enable_progress_bars()


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """Eight shirts with all that a catalogue has."""
    columns = {
        "id": range(101, 109),
        "gender": ["Men", "Women"] * 4,
        "colour": ["Red", "Blue", None, "Red", " ", "Blue", "Red", "Blue"],
        "productDisplayName": [f"Shirt {number}" for number in range(7)] + [None],
        "image": pictures(8),
    }
    return write_repository(tmp_path / "shirts", columns)


def test_a_dataset_repository_gives_its_products_in_order(shop: Path) -> None:
    catalog = Catalog.open(str(shop))

    assert (catalog.dataset, catalog.revision, catalog.split) == ("shirts", None, "train")
    assert catalog.attributes == ("gender", "colour")
    assert len(catalog) == 8
    assert ids(catalog) == [str(id) for id in range(101, 109)]
    assert next(iter(catalog)) == Product(Item("101", "Shirt 0", {"gender": "Men", "colour": "Red"}), png(0))


def test_a_catalogue_can_be_read_again_and_by_two_at_once(shop: Path) -> None:
    catalog = Catalog.open(str(shop))

    assert all(one == other for one, other in zip(catalog, catalog, strict=True))
    assert len(list(catalog)) == len(list(catalog)) == 8


def test_products_pass_the_borders_of_batches_and_row_groups(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    count = 150
    table = pa.table({"id": range(count), "image": pictures(count)})
    pq.write_table(table, tmp_path / "data" / "train-00000-of-00001.parquet", row_group_size=7)

    catalog = Catalog.open(str(tmp_path))

    assert [(product.item.id, product.picture) for product in catalog] == [(str(n), png(n)) for n in range(count)]


def test_what_a_row_leaves_empty_is_none(shop: Path) -> None:
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


def test_an_unknown_split_is_refused_with_those_there_are(shop: Path, tmp_path: Path) -> None:
    with pytest.raises(CatalogError, match="no split 'test'.*train"):
        Catalog.open(str(shop), split="test")
    with pytest.raises(CatalogError, match="no split 'test'.*train"):
        Catalog.open(str(write_pictures(tmp_path / "plain", "a.png")), split="test")


def test_flags_overrule_what_is_found(tmp_path: Path) -> None:
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


def test_no_attributes_may_be_asked_for(shop: Path) -> None:
    catalog = Catalog.open(str(shop), attributes=[])

    assert catalog.attributes == ()
    assert next(iter(catalog)).item.attributes == {}


@pytest.mark.parametrize(
    "flag",
    [{"image_column": "photo"}, {"id_column": "photo"}, {"name_column": "photo"}, {"attributes": ["gender", "photo"]}],
)
def test_an_unknown_column_is_refused_with_those_there_are(shop: Path, flag: dict[str, Any]) -> None:
    with pytest.raises(CatalogError, match="no column 'photo'.*id, gender, colour, productDisplayName, image"):
        Catalog.open(str(shop), **flag)


def test_a_column_that_cannot_serve_is_refused(shop: Path) -> None:
    with pytest.raises(CatalogError, match="'id' holds no pictures.*id, gender"):
        Catalog.open(str(shop), image_column="id")
    with pytest.raises(CatalogError, match="'image' holds struct"):
        Catalog.open(str(shop), attributes=["image"])


# ---- finding the columns


@pytest.mark.parametrize("name", ["id", "ID", "item_id", "Product ID", "productId", "sku"])
def test_an_id_column_is_known_by_its_name(tmp_path: Path, name: str) -> None:
    write_repository(tmp_path, {name: ["x", "y"], "image": pictures(2)})

    assert ids(Catalog.open(str(tmp_path))) == ["x", "y"]


@pytest.mark.parametrize("columns", [{}, {"id": [5, 5, 5, 6]}, {"id": [5, None, None, 6]}, {"idea": [6, 7, 8, 9]}])
def test_without_an_id_column_products_are_numbered(tmp_path: Path, columns: dict[str, Any]) -> None:
    write_repository(tmp_path, {**columns, "image": pictures(4)})

    assert ids(Catalog.open(str(tmp_path))) == ["0", "1", "2", "3"]


def test_a_few_doublets_do_not_turn_ids_into_row_numbers(tmp_path: Path) -> None:
    write_repository(tmp_path, {"id": [*range(100, 119), 100], "image": pictures(20)})

    assert ids(Catalog.open(str(tmp_path)))[-2:] == ["118", "100-2"]


def test_ids_are_made_unique_and_clash_with_no_other(tmp_path: Path) -> None:
    given = ["7", "7-2", "7", None, "7", "3", "", 7]
    write_repository(tmp_path, {"code": [str(id) if id is not None else None for id in given], "image": pictures(8)})

    catalog = Catalog.open(str(tmp_path), id_column="code")

    assert ids(catalog) == ["7", "7-2", "7-3", "3", "7-4", "3-2", "6", "7-5"]
    assert ids(Catalog.open(str(tmp_path), id_column="code", limit=5)) == ids(catalog)[:5]


@pytest.mark.parametrize("name", ["productDisplayName", "name", "title", "product_name", "Text"])
def test_a_name_column_is_known_by_its_name(tmp_path: Path, name: str) -> None:
    write_repository(tmp_path, {"brand": ["Q", "R"], name: [" A ", "B"], "image": pictures(2)})

    assert [product.item.name for product in Catalog.open(str(tmp_path))] == ["A", "B"]


def test_text_of_any_length_makes_an_index_that_opens(tmp_path: Path) -> None:
    long = {name: [f"{row} " + "word " * 10_000 for row in "AB"] for name in ("code", "name", "description")}
    write_repository(tmp_path, {**long, "image": pictures(2)})

    catalog = Catalog.open(str(tmp_path), id_column="code", attributes=["description"])

    for product, row in zip(catalog, "AB", strict=True):
        for text in (product.item.id, product.item.name, product.item.attributes["description"]):
            assert text and text.startswith(f"{row} word word") and text.endswith("…") and len(text) == 500


def test_the_name_is_no_attribute_however_often_it_repeats(tmp_path: Path) -> None:
    write_repository(tmp_path, {"name": ["A", "A", "B", "B"], "image": pictures(4)})

    assert Catalog.open(str(tmp_path)).attributes == ()


def test_of_two_names_the_one_of_the_product_is_taken(tmp_path: Path) -> None:
    write_repository(tmp_path, {"name": ["Q", "R"], "product_name": ["A", "B"], "image": pictures(2)})

    assert [product.item.name for product in Catalog.open(str(tmp_path))] == ["A", "B"]


def test_without_a_name_column_products_have_no_name(tmp_path: Path) -> None:
    write_repository(tmp_path, {"title": [1, 2], "image": pictures(2)})

    assert [product.item.name for product in Catalog.open(str(tmp_path))] == [None, None]


def test_values_that_repeat_make_an_attribute_whatever_their_type(tmp_path: Path) -> None:
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


def test_in_a_small_shop_a_value_must_be_shared_too(tmp_path: Path) -> None:
    columns = {"kind": ["a", "b", "a", "b"], "size": ["a", "b", "c", "a"], "image": pictures(4)}

    assert Catalog.open(str(write_repository(tmp_path, columns))).attributes == ("kind",)


def test_dictionaries_and_nulls_of_arrow_are_attributes_like_others(tmp_path: Path) -> None:
    kinds = pa.array(["a", "b", "a", None]).dictionary_encode()
    write_arrow(tmp_path / "shop", kind=kinds, void=pa.nulls(4), image=pa.array(pictures(4)))

    catalog = Catalog.open(str(tmp_path / "shop"), attributes=["kind", "void"])

    assert column(catalog, "kind") == ["a", "b", "a", None]
    assert column(catalog, "void") == [None] * 4


# ---- finding the picture


def test_the_image_feature_wins_over_other_columns_of_bytes(tmp_path: Path) -> None:
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


def test_without_a_picture_column_the_flag_is_named_with_the_columns(tmp_path: Path) -> None:
    write_repository(tmp_path, {"id": [1, 2], "kind": ["a", "b"]}, {"id": Value("int64")})

    with pytest.raises(CatalogError, match="has none that does.*--image-column.*id, kind"):
        Catalog.open(str(tmp_path))


def test_between_two_picture_columns_the_flag_decides(tmp_path: Path) -> None:
    columns = {"front": pictures(2), "back": pictures(2)[::-1]}
    write_repository(tmp_path, columns, {"front": datasets.Image(), "back": datasets.Image()})

    with pytest.raises(CatalogError, match="has front, back.*--image-column"):
        Catalog.open(str(tmp_path))
    assert next(iter(Catalog.open(str(tmp_path), image_column="back"))).picture == png(1)


def test_a_picture_that_is_not_there_is_none_and_its_product_stays(tmp_path: Path) -> None:
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


def test_a_column_of_paths_is_the_picture_where_the_flag_says_so(tmp_path: Path) -> None:
    shop = write_arrow(tmp_path / "shop", file=["pics/a.png", None, "pics/\0.png"])
    write_pictures(shop, "pics/a.png")

    assert [p.picture for p in Catalog.open(str(shop), image_column="file")] == [png(0), None, None]


@leaves_a_file_open
def test_metadata_beside_the_pictures_makes_a_dataset_repository(tmp_path: Path) -> None:
    write_pictures(tmp_path, "a.png", "b.png")
    (tmp_path / "metadata.csv").write_text("file_name,id,title\nb.png,71,B\na.png,72,A\n")

    products = {product.item.id: product for product in Catalog.open(str(tmp_path))}

    assert products["71"] == Product(Item("71", "B", {}), png(1))
    assert products["72"] == Product(Item("72", "A", {}), png(0))
    gc.collect()


def test_pictures_are_handed_on_and_not_decoded(tmp_path: Path) -> None:
    write_repository(tmp_path, {"image": [{"bytes": b"no picture at all", "path": None}]})

    assert [product.picture for product in Catalog.open(str(tmp_path))] == [b"no picture at all"]


# ---- folders of pictures


def test_a_folder_of_pictures_is_a_catalogue_whose_sub_folders_are_labels(tmp_path: Path) -> None:
    write_pictures(tmp_path / "my shop", "women/dresses/red_maxi-dress.png", "men/shirt.JPG", "cap.webp")

    catalog = Catalog.open(str(tmp_path / "my shop"))

    assert (catalog.dataset, catalog.revision, catalog.attributes) == ("my shop", None, ("label",))
    assert list(catalog) == [
        Product(Item("cap", "cap", {"label": None}), png(2)),
        Product(Item("men/shirt", "shirt", {"label": "men"}), png(1)),
        Product(Item("women/dresses/red_maxi-dress", "red maxi dress", {"label": "women/dresses"}), png(0)),
    ]


def test_pictures_of_one_name_have_ids_of_their_own(tmp_path: Path) -> None:
    write_pictures(tmp_path, "shirt.jpg", "shirt.png")

    assert ids(Catalog.open(str(tmp_path))) == ["shirt", "shirt-2"]


def test_without_sub_folders_there_is_no_label(tmp_path: Path) -> None:
    assert Catalog.open(str(write_pictures(tmp_path, "a.png", "b.png"))).attributes == ()


def test_hidden_files_and_those_that_are_no_pictures_are_passed_over(tmp_path: Path) -> None:
    write_pictures(tmp_path, "a.png", ".b.png", ".git/c.png", "notes.txt", "styles.csv")

    assert ids(Catalog.open(str(tmp_path))) == ["a"]


def test_a_kind_of_picture_that_is_not_read_is_a_product_all_the_same(tmp_path: Path) -> None:
    assert ids(Catalog.open(str(write_pictures(tmp_path, "a.heic")))) == ["a"]


def test_a_name_that_is_no_utf_8_does_not_lose_its_picture(tmp_path: Path) -> None:
    write_pictures(tmp_path, os.fsdecode(b"r\xe9d-shirt.png"))

    assert list(Catalog.open(str(tmp_path))) == [Product(Item("r\ufffdd-shirt", "r\ufffdd shirt", {}), png(0))]


def test_a_picture_that_is_removed_meanwhile_is_none(tmp_path: Path) -> None:
    catalog = Catalog.open(str(write_pictures(tmp_path, "a.png", "b.png")))
    (tmp_path / "a.png").unlink()

    assert [product.picture for product in catalog] == [None, png(1)]


def test_a_folder_of_here_is_named_by_its_base_name_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(write_pictures(tmp_path / "shop", "a.png"))

    assert [Catalog.open(path).dataset for path in (".", str(tmp_path / "shop"), "../shop/")] == ["shop"] * 3


def test_an_empty_folder_is_refused_with_what_may_be_given(tmp_path: Path) -> None:
    with pytest.raises(CatalogError, match=r"holds no catalogue. Give a folder of pictures.*styles\.csv.*parquet"):
        Catalog.open(str(tmp_path))


# ---- the Kaggle archive


STYLES = """\
id,gender,masterCategory,subCategory,articleType,baseColour,season,year,usage,productDisplayName
15970,Men,Apparel,Topwear,Shirts,Navy Blue,Fall,2011,Casual,Turtle Check Men Navy Blue Décolleté
39386,Men,Apparel,Bottomwear,Jeans,Blue,Summer,2012,NA,Peter England Men Party Blue, Slim, "Best" Jeans
59263 ,Women,Accessories,Watches,Watches, Silver ,Winter,,Casual,"Titan Women, ""Raga"" Watch"

21379,Men,Apparel,Bottomwear,Track Pants,Black,Fall,2011,Casual,
30039,Men
"""


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """The archive as it unpacks, with two pictures missing."""
    folder = write_pictures(tmp_path / "archive", "images/15970.jpg", "images/39386.jpg", "images/59263.jpg")
    (folder / "styles.csv").write_text(STYLES, "utf-8-sig")
    return folder


def test_the_kaggle_archive_is_read_with_its_unquoted_commas(archive: Path) -> None:
    catalog = Catalog.open(str(archive))

    assert catalog.dataset == "archive"
    assert catalog.attributes == (
        *("gender", "masterCategory", "subCategory", "articleType", "baseColour", "season", "year", "usage"),
    )
    assert [(product.item.id, product.item.name, product.picture) for product in catalog] == [
        ("15970", "Turtle Check Men Navy Blue Décolleté", png(0)),
        ("39386", 'Peter England Men Party Blue, Slim, "Best" Jeans', png(1)),
        ("59263", 'Titan Women, "Raga" Watch', png(2)),
        ("21379", None, None),
        ("30039", None, None),
    ]


def test_values_of_the_kaggle_archive_are_stripped_and_na_is_none(archive: Path) -> None:
    catalog = Catalog.open(str(archive))

    assert column(catalog, "usage") == ["Casual", None, "Casual", "Casual", None]
    assert column(catalog, "baseColour") == ["Navy Blue", "Blue", "Silver", "Black", None]
    assert column(catalog, "year") == ["2011", "2012", None, "2011", None]


@pytest.mark.parametrize("place", ["myntradataset", "fashion-dataset/fashion-dataset"])
def test_the_kaggle_archive_is_found_below_the_folder(tmp_path: Path, archive: Path, place: str) -> None:
    (tmp_path / "download" / place).parent.mkdir(parents=True)
    archive.rename(tmp_path / "download" / place)

    catalog = Catalog.open(str(tmp_path / "download"))

    assert (catalog.dataset, ids(catalog)[0]) == ("download", "15970")
    assert next(iter(catalog)).picture == png(0)


def test_the_kaggle_archive_is_found_from_its_images(archive: Path) -> None:
    assert ids(Catalog.open(str(archive / "images"))) == ids(Catalog.open(str(archive)))


def test_the_copy_inside_the_kaggle_archive_is_not_read_again(archive: Path) -> None:
    write_pictures(archive / "myntradataset", "images/1.jpg")
    (archive / "myntradataset" / "styles.csv").write_text("id,productDisplayName\n1,Copy\n")

    assert "1" not in ids(Catalog.open(str(archive)))


def test_products_of_the_kaggle_archive_that_share_an_id_share_its_picture(archive: Path) -> None:
    (archive / "styles.csv").write_text("id,productDisplayName\n15970,A\n15970,B\n")

    assert [(product.item.id, product.picture) for product in Catalog.open(str(archive))] == [
        ("15970", png(0)),
        ("15970-2", png(0)),
    ]


def test_an_archive_that_cannot_be_read_is_refused(archive: Path) -> None:
    with (archive / "styles.csv").open("a") as styles:
        styles.write("1," + "x" * 200_000)

    with pytest.raises(CatalogError, match="archive in archive cannot be read: field larger"):
        Catalog.open(str(archive))


def test_styles_without_ids_are_refused(archive: Path) -> None:
    (archive / "styles.csv").write_text("gender,productDisplayName\nMen,Shirt\n")

    with pytest.raises(CatalogError, match="no column 'id'.*gender, productDisplayName"):
        Catalog.open(str(archive))


@pytest.mark.parametrize("styles", ["", "id,productDisplayName\n"])
def test_styles_without_products_are_refused(archive: Path, styles: str) -> None:
    (archive / "styles.csv").write_text(styles)

    with pytest.raises(CatalogError, match="no column 'id'|no rows"):
        Catalog.open(str(archive))


# ---- the sample shop


@pytest.fixture
def drawings(monkeypatch: pytest.MonkeyPatch) -> list[Product]:
    """Three drawn products in place of the sample shop."""
    drawn = [
        Product(Item("d0", "Red dress", {"kind": "Dress", "cut": "A-line"}), png(0)),
        Product(Item("d1", "Blue bag", {"kind": "Bag", "strap": "long"}), png(1)),
        Product(Item("d2", "Cap", {"kind": "Cap"}), png(2)),
    ]
    sample = types.ModuleType("sample_shop")
    vars(sample)["products"] = lambda count=480, seed=0: itertools.islice(drawn, count)
    monkeypatch.setitem(sys.modules, "sample_shop", sample)
    return drawn


def test_the_sample_shop_is_drawn_with_all_its_attributes(drawings: list[Product]) -> None:
    catalog = Catalog.open("sample")

    assert (catalog.dataset, catalog.revision, catalog.split) == ("sample", None, "train")
    assert catalog.attributes == ("kind", "cut", "strap")
    assert list(catalog) == list(catalog) == drawings


def test_of_the_sample_shop_a_part_can_be_taken(drawings: list[Product]) -> None:
    catalog = Catalog.open("sample", limit=2, attributes=["strap"])

    assert (len(catalog), catalog.attributes) == (2, ("strap",))
    assert [product.item.attributes for product in catalog] == [{"strap": None}, {"strap": "long"}]


@pytest.mark.parametrize(
    ("flag", "fact"),
    [
        ({"attributes": ["colour"]}, "no attribute 'colour'.*kind, cut, strap"),
        ({"split": "test"}, "no split 'test'.*train"),
        ({"revision": "main"}, "sample has no revisions"),
        ({"id_column": "id"}, "no columns to choose"),
    ],
)
def test_what_the_sample_shop_does_not_have_is_refused(
    drawings: list[Product], flag: dict[str, Any], fact: str
) -> None:
    with pytest.raises(CatalogError, match=fact):
        Catalog.open("sample", **flag)


# ---- sources that are not there or cannot be read


@pytest.mark.parametrize("dataset", ["/no/such/folder", "./nothing", "a/b/c", "nothing", ""])
def test_a_folder_that_is_not_there_is_refused(dataset: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
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


def test_parquet_that_cannot_be_read_is_refused_with_the_reason(shop: Path) -> None:
    file = shop / "data" / "train-00000-of-00001.parquet"
    file.write_bytes(file.read_bytes()[:-60])

    with pytest.raises(CatalogError, match="shirts cannot be read as a dataset: .*[Pp]arquet") as refusal:
        Catalog.open(str(shop))

    assert refusal.value.__cause__ is not None


def test_a_damaged_column_is_refused_with_the_reason(shop: Path) -> None:
    file = shop / "data" / "train-00000-of-00001.parquet"
    data = file.read_bytes()
    file.write_bytes(data[:4] + bytes(400) + data[404:])

    with pytest.raises(CatalogError, match="shirts cannot be read as a dataset: (?!An error occurred)") as refusal:
        Catalog.open(str(shop))

    assert isinstance(refusal.value.__cause__, datasets.exceptions.DatasetGenerationError)


def write_shards(folder: Path) -> Path:
    """A dataset repository of three shards, of two products each."""
    for number in range(3):
        write_repository(folder, {"id": [2 * number, 2 * number + 1], "image": pictures(2)})
        whole = folder / "data" / "train-00000-of-00001.parquet"
        whole.rename(folder / "data" / f"train-{number:05d}-of-00003.parquet")
    return folder


SHARD = "data/train-00001-of-00003.parquet"


def cut(data: bytes) -> bytes:
    return data[:-60]


def blotted(data: bytes) -> bytes:
    return data[:4] + bytes(400) + data[404:]


@pytest.mark.parametrize("damage", [cut, blotted, lambda data: b""], ids=["cut", "blotted", "empty"])
def test_a_damaged_shard_is_named_and_the_others_are_not(tmp_path: Path, damage: Callable[[bytes], bytes]) -> None:
    shards = write_shards(tmp_path / "shards")
    (shards / SHARD).write_bytes(damage((shards / SHARD).read_bytes()))

    with pytest.raises(CatalogError, match=rf"damaged, {SHARD} \(.*Copy it there again, and run the same") as refusal:
        Catalog.open(str(shards))

    assert "00000-of" not in str(refusal.value)


def test_a_disk_without_space_for_the_copy_is_told(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: object, **options: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(datasets.arrow_writer.ArrowWriter, "write_table", fail)

    with pytest.raises(CatalogError, match="no space left to read shirts.*set HF_HOME"):
        Catalog.open(str(shop))


# ---- the Hub


PARQUET = "data/train-00000-of-00001.parquet"


@pytest.fixture
def seeded(hub: HubDouble, shop: Path) -> str:
    """A dataset of the Hub that is the shop of shirts."""
    name = hub.new_name()
    hub.seed("datasets", name, {PARQUET: (shop / PARQUET).read_bytes()})
    return name


def test_a_hub_dataset_is_read_at_its_commit(hub: HubDouble, seeded: str) -> None:
    commit = hub.repo("datasets", seeded).branches["main"]

    catalog = Catalog.open(seeded)

    assert (catalog.dataset, catalog.revision, catalog.split) == (seeded, commit, "train")
    assert catalog.attributes == ("gender", "colour")
    assert next(iter(catalog)) == Product(Item("101", "Shirt 0", {"gender": "Men", "colour": "Red"}), png(0))
    assert [
        request for request in hub.requests if PARQUET in request and "/resolve/" in request and commit not in request
    ] == []


def test_an_older_revision_of_a_hub_dataset_can_be_asked_for(hub: HubDouble, seeded: str, tmp_path: Path) -> None:
    older = hub.repo("datasets", seeded).branches["main"]
    new = write_repository(tmp_path / "new", {"id": [1, 2], "image": pictures(2)})
    newer = hub.seed("datasets", seeded, {PARQUET: (new / PARQUET).read_bytes()})

    catalogs = [Catalog.open(seeded), Catalog.open(seeded, revision=older), Catalog.open(seeded, revision="main")]

    assert [(catalog.revision, len(catalog)) for catalog in catalogs] == [(newer, 2), (older, 8), (newer, 2)]


def test_a_folder_wins_over_a_hub_dataset_of_its_name(
    hub: HubDouble, seeded: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_pictures(tmp_path / seeded, "a.png")
    monkeypatch.chdir(tmp_path)

    assert (ids(Catalog.open(seeded)), hub.requests) == (["a"], [])


@leaves_a_file_open
def test_pictures_beside_the_tables_of_a_hub_dataset_are_read(hub: HubDouble) -> None:
    name = hub.new_name()
    metadata = b"file_name,id,title\nb.png,71,B\na.png,72,A\n"
    hub.seed("datasets", name, {"a.png": png(0), "b.png": png(1), "metadata.csv": metadata})

    assert {product.item.name: product.picture for product in Catalog.open(name)} == {"A": png(0), "B": png(1)}
    gc.collect()


def test_a_hub_dataset_cannot_make_us_read_files_of_this_machine(hub: HubDouble, tmp_path: Path) -> None:
    private = write_pictures(tmp_path, "private.png") / "private.png"
    kind = pa.struct({"bytes": pa.binary(), "path": pa.string()})
    table = write_arrow(tmp_path / "shop", image=pa.array([{"bytes": None, "path": str(private)}], kind)) / PARQUET
    name = hub.new_name()
    hub.seed("datasets", name, {PARQUET: table.read_bytes()})

    assert [product.picture for product in Catalog.open(name)] == [None]


@pytest.mark.parametrize(
    ("revision", "options", "expected", "fact"),
    [
        ("v9", {}, HubNotFoundError, "Revision 'v9' doesn't exist"),
        (None, {"private": True}, HubNotFoundError, "doesn't exist on the Hub or cannot be accessed.*HF_TOKEN"),
        (None, {"gated": True}, HubTokenError, "gated dataset.*HF_TOKEN"),
    ],
)
def test_the_hub_says_what_is_missing(
    hub: HubDouble,
    monkeypatch: pytest.MonkeyPatch,
    revision: str | None,
    options: dict[str, Any],
    expected: type[HubError],
    fact: str,
) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_other")
    name = hub.new_name()
    hub.seed("datasets", name, {"README.md": b"# Shop"}, **options)

    with pytest.raises(expected, match=fact):
        Catalog.open(name, revision=revision)


def test_a_dataset_that_the_hub_does_not_have_is_told(hub: HubDouble) -> None:
    with pytest.raises(HubNotFoundError, match="'me/nothing' doesn't exist on the Hub.*Check the name"):
        Catalog.open("me/nothing")


def test_a_token_that_the_hub_refuses_is_told(hub: HubDouble, seeded: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_revoked")

    with pytest.raises(HubTokenError, match=r"refuses the token for me/.* \(401\).*HF_TOKEN"):
        Catalog.open(seeded)


def test_a_file_that_the_hub_has_lost_is_told(hub: HubDouble, seeded: str) -> None:
    hub.fault("GET /cdn/", "status", times=-1, status=404)

    with pytest.raises(HubNotFoundError, match="404"):
        Catalog.open(seeded)


def test_a_shard_that_is_damaged_on_the_hub_is_named(hub: HubDouble, tmp_path: Path) -> None:
    name = hub.new_name()
    files = {file.relative_to(tmp_path).as_posix(): file.read_bytes() for file in write_shards(tmp_path).rglob("*.p*")}
    hub.seed("datasets", name, files | {SHARD: cut(files[SHARD])})

    with pytest.raises(CatalogError, match=rf"{name} cannot be read .*{SHARD} \(.*It is so on the Hub: push it again"):
        Catalog.open(name)


def test_a_shard_that_is_not_as_announced_is_fetched_again_by_the_next_run(hub: HubDouble, tmp_path: Path) -> None:
    name = hub.new_name()
    files = {file.relative_to(tmp_path).as_posix(): file.read_bytes() for file in write_shards(tmp_path).rglob("*.p*")}
    hub.seed("datasets", name, files)
    copy = Path(hf_hub_download(name, SHARD, repo_type="dataset")).resolve()
    copy.write_bytes(copy.read_bytes()[:-60] + bytes(60))

    with pytest.raises(CatalogError, match=rf"{SHARD} \(.*came altered .* the same command fetches it again"):
        Catalog.open(name)
    assert ids(Catalog.open(name)) == [str(number) for number in range(6)]


def test_an_error_of_the_hub_is_told(hub: HubDouble, seeded: str) -> None:
    hub.fault("GET /cdn/", "status", times=-1, status=503)

    with pytest.raises(HubDownError, match="cannot give me/.* now: .*503"):
        Catalog.open(seeded)


@pytest.mark.parametrize(
    ("error", "expected"),
    [(ConnectionError("Couldn't reach the Hub"), HubDownError), (TimeoutError("timed out"), HubTimeoutError)],
)
def test_a_hub_that_does_not_answer_is_told(
    hub: HubDouble, monkeypatch: pytest.MonkeyPatch, error: Exception, expected: type[HubError]
) -> None:
    def fail(*args: object, **options: object) -> None:
        raise error

    monkeypatch.setattr(datasets, "load_dataset_builder", fail)

    with pytest.raises(expected, match="me/shop"):
        Catalog.open("me/shop")


def test_without_the_hub_the_last_copy_is_read_but_never_as_another_revision(
    hub: HubDouble, seeded: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit = Catalog.open(seeded).revision
    monkeypatch.setenv("HF_TOKEN", "hf_revoked")

    assert Catalog.open(seeded).revision == commit
    with pytest.raises(HubDownError, match=f"only commit {commit} is in the cache"):
        Catalog.open(seeded, revision="f" * 40)


@pytest.mark.parametrize(
    ("files", "fact"),
    [
        ({"README.md": b"# Nothing else"}, "cannot be read as a dataset: .*data files"),
        ({PARQUET: b"PAR1 junk"}, "cannot be read as a dataset: .*[Pp]arquet"),
    ],
)
def test_a_hub_repository_that_is_no_catalogue_is_refused(hub: HubDouble, files: dict[str, bytes], fact: str) -> None:
    name = hub.new_name()
    hub.seed("datasets", name, files)

    with pytest.raises(CatalogError, match=fact):
        Catalog.open(name)


def test_several_configurations_are_named(hub: HubDouble, shop: Path) -> None:
    card = b"---\nconfigs:\n- config_name: new\n  data_files: data/*\n- config_name: old\n  data_files: data/*\n---\n"
    name = hub.new_name()
    hub.seed("datasets", name, {"README.md": card, PARQUET: (shop / PARQUET).read_bytes()})

    with pytest.raises(CatalogError, match="new.*old"):
        Catalog.open(name)
