"""Tables beside pictures: what stands in their cells is taken as it stands, in any format, encoding and layout."""

from __future__ import annotations

import json
import os
import unicodedata
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from recsys.catalog import Catalog
from recsys.errors import CatalogError
from recsys.types import Offer
from tests.support.catalog_sources import column, ids, png, write_pictures

NAME = "Größe Café"


def shop(folder: Path, count: int = 4, place: str = "images") -> list[str]:
    """Pictures of a shop, and how its tables name them."""
    names = [f"{place}/{number}.png" for number in range(count)]
    write_pictures(folder, *names)
    return names


def write(file: Path, *rows: str, encoding: str = "utf-8") -> Path:
    file.write_bytes("\n".join(rows).encode(encoding))
    return file.parent


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_encoding_and_the_separator_are_found(tmp_path: Path, encoding: str, delimiter: str) -> None:
    rows = [delimiter.join(("file_name", "id", "name"))]
    rows += [delimiter.join((name, f"A{name[7]}", NAME)) for name in shop(tmp_path)]

    catalog = Catalog.open(str(write(tmp_path / "metadata.csv", *rows, encoding=encoding)))

    assert [(p.item.id, p.item.name, p.picture) for p in catalog] == [(f"A{n}", NAME, png(n)) for n in range(4)]


def test_a_few_damaged_characters_do_not_make_utf_8_windows_1252(tmp_path: Path) -> None:
    names = shop(tmp_path)
    rows = [f"{name},{NAME}" for name in names]
    data = "\n".join(["file,name", *rows]).encode() + b"\xff"
    (tmp_path / "a.csv").write_bytes(data)

    catalog = Catalog.open(str(tmp_path))

    assert next(catalog.items()).name == NAME
    assert "its encoding is UTF-8 with damaged characters" in catalog.summary()


@pytest.mark.parametrize(
    "file", ["products.csv", "METADATA.CSV", "metadata1000.csv", "export/products_export.tsv", "data.txt"]
)
def test_a_table_of_any_name_is_read(tmp_path: Path, file: str) -> None:
    names = shop(tmp_path)
    (tmp_path / file).parent.mkdir(exist_ok=True)
    write(tmp_path / file, "sku,title,image", *(f"A{name[7]},T{name[7]},{name}" for name in names))

    assert ids(Catalog.open(str(tmp_path))) == ["A0", "A1", "A2", "A3"]


def jsonl(file: Path, records: list[dict[str, str]]) -> None:
    file.with_suffix(".jsonl").write_text("\n".join(map(json.dumps, records)))


def workbook(file: Path, records: list[dict[str, str]]) -> None:
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    for row in (list(records[0]), *(list(record.values()) for record in records)):
        book.active.append(row)
    book.save(file.with_suffix(".xlsx"))


def xml(file: Path, records: list[dict[str, str]]) -> None:
    items = ("".join(f"<{key}>{value}</{key}>" for key, value in record.items()) for record in records)
    file.with_suffix(".xml").write_text(f"<feed>{''.join(f'<entry>{item}</entry>' for item in items)}</feed>")


def parquet(file: Path, records: list[dict[str, str]]) -> None:
    pq.write_table(pa.Table.from_pylist(records), file.with_suffix(".parquet"))


@pytest.mark.parametrize("save", [jsonl, workbook, xml, parquet])
def test_a_table_in_another_format_is_read(tmp_path: Path, save: Callable[..., None]) -> None:
    records = [{"id": f"0{n}", "name": NAME, "image": name} for n, name in enumerate(shop(tmp_path))]
    save(tmp_path / "products", records)

    found = [(p.item.id, p.item.name, p.picture) for p in Catalog.open(str(tmp_path))]

    assert found == [(f"0{number}", NAME, png(number)) for number in range(4)]


def test_all_files_belong_whatever_split_their_names_have(tmp_path: Path) -> None:
    names = [f"images/{word}-shoes.png" for word in ("training", "test", "val", "dev", "train", "eval")]
    write_pictures(tmp_path, *names)
    write(tmp_path / "metadata.csv", "file_name,id", *(f"{name},A{place}" for place, name in enumerate(names)))

    assert ids(Catalog.open(str(tmp_path))) == [f"A{place}" for place in range(6)]


