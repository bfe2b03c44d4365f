"""Sixty products as eight shop systems export them, by their documentation, with what real exports have in them.

Each writer returns the path to open. The products have names with umlauts, quotes, commas and line breaks, prices in
the system's own form, some without stock, and descriptions in HTML.
"""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.sax.saxutils import escape

from PIL import Image

COUNT = 60
KINDS = ("Dresses", "Shirts", "Jeans")
COLOURS = ("Red", "Blue", "Green", "Black")
SIZES = ("S", "M", "L")


@dataclass(frozen=True)
class Sold:
    """A product as the shop knows it."""

    number: int
    id: str
    name: str
    kind: str
    colour: str
    price: float
    sale_price: float | None
    in_stock: bool

    @property
    def link(self) -> str:
        """Its page in the shop."""
        return f"https://shop.example/p/{self.id}?a=1&b=2"

    @property
    def picture(self) -> str:
        """The name of its picture file."""
        return f"{self.id}.png"


def products() -> list[Sold]:
    """The sixty products. The third one has a line break in its name, the fourth a quote and a comma."""
    names = {2: "Größe\nCafé", 3: 'Kleid "Ève", lang', 5: "Jeans & Co"}
    return [
        Sold(
            number,
            f"{number:05d}",
            names.get(number, f"Öko Produkt {number}"),
            KINDS[number % 3],
            COLOURS[number % 4],
            1000.0 + number + 0.95,
            900.5 + number if number % 5 == 0 else None,
            number % 7 != 0,
        )
        for number in range(COUNT)
    ]


def write_pictures(folder: Path) -> None:
    """The picture of each product, and what systems leave beside them."""
    folder.mkdir(parents=True, exist_ok=True)
    for sold in products():
        (folder / sold.picture).write_bytes(picture(sold.number))
    (folder / "00001-150x150.png").write_bytes(picture(0))
    (folder / "Thumbs.db").write_bytes(b"\0")
    (folder / "@eaDir").mkdir(exist_ok=True)
    (folder / "@eaDir" / "00001.png").write_bytes(picture(0))


def picture(number: int) -> bytes:
    """A small picture, another one for each number."""
    out = io.BytesIO()
    Image.new("L", (2, 2), number).save(out, "PNG")
    return out.getvalue()


