"""The Kaggle archive "Fashion Product Images"."""

from __future__ import annotations

from pathlib import Path

import pytest

from recsys.catalog import Catalog
from recsys.errors import CatalogError
from tests.support.catalog_sources import (
    column,
    ids,
    png,
    write_pictures,
)

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


def test_names_with_unquoted_commas_are_read_whole(archive: Path) -> None:
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


def test_values_are_stripped_and_na_is_none(archive: Path) -> None:
    catalog = Catalog.open(str(archive))

    assert column(catalog, "usage") == ["Casual", None, "Casual", "Casual", None]
    assert column(catalog, "baseColour") == ["Navy Blue", "Blue", "Silver", "Black", None]
    assert column(catalog, "year") == ["2011", "2012", None, "2011", None]


@pytest.mark.parametrize("place", ["myntradataset", "fashion-dataset/fashion-dataset"])
def test_the_archive_is_found_in_a_sub_folder(tmp_path: Path, archive: Path, place: str) -> None:
    (tmp_path / "download" / place).parent.mkdir(parents=True)
    archive.rename(tmp_path / "download" / place)

    catalog = Catalog.open(str(tmp_path / "download"))

    assert (catalog.dataset, ids(catalog)[0]) == ("download", "15970")
    assert next(iter(catalog)).picture == png(0)


def test_the_archive_is_found_from_its_images_folder(archive: Path) -> None:
    assert ids(Catalog.open(str(archive / "images"))) == ids(Catalog.open(str(archive)))


def test_the_copy_inside_the_archive_is_not_read(archive: Path) -> None:
    write_pictures(archive / "myntradataset", "images/1.jpg")
    (archive / "myntradataset" / "styles.csv").write_text("id,productDisplayName\n1,Copy\n")

    assert "1" not in ids(Catalog.open(str(archive)))


def test_products_with_the_same_id_share_its_picture(archive: Path) -> None:
    (archive / "styles.csv").write_text("id,productDisplayName\n15970,A\n15970,B\n")

    assert [(product.item.id, product.picture) for product in Catalog.open(str(archive))] == [
        ("15970", png(0)),
        ("15970-2", png(0)),
    ]


def test_an_unreadable_archive_is_refused(archive: Path) -> None:
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