def test_a_parquet_file_whose_name_has_the_word_test_is_no_split(tmp_path: Path) -> None:
    for name in ("shoes-test", "shoes-train"):
        pictures = [{"bytes": png(1), "path": None}]
        pq.write_table(pa.table({"id": [name], "image": pictures}), tmp_path / f"{name}.parquet")

    assert ids(Catalog.open(str(tmp_path))) == ["shoes-test", "shoes-train"]


def test_other_splits_of_a_dataset_are_named(tmp_path: Path) -> None:
    for split in ("train", "test"):
        table = pa.table({"id": [split], "image": [{"bytes": png(1), "path": None}]})
        (tmp_path / "data").mkdir(exist_ok=True)
        pq.write_table(table, tmp_path / "data" / f"{split}-00000-of-00001.parquet")

    assert "the splits 'test' are not read" in Catalog.open(str(tmp_path)).summary()


def test_cells_are_the_text_that_stands_there(tmp_path: Path) -> None:
    cells = ["00007,007,38", "1E5,010,38.5", "123456789012345601,007,39", "TRUE,010,38"]
    rows = [f"{name},{cell}" for name, cell in zip(shop(tmp_path), cells, strict=True)]
    catalog = Catalog.open(str(write(tmp_path / "metadata.csv", "file_name,id,code,size", *rows)))

    assert ids(catalog) == ["00007", "1E5", "123456789012345601", "TRUE"]
    assert column(catalog, "code") == ["007", "010", "007", "010"]


def test_lines_in_quotes_stay_and_a_stray_quote_swallows_no_row(tmp_path: Path) -> None:
    names = shop(tmp_path)
    cells = ['A,"Two\nlines"', 'B,"Stray', "C,Plain", 'D,"Quoted, ""well"""']
    rows = [f"{name},x,{cell}" for name, cell in zip(names, cells, strict=True)]

    catalog = Catalog.open(str(write(tmp_path / "a.csv", "image,kind,sku,name", *rows)))

    assert [(item.id, item.name) for item in catalog.items()] == [
        *[("A", "Two\nlines"), ("B", "Stray"), ("C", "Plain"), ("D", 'Quoted, "well"')],
    ]


def test_html_entities_are_characters(tmp_path: Path) -> None:
    rows = [f"{name},Gr&uuml;n &amp; Blau" for name in shop(tmp_path)]

    assert column_of_names(write(tmp_path / "a.csv", "image,name", *rows)) == ["Grün & Blau"] * 4


def column_of_names(folder: Path) -> list[str | None]:
    return [item.name for item in Catalog.open(str(folder)).items()]


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_file_names_match_in_any_case_and_form_of_accents(tmp_path: Path, form: str) -> None:
    other = "NFD" if form == "NFC" else "NFC"
    write_pictures(tmp_path, unicodedata.normalize(form, "Bilder/Größe Café.PNG"))
    write(tmp_path / "a.csv", "sku,bild", "1," + unicodedata.normalize(other, "bilder\\größe%20café.png"))

    assert next(iter(Catalog.open(str(tmp_path)))).picture == png(0)


def test_pictures_are_found_by_the_id_where_no_column_names_them(tmp_path: Path) -> None:
    write_pictures(tmp_path, "images/010/0108775015.jpg", "images/011/0118458003.jpg")
    rows = ["article_id,prod_name", "0108775015,Strap top", "0118458003,Tights", "0999999999,Gone"]
    catalog = Catalog.open(str(write(tmp_path / "articles.csv", *rows)))

    products = {product.item.id: product for product in catalog}
    assert [product.picture for product in products.values()] == [png(0), png(1), None]
    assert "'0999999999', which column 'article_id', row 4 of articles.csv" in (products["0999999999"].problem or "")


def test_a_missing_picture_names_file_column_and_row(tmp_path: Path) -> None:
    shop(tmp_path)
    rows = ["file_name,id", "images/0.png,A", "images/gone.png,B", ",C"]
    products = list(Catalog.open(str(write(tmp_path / "metadata.csv", *rows))))

    assert products[1].problem == (
        "There is no file 'images/gone.png', which column 'file_name', row 3 of metadata.csv names. Copy it there."
    )
    assert "There is no picture in column 'file_name', row 4 of metadata.csv" in (products[2].problem or "")


def test_a_missing_first_picture_is_replaced_by_the_next_one_that_is_there(tmp_path: Path) -> None:
    shop(tmp_path)
    folder = write(tmp_path / "a.csv", "sku,image,image 2", "A,images/gone.png,images/1.png", "B,images/2.png,")

    assert [product.picture for product in Catalog.open(str(folder))] == [png(1), png(2)]


