"""Says in a few lines what became of a catalogue's columns and rows, and shows its first products."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping
from itertools import islice

from recsys.catalog.columns import Columns
from recsys.catalog.pictures import Pictures
from recsys.core.items import Items
from recsys.types import Item, as_tuple

FACT_NAMES = {
    "price": "price",
    "sale_price": "sale price",
    "compare_price": "former price",
    "availability": "stock",
    "quantity": "pieces",
    "link": "link",
    "brand": "brand",
    "description": "description",
    "currency": "currency",
}
SHOWN_ROWS = 10
MAX_CELL_CHARACTERS = 40
MAX_COLUMNS = 12
"""How many columns of one reason are listed by name."""


def describe_columns(
    products: Items, columns: Columns, rows: int, notes: tuple[str, ...], further_pictures: int = 0
) -> str:
    """What became of the `rows` of a table and of its columns: a line of facts, then what was left out or changed."""
    what = "of" if len(products) == rows else "products of"
    parts = [f"{len(products):,} {what} {rows:,} rows", f"id = {columns.id or 'row number'}"]
    parts += [f"name = {columns.name or 'none'}", f"picture = {columns.image}"]
    parts += [f"{further_pictures:,} further pictures"] if further_pictures else []
    parts.append(f"filters: {', '.join(products.all_columns) or 'none'}")
    parts += [f"{role} = {name}" for role in ("kind", "colour", "wearer") if (name := getattr(products.roles, role))]
    parts += [f"{FACT_NAMES[fact]} = {column}" for fact, column in columns.offer.items()]
    parts += [f"added = {columns.added}"] if columns.added else []
    if products.offers is not None and products.has_prices:
        parts.append(f"prices in {products.offers.usual_currency or 'an unknown currency: name it with --currency'}")
    lines = [" · ".join(parts), *_left_out(columns.left_out), *(f"Note: {note.rstrip('.')}." for note in notes)]
    return "\n".join(lines)


def _left_out(reasons: Mapping[str, str]) -> Iterator[str]:
    if not reasons:
        return
    by_reason: dict[str, list[str]] = {}
    for column, reason in reasons.items():
        by_reason.setdefault(reason, []).append(column)
    parts = [f"{_listed(columns)} because {reason}" for reason, columns in by_reason.items()]
    plural = "column" if len(reasons) == 1 else "columns"
    yield f"{len(reasons)} {plural} left out: {'; '.join(parts)}."


def _listed(columns: list[str]) -> str:
    more = f" and {len(columns) - MAX_COLUMNS} more" if len(columns) > MAX_COLUMNS else ""
    return ", ".join(columns[:MAX_COLUMNS]) + more


def first_rows(products: Items, pictures: Pictures) -> str:
    """The first ten products, a line for each fact."""
    shown = islice(zip(products, pictures.named(), strict=False), SHOWN_ROWS)
    return "\n".join("\n".join(_facts(item, picture)) for item, picture in shown)


def _facts(item: Item, picture: str) -> Iterator[str]:
    yield f"{item.id} · {item.name or 'no name'} · picture: {picture}"
    attributes = {name: ", ".join(as_tuple(value)) or "–" for name, value in item.attributes.items()}
    offer = item.offer
    facts = {
        **attributes,
        **({"price": f"{offer.amount} {offer.currency or ''}".strip()} if offer and offer.amount is not None else {}),
        **({"stock": offer.availability} if offer and offer.availability else {}),
        **({"link": offer.url} if offer and offer.url else {}),
    }
    short = {name: textwrap.shorten(value, MAX_CELL_CHARACTERS, placeholder="…") for name, value in facts.items()}
    yield f"    {' · '.join(f'{name}: {value}' for name, value in short.items())}"