def write_csv(
    file: Path,
    rows: Iterable[Mapping[str, object]],
    header: Sequence[str],
    delimiter: str = ",",
    encoding: str = "utf-8",
) -> Path:
    """A table of these rows. Cells that a row lacks are empty."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("w", newline="", encoding=encoding) as out:
        writer = csv.DictWriter(out, header, delimiter=delimiter, restval="")
        writer.writeheader()
        writer.writerows(rows)
    return file


def shopify(folder: Path) -> Path:
    """Shopify: one row a variant, the first with the product, and rows for further pictures. No links, no currency."""
    header = [
        *("Handle", "Title", "Body (HTML)", "Vendor", "Product Category", "Type", "Tags", "Published"),
        *("Option1 Name", "Option1 Value", "Option2 Name", "Option2 Value", "Variant SKU", "Variant Grams"),
        *("Variant Inventory Tracker", "Variant Inventory Qty", "Variant Inventory Policy"),
        *("Variant Fulfillment Service", "Variant Price", "Variant Compare At Price", "Variant Requires Shipping"),
        *("Image Src", "Image Position", "Image Alt Text", "Gift Card", "Variant Image", "Cost per item", "Status"),
    ]
    rows: list[dict[str, object]] = []
    for sold in products():
        first = {
            "Title": sold.name,
            "Body (HTML)": "<p>Sch&ouml;n,<br>\nweich</p>",
            "Vendor": "Acme",
            "Type": sold.kind,
        }
        first |= {"Product Category": "Apparel & Accessories > Clothing", "Tags": "new, summer", "Published": "true"}
        first |= {"Option1 Name": "Size", "Option2 Name": "Color", "Image Position": "1", "Status": "active"}
        first |= {"Image Src": f"https://cdn.shopify.com/s/files/1/{sold.picture}?v=1"}
        for place, size in enumerate(SIZES):
            price = sold.price if sold.sale_price is None else sold.sale_price
            variant = {"Handle": sold.id, "Option1 Value": size, "Option2 Value": sold.colour}
            variant |= {"Variant SKU": f"{sold.id}-{size}", "Variant Price": f"{price:.2f}"}
            variant |= {"Variant Compare At Price": f"{sold.price:.2f}" if sold.sale_price else ""}
            variant |= {"Variant Inventory Qty": 3 * sold.in_stock, "Variant Inventory Tracker": "shopify"}
            rows.append({**variant, **(first if place == 0 else {})})
        rows.append(
            {"Handle": sold.id, "Image Src": f"https://cdn.shopify.com/back-{sold.picture}", "Image Position": 2}
        )
    write_pictures(folder / "images")
    return write_csv(folder / "products_export.csv", rows, header)


def woocommerce(folder: Path) -> Path:
    """WooCommerce: UTF-8 with a byte order mark; parents, then their variations with prices. No links, no currency."""
    header = [
        *("ID", "Type", "SKU", "Name", "Published", "Short description", "Description", "Tax status", "In stock?"),
        *("Stock", "Sale price", "Regular price", "Categories", "Tags", "Images", "Parent", "Attribute 1 name"),
        *("Attribute 1 value(s)", "Attribute 1 visible", "Attribute 2 name", "Attribute 2 value(s)"),
    ]
    rows: list[dict[str, object]] = []
    for sold in products():
        images = f"https://shop.example/wp-content/{sold.picture}, https://shop.example/wp-content/b-{sold.picture}"
        prices = {"Regular price": f"{sold.price:.2f}", "Sale price": sold.sale_price or ""}
        product = {"ID": sold.id, "SKU": f"W-{sold.number}", "Name": sold.name, "Published": 1, "Images": images}
        product |= {"Categories": f"Clothing, Clothing > {sold.kind}", "In stock?": int(sold.in_stock)}
        product |= {"Attribute 1 name": "Size", "Attribute 1 value(s)": "S, M, L", "Attribute 2 name": "Color"}
        product |= {"Attribute 2 value(s)": sold.colour, "Type": "simple" if sold.number % 2 else "variable"}
        rows.append(product | (prices if sold.number % 2 else {}))
        for size in SIZES if not sold.number % 2 else ():
            variation = {"ID": f"9{sold.id}{size}", "Type": "variation", "Parent": f"W-{sold.number}", "Name": "x"}
            variation |= {"Attribute 1 name": "Size", "Attribute 1 value(s)": size, "In stock?": int(sold.in_stock)}
            rows.append(variation | prices)
    write_pictures(folder / "uploads")
    return write_csv(folder / "wc-product-export.csv", rows, header, encoding="utf-8-sig")


def google_rows() -> list[dict[str, object]]:
    """The products with the fields of Google Merchant, one row a size of the same picture."""
    rows: list[dict[str, object]] = []
    for sold in products():
        for size in SIZES[: 1 + sold.number % 2]:
            row = {"id": sold.id if size == "S" else f"{sold.id}-{size}", "title": sold.name, "link": sold.link}
            row |= {"description": "Schön", "image_link": f"https://cdn.example/{sold.picture}", "size": size}
            row |= {"availability": "in_stock" if sold.in_stock else "out_of_stock", "brand": "Acme"}
            row |= {"price": f"{sold.price:.2f} EUR", "item_group_id": f"G{sold.number}", "color": sold.colour}
            row |= {"sale_price": f"{sold.sale_price:.2f} EUR" if sold.sale_price else "", "gender": "female"}
            rows.append(row | {"product_type": f"Home > Women > {sold.kind}", "condition": "new"})
    return rows


def google_tsv(folder: Path) -> Path:
    """A Google Merchant feed in tabs, with blanks in the names of its fields."""
    rows = [{key.replace("_", " "): value for key, value in row.items()} for row in google_rows()]
    write_pictures(folder)
    return write_csv(folder / "feed.txt", rows, list(rows[0]), delimiter="\t")


def google_xml(folder: Path) -> Path:
    """A Google Merchant feed in RSS."""
    items = (
        "".join(f"<g:{key}>{escape(str(value))}</g:{key}>" for key, value in row.items() if value)
        for row in google_rows()
    )
    body = "".join(f"<item>{item}</item>" for item in items)
    namespace = 'xmlns:g="http://base.google.com/ns/1.0"'
    write_pictures(folder)
    file = folder / "feed.xml"
    file.write_text(
        f'<?xml version="1.0" encoding="UTF-8"?>\n<rss version="2.0" {namespace}><channel><title>Shop</title>'
        f"<link>https://shop.example</link>{body}</channel></rss>",
        "utf-8",
    )
    return file


def excel_csv(folder: Path) -> Path:
    """A German spreadsheet that Excel saved: semicolons, Windows-1252, decimal commas, names of pictures."""
    rows = [
        {
            "Artikelnummer": sold.id,
            "Bezeichnung": sold.name,
            "Kategorie": sold.kind,
            "Farbe": sold.colour,
            "Größe": "S, M, L",
            "Preis (EUR)": f"{sold.price:,.2f}".translate(str.maketrans(",.", ".,")),
            "Angebotspreis": f"{sold.sale_price:.2f}".replace(".", ",") if sold.sale_price else "",
            "Verfügbarkeit": "auf Lager" if sold.in_stock else "ausverkauft",
            "Produktlink": sold.link,
            "Bild": f"Bilder\\{sold.picture.upper()}",
        }
        for sold in products()
    ]
    write_pictures(folder / "Bilder")
    write_csv(folder / "Artikel.csv", rows, list(rows[0]), ";", "cp1252")
    return folder


def magento(folder: Path) -> Path:
    """Magento 2: a configurable product after its simple ones, pictures by path, attributes in one cell."""
    header = [
        *("sku", "store_view_code", "attribute_set_code", "product_type", "categories", "name", "description"),
        *("price", "special_price", "url_key", "base_image", "additional_images", "color", "size", "qty"),
        *("is_in_stock", "visibility", "configurable_variations", "manufacturer"),
    ]
    rows: list[dict[str, object]] = []
    for sold in products():
        common = {"name": sold.name, "price": f"{sold.price:.4f}", "special_price": sold.sale_price or ""}
        common |= {"categories": f"Default Category/{sold.kind}", "color": sold.colour}
        common |= {"is_in_stock": int(sold.in_stock), "qty": 9 * sold.in_stock, "manufacturer": "Acme"}
        for size in SIZES:
            simple = {"sku": f"{sold.id}-{size}", "product_type": "simple", "size": size}
            rows.append(common | simple | {"visibility": "Not Visible Individually"})
        variations = "|".join(f"sku={sold.id}-{size},size={size}" for size in SIZES)
        whole = {"sku": sold.id, "product_type": "configurable", "configurable_variations": variations}
        rows.append(common | whole | {"base_image": f"/0/0/{sold.picture}", "visibility": "Catalog, Search"})
    write_pictures(folder / "media")
    return write_csv(folder / "catalog_product.csv", rows, header)


def json_api(folder: Path) -> Path:
    """The products.json of Shopify's storefront, in a zip archive with the pictures."""
    found = [
        {
            "id": sold.id,
            "title": sold.name,
            "body_html": "<p>Sch&ouml;n</p>",
            "vendor": "Acme",
            "product_type": sold.kind,
            "url": sold.link,
            "options": [{"name": "Size", "values": list(SIZES)}, {"name": "Color", "values": [sold.colour]}],
            "variants": [
                {
                    "price": sold.price if sold.sale_price is None else sold.sale_price,
                    "compare_at_price": sold.price if sold.sale_price else None,
                    "available": sold.in_stock,
                }
            ],
            "images": [{"src": f"https://cdn.shopify.com/{sold.picture}"}],
        }
        for sold in products()
    ]
    folder.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(folder / "shop.zip", "w") as archive:
        archive.writestr("export/products.json", json.dumps({"products": found}))
        for sold in products():
            archive.writestr(f"export/images/{sold.picture}", picture(sold.number))
        archive.writestr("__MACOSX/export/._products.json", "x")
    return folder / "shop.zip"


def hm(folder: Path) -> Path:
    """Kaggle's H&M data: articles.csv and images/010/0100005.jpg, without prices."""
    rows = [
        {
            "article_id": sold.id,
            "product_code": f"{sold.number // 2:03d}",
            "prod_name": sold.name,
            "product_type_no": 255,
            "product_type_name": sold.kind,
            "colour_group_code": f"{sold.number % 4:02d}",
            "colour_group_name": sold.colour,
            "detail_desc": "Soft",
        }
        for sold in products()
    ]
    for sold in products():
        file = folder / "images" / sold.id[:3] / sold.picture
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(picture(sold.number))
    write_csv(folder / "articles.csv", rows, list(rows[0]))
    return folder


SYSTEMS: dict[str, Callable[[Path], Path]] = {
    writer.__name__: writer
    for writer in (shopify, woocommerce, google_tsv, google_xml, excel_csv, magento, json_api, hm)
}
