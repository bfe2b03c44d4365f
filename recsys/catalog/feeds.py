"""Reads product feeds in XML: RSS and Atom as Google Merchant takes them, and similar lists of products."""

from __future__ import annotations

from collections import Counter
from xml.etree import ElementTree

from recsys.catalog.text_table import Cell, TextTable
from recsys.errors import CatalogError

MIN_FIELDS = 2
"""An element with fewer fields is no product."""


def parse_feed(text: str, name: str) -> TextTable:
    """The products in the text of the file `name`: its elements with fields that occur most often.

    A field that an element has several times has several texts. Raises CatalogError if the text is not XML, defines
    entities (by which a small file could grow without limit), or has no products.
    """
    if "<!ENTITY" in text:
        raise CatalogError(f"{name} defines entities, which a product feed does not need. Remove its DOCTYPE.")
    try:
        root = ElementTree.fromstring(text.lstrip())
    except (ElementTree.ParseError, ValueError) as error:
        raise CatalogError(f"{name} is not XML: {error}. Export the feed again.") from error
    names = Counter(element.tag for element in root.iter() if len(element) >= MIN_FIELDS and element is not root)
    if not names:
        raise CatalogError(f"{name} has no products: no element in it has several fields.")
    tag = max(names, key=lambda tag: names[tag])
    return TextTable.from_records(name, [_record(element) for element in root.iter(tag)])


def _record(element: ElementTree.Element) -> dict[str, Cell]:
    fields: dict[str, list[str]] = {_local(key): [value] for key, value in element.attrib.items()}
    for child in element:
        tag = _local(child.tag)
        key = child.get("name", tag) if tag == "param" else tag
        fields.setdefault(key, []).append("".join(child.itertext()).strip() or child.get("href", ""))
    return {key: texts[0] if len(texts) == 1 else tuple(dict.fromkeys(texts)) for key, texts in fields.items()}


def _local(tag: str) -> str:
    """The name without its namespace."""
    return tag.rpartition("}")[2]