def test_pictures_in_an_archive_beside_the_table_are_read(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "images.zip", "w") as archive:
        archive.writestr("a.png", png(7))
    write(tmp_path / "metadata.csv", "file_name,id", "a.png,A")

    assert [(p.item.id, p.picture) for p in Catalog.open(str(tmp_path))] == [("A", png(7))]


def test_a_damaged_archive_and_an_unknown_file_are_refused(tmp_path: Path) -> None:
    (tmp_path / "shop.pdf").write_bytes(b"%PDF")

    with pytest.raises(CatalogError, match=r"shop\.pdf is a file of an unknown format.*\.csv"):
        Catalog.open(str(tmp_path / "shop.pdf"))


@pytest.mark.parametrize(
    ("content", "fact"),
    [
        ("id,title\n1,a\n", "no column of pictures.*--image-column.*id, title"),
        ("", "is empty"),
        ('{"a": [1, 2}', "is not JSON: line 1"),
        ("[]", "no list of objects"),
        ("<a><b>1</b></a>", "no products"),
        ("<a><b></a>", "is not XML"),
        ('<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>', "defines entities"),
    ],
)
def test_a_table_that_cannot_be_a_catalogue_is_refused_with_the_reason(tmp_path: Path, content: str, fact: str) -> None:
    (tmp_path / "feed.csv").write_text(content)

    with pytest.raises(CatalogError, match=fact):
        Catalog.open(str(tmp_path / "feed.csv"))


def test_a_table_that_is_not_used_is_named(tmp_path: Path) -> None:
    write_pictures(tmp_path, "a.png", "b.png")
    write(tmp_path / "suppliers.csv", "supplier,town", "X,Berlin")

    summary = Catalog.open(str(tmp_path)).summary()

    assert "suppliers.csv is not read: no column of it names pictures" in summary


def test_tables_with_the_same_columns_are_one_catalogue(tmp_path: Path) -> None:
    for place in ("men", "women"):
        write_pictures(tmp_path / place, "1.png")
        (tmp_path / place / "1.png").write_bytes(png(len(place)))
        write(tmp_path / place / "metadata.csv", "file_name,id", f"1.png,{place}")

    assert [(p.item.id, p.picture) for p in Catalog.open(str(tmp_path))] == [("men", png(3)), ("women", png(5))]


def test_attributes_of_small_shops_and_of_shops_of_one_kind_stay(tmp_path: Path) -> None:
    colours = ["Red", "Blue", "Green", "Black", "White", "Pink", "Grey", "Navy", "Teal", "Gold", "Plum", "Rust"]
    rows = [f"{name},Dress,{colour}" for name, colour in zip(shop(tmp_path, 12), colours, strict=True)]
    catalog = Catalog.open(str(write(tmp_path / "a.csv", "image,Product Type,Colour", *rows)))

    assert catalog.attributes == ("Product Type", "Colour")


def test_numbers_of_many_values_are_kept(tmp_path: Path) -> None:
    rows = [f"{name},{number / 2 + 60}" for number, name in enumerate(shop(tmp_path, 80))]
    catalog = Catalog.open(str(write(tmp_path / "a.csv", "image,length_cm", *rows)))

    assert catalog.products.ranges() == {"length_cm": {"min": 60.0, "max": 99.5}}


def test_several_values_of_a_cell_are_several_values(tmp_path: Path) -> None:
    rows = [f"{name};{size}" for name, size in zip(shop(tmp_path), ["S, M, L", "38,5", "36|37", ""], strict=True)]
    catalog = Catalog.open(str(write(tmp_path / "a.csv", "image;Größe", *rows)), attributes=["Größe"])

    assert [item.attributes["Größe"] for item in catalog.items()] == [("S", "M", "L"), ("38,5",), ("36", "37"), ()]


def test_named_columns_overrule(tmp_path: Path) -> None:
    rows = [f"{name},A{name[7]},{name[7]}.50,9" for name in shop(tmp_path)]
    folder = write(tmp_path / "a.csv", "image,shade,cost,price", *rows)
    catalog = Catalog.open(
        str(folder), offer_columns={"price": "cost"}, currency="EUR", role_overrides={"colour": "shade"}
    )

    offers = [item.offer for item in catalog.items()]
    assert [(offer.price, offer.currency) for offer in offers if offer] == [(n + 0.5, "EUR") for n in range(4)]
    assert "shade" in catalog.attributes


