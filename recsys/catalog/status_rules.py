"""Leaves out the products that a shop does not show: drafts and archived ones."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from recsys.catalog.text_table import Cell, TextTable, normal, texts_of

HIDDEN: Mapping[str, frozenset[str]] = {
    "status": frozenset({"draft", "archived", "unlisted", "private", "pending", "trash", "entwurf", "archiviert"}),
    "poststatus": frozenset({"draft", "private", "pending", "trash", "future", "autodraft"}),
    "published": frozenset({"0", "-1", "false", "no"}),
    "veroffentlicht": frozenset({"0", "-1"}),
    "publie": frozenset({"0", "-1"}),
    "publicado": frozenset({"0", "-1"}),
    "pubblicato": frozenset({"0", "-1"}),
}
"""Column, in the form of `normal` → the values of a product that is not shown: Shopify's and WooCommerce's."""


def drop_hidden(table: TextTable) -> TextTable:
    """The table without products that are drafts, archived or not published; as it is if that would be all of them."""
    rules = [(cells, HIDDEN[normal(name)]) for name, cells in table.columns.items() if normal(name) in HIDDEN]
    kept = [row for row in range(len(table)) if not any(_first(cells[row]) in hidden for cells, hidden in rules)]
    if len(kept) == len(table):
        return table
    count, columns = len(table) - len(kept), [name for name in table.columns if normal(name) in HIDDEN]
    what = f"{count:,} products are drafts, archived or not published, says {' or '.join(map(repr, columns))}"
    if not kept:
        return replace(table, notes=(*table.notes, f"All {what}. They are taken all the same"))
    columns_kept = {name: [cells[row] for row in kept] for name, cells in table.columns.items()}
    notes = (*table.notes, f"{what}. They are left out")
    return replace(table, columns=columns_kept, rows=[table.rows[row] for row in kept], notes=notes)


def _first(cell: Cell) -> str | None:
    """The value of a cell in lower case; of several values the first, which is that of the product itself."""
    return next((text.strip().lower() for text in texts_of(cell)), None)