def offers(folder: Path, **flags: Any) -> list[Offer | None]:
    return [item.offer for item in Catalog.open(str(folder), **flags).items()]


@pytest.mark.parametrize(
    ("cells", "amounts", "currency"),
    [
        (["1.299,00 €", "5,00 €"], [1299.0, 5.0], "EUR"),
        (["$1,299.00", "$5.00"], [1299.0, 5.0], "USD"),
        (["1 299,00 zł", "5,00 zł"], [1299.0, 5.0], "PLN"),
        (["CHF 1'299.00", "CHF 5.00"], [1299.0, 5.0], "CHF"),
        (["Rs. 1,299", "Rs. 500"], [1299.0, 500.0], "INR"),
        (["19.99", "5"], [19.99, 5.0], None),
        (["1299", "gratis"], [1299.0, None], None),
    ],
)
def test_prices_are_read_as_they_are_written(
    tmp_path: Path, cells: list[str], amounts: list[float | None], currency: str | None
) -> None:
    rows = [f"{name}|{cell}|https://x.example/1" for name, cell in zip(shop(tmp_path, 2), cells, strict=True)]

    found = offers(write(tmp_path / "a.csv", "image|price|link", *rows))

    assert [offer and offer.price for offer in found] == amounts
    assert {offer.currency for offer in found if offer and offer.price is not None} == {currency}


@pytest.mark.parametrize(
    ("head", "row", "offer"),
    [
        ("Variant Price,Variant Compare At Price", "20,30", Offer(price=30, sale_price=20)),
        ("price,MRP", "30,30", Offer(price=30)),
        ("price,sale_price", "30,30", Offer(price=30)),
        ("Preis (EUR),Verfügbarkeit", "30,nicht vorrätig", Offer(30, currency="EUR", availability="out of stock")),
        ("prix,en stock ?", "30 €,oui", Offer(30, currency="EUR", availability="in stock")),
        ("price,availability", "30,https://schema.org/PreOrder", Offer(30, availability="preorder")),
        ("price,stock", "30,0", Offer(30, availability="out of stock")),
        ("price,url", "30,javascript:alert(1)", Offer(30)),
    ],
)
def test_what_a_row_says_about_buying_is_an_offer(tmp_path: Path, head: str, row: str, offer: Offer) -> None:
    assert offers(write(tmp_path / "a.csv", f"image,{head}", f"{shop(tmp_path, 1)[0]},{row}")) == [offer]


def test_pieces_that_are_not_counted_or_sold_on_are_in_stock(tmp_path: Path) -> None:
    head = "Handle,Image Src,Variant Price,Variant Inventory Tracker,Variant Inventory Qty,Variant Inventory Policy"
    ends = ["shopify,0,deny", "shopify,0,continue", ",0,deny", "shopify,2,deny"]
    rows = [f"h{n},images/{n}.png,9,{end}" for n, end in enumerate(ends)]
    shop(tmp_path)

    found = [offer and offer.availability for offer in offers(write(tmp_path / "a.csv", head, *rows))]

    assert found == ["out of stock", "in stock", "in stock", "in stock"]


def test_links_are_made_from_a_template(tmp_path: Path) -> None:
    folder = write(tmp_path / "a.csv", "Handle,image", f"a b,{shop(tmp_path, 1)[0]}")

    assert offers(folder, link_template="https://x.example/p/{Handle}") == [Offer(url="https://x.example/p/a%20b")]
    with pytest.raises(CatalogError, match="no column 'handle'.*Handle"):
        offers(folder, link_template="https://x.example/{handle}")
    with pytest.raises(CatalogError, match="makes no links"):
        offers(folder, link_template="x.example/{Handle}")


def test_options_are_read_in_other_languages(tmp_path: Path) -> None:
    head = "ID;Name von Attribut 1;Werte von Attribut 1;Bilder"
    rows = [f"{n};Größe;S, M;{name}" for n, name in enumerate(shop(tmp_path))]

    catalog = Catalog.open(str(write(tmp_path / "a.csv", head, *rows)))

    assert [item.attributes for item in catalog.items()] == [{"Größe": ("S", "M")}] * 4


def test_ids_and_names_are_found_by_content(tmp_path: Path) -> None:
    rows = [f"X-{n},{name},Red dress number {n}" for n, name in enumerate(shop(tmp_path))]
    catalog = Catalog.open(str(write(tmp_path / "a.csv", "col a,col b,col c", *rows)))

    assert [(item.id, item.name) for item in catalog.items()] == [(f"X-{n}", f"Red dress number {n}") for n in range(4)]


def test_a_damaged_archive_beside_a_table_is_named(tmp_path: Path) -> None:
    (tmp_path / "old.zip").write_bytes(b"PK")
    write(tmp_path / "a.csv", "id,image", f"1,{shop(tmp_path, 1)[0]}")

    assert "1 unreadable archive (old.zip) left out" in Catalog.open(str(tmp_path)).summary()


def test_rows_without_a_picture_and_pictures_without_a_row_are_counted(tmp_path: Path) -> None:
    shop(tmp_path)
    summary = Catalog.open(str(write(tmp_path / "a.csv", "id,image", "1,images/0.png", "2,gone.png"))).summary()

    assert "1 products have no picture file, such as 'gone.png' in column 'image', row 3 of a.csv" in summary
    assert "3 picture files are named by no row, such as 'images/1.png'" in summary


def test_a_title_above_the_header_is_no_header(tmp_path: Path) -> None:
    names = shop(tmp_path)
    folder = write(tmp_path / "a.csv", "Our products;;", ";;", "SKU;Bild;Farbe", f"1;{names[0]};Rot")

    assert [(item.id, dict(item.attributes)) for item in Catalog.open(str(folder)).items()] == [("1", {"Farbe": "Rot"})]


def test_the_column_without_a_name_that_pandas_saves_is_no_title(tmp_path: Path) -> None:
    rows = [f"{n},{name}" for n, name in enumerate(shop(tmp_path))]

    assert len(Catalog.open(str(write(tmp_path / "a.csv", ",image", *rows)))) == 4


def test_a_table_without_a_header_loses_no_row(tmp_path: Path) -> None:
    rows = [f"{name},Red dress {n}" for n, name in enumerate(shop(tmp_path))]

    assert column_of_names(write(tmp_path / "a.csv", *rows)) == [f"Red dress {n}" for n in range(4)]


def test_a_picture_whose_name_is_not_utf_8_is_found_by_the_table(tmp_path: Path) -> None:
    write_pictures(tmp_path, os.fsdecode(b"r\xe9d.png"), "blue.png")
    folder = write(tmp_path / "a.csv", "id,image", "1,blue.png")

    assert [product.picture for product in Catalog.open(str(folder))] == [png(1)]


def test_objects_in_nodes_are_products(tmp_path: Path) -> None:
    nodes = [{"node": {"id": f"0{n}", "image": name, "price": 1.50}} for n, name in enumerate(shop(tmp_path))]
    (tmp_path / "a.json").write_text(json.dumps({"data": {"products": {"edges": nodes}}}))

    catalog = Catalog.open(str(tmp_path))

    assert ids(catalog) == ["00", "01", "02", "03"]
    assert catalog.preview().startswith("00 · no name · picture: images/0.png")


def test_rows_with_one_id_and_different_pictures_are_one_group(tmp_path: Path) -> None:
    rows = [f"SKU-{n // 2},{name}" for n, name in enumerate(shop(tmp_path))]
    catalog = Catalog.open(str(write(tmp_path / "a.csv", "sku,image", *rows, "SKU-9,images/gone.png")))

    assert ids(catalog) == ["SKU-0", "SKU-0-2", "SKU-1", "SKU-1-2", "SKU-9"]
    assert [item.group for item in catalog.items()] == ["SKU-0", "SKU-0", "SKU-1", "SKU-1", None]


def test_codes_are_no_filter(tmp_path: Path) -> None:
    rows = [f"{n},{name},{100 + n // 2},{n // 2}" for n, name in enumerate(shop(tmp_path, 120))]
    catalog = Catalog.open(str(write(tmp_path / "a.csv", "sku,image,product_code,heel_mm", *rows)))

    assert catalog.attributes == ("heel_mm",)
    assert "product_code because they hold codes" in catalog.summary()


def test_codes_give_way_to_their_names(tmp_path: Path) -> None:
    rows = [f"{name},{n % 2:02d},{('Red', 'Blue')[n % 2]}" for n, name in enumerate(shop(tmp_path))]
    catalog = Catalog.open(str(write(tmp_path / "a.csv", "image,colour_group_code,colour_group_name", *rows)))

    assert catalog.attributes == ("colour_group_name",)
    assert "colour_group_code because 'colour_group_name' has the names of their codes" in catalog.summary()
