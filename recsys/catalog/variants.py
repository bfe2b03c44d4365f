"""Joins the rows of one product: rows that a shop's export has for its variants and its further pictures."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from recsys.catalog.cells import BETWEEN_VALUES
from recsys.catalog.column_names import NUMBERED_PICTURE, OPTION_NAME, OPTION_VALUES, find_all
from recsys.catalog.text_table import Cell, TextTable, normal, texts_of

HANDLES = ("handle", "urlhandle", "handleid", "productidnoneditable", "productinternalid")
"""Columns, in the form of `normal`, whose rows with the same value are one product."""
PARENTS = ("parent", "parentsku", "parentid", "ubergeordnetesprodukt", "ubergeordnet", "superior", "genitore")
"""Columns, in the same form, that name the id or the SKU of the product that a variant belongs to."""
ROW_TYPES = ("itemtype", "item", "fieldtype", "type")
CONTINUED = {"sku", "rule", "variant", "image", "video", "productvariation"}
"""Types of rows that continue the product above them."""
FIRST = ("id", "name", "link", "description", "brand", "currency", "group")
"""Facts that a product has once: those of its first row count."""
EACH = ("price", "sale_price", "compare_price", "quantity", "availability")
"""Facts that each variant has: those of all rows are kept, an empty text for none."""
CHILD = re.compile(r"(?:^|\|)sku=([^,|]+)")
"""The SKUs of the variants, as Magento lists them with the product."""
NO_OPTION = {"title", "default title"}


def unfold_options(table: TextTable) -> TextTable:
    """The table with a column for each option that it names in cells: "Option1 Name" is "Size", its value "M"."""
    columns = {normal(name): name for name in reversed(list(table.columns))}
    found: dict[str, list[Cell]] = {}
    used = set()
    for key, column in columns.items():
        if not (match := OPTION_NAME.fullmatch(key)):
            continue
        number = next(filter(None, match.groups()))
        values = next((columns[form.format(number)] for form in OPTION_VALUES if form.format(number) in columns), None)
        if values:
            used |= {column, values}
            _unfold(table, column, values, found)
    kept = {name: cells for name, cells in table.columns.items() if name not in used}
    return table.with_columns(kept | {name: cells for name, cells in found.items() if name not in kept})


def _unfold(table: TextTable, name_column: str, value_column: str, found: dict[str, list[Cell]]) -> None:
    """Add the values of one numbered option to the columns `found`. A name counts for the rows below it."""
    name: str | None = None
    for row, (given, value) in enumerate(zip(table.columns[name_column], table.columns[value_column], strict=True)):
        name = given if isinstance(given, str) else name
        if name is None or value is None or name.strip().lower() in NO_OPTION:
            continue
        texts = [part for text in texts_of(value) for part in BETWEEN_VALUES.split(text)]
        cells = found.setdefault(name.strip(), [None] * len(table))
        own = [re.sub(r"^#\w+:", "", text).strip() for text in texts]
        cells[row] = own[0] if len(own) == 1 else tuple(dict.fromkeys(own))


def join_rows(table: TextTable) -> TextTable:
    """The table with one row for each product. The column of pictures has all of them."""
    heads = _heads(table)
    groups: dict[int, list[int]] = {}
    for row, head in enumerate(heads):
        groups.setdefault(head, []).append(row)
    if len(groups) == len(table):
        return table
    products = [[head, *(row for row in groups[head] if row != head)] for head in sorted(groups)]
    facts = {column: fact for fact in (*FIRST, *EACH) for column in find_all(fact, list(table.columns))}
    columns = {
        name: [_join([cells[row] for row in rows], facts.get(name)) for rows in products]
        for name, cells in _in_order_of_pictures(table, products).items()
    }
    note = f"{len(table):,} rows are {len(products):,} products with their variants and further pictures"
    return replace(table, columns=columns, rows=[table.rows[rows[0]] for rows in products], notes=(*table.notes, note))


def _in_order_of_pictures(table: TextTable, products: Sequence[Sequence[int]]) -> dict[str, Sequence[Cell]]:
    """The columns, with the pictures of each product in the order of the column "Image Position"."""
    columns = dict(table.columns)
    position = next((name for name in columns if normal(name) == "imageposition"), None)
    picture = next(iter(find_all("image", list(columns))), None)
    if position and picture:
        cells = list(columns[picture])
        for rows in products:
            places = {row: str(columns[position][row] or "") for row in rows}
            ordered = sorted(rows, key=lambda row: int(places[row]) if places[row].isdigit() else len(table))
            for row, source in zip(rows, ordered, strict=True):
                cells[row] = columns[picture][source]
        columns[picture] = cells
    return columns


def _join(cells: Sequence[Cell], fact: str | None) -> Cell:
    filled = [cell for cell in cells if cell is not None]
    if not filled or len(cells) == 1:
        return filled[0] if filled else None
    if fact in EACH:
        texts = tuple("" if cell is None else texts_of(cell)[0] for cell in cells)
        return texts[0] if len(set(texts)) == 1 else texts
    distinct = tuple(dict.fromkeys(text for cell in filled for text in texts_of(cell)))
    return distinct[0] if fact in FIRST or len(distinct) == 1 else distinct


def _heads(table: TextTable) -> list[int]:
    """For each row the row of its product: itself, or an earlier or parent row."""
    heads = list(range(len(table)))
    for find in (_by_handle, _by_row_above, _by_parent, _by_same_picture):
        for row, head in find(table):
            heads[row] = heads[head]
    return heads


def _by_handle(table: TextTable) -> Iterator[tuple[int, int]]:
    column = next((cells for name, cells in table.columns.items() if normal(name) in HANDLES), ())
    first: dict[Cell, int] = {}
    for row, cell in enumerate(column):
        if cell is not None:
            yield row, first.setdefault(cell, row)


def _by_row_above(table: TextTable) -> Iterator[tuple[int, int]]:
    """Rows without an id and a name, or of a type that continues a product, belong to the product above them."""
    names = list(table.columns)
    key = [table.columns[name] for fact in ("id", "name") for name in find_all(fact, names)[:1]]
    types = [cells for name, cells in table.columns.items() if normal(name) in ROW_TYPES]
    head = 0
    for row in range(len(table)):
        continued = any(normal(str(cells[row] or "")) in CONTINUED for cells in types)
        if row and (continued or (len(key) == 2 and all(cells[row] is None for cells in key))):
            yield row, head
        else:
            head = row


def _by_parent(table: TextTable) -> Iterator[tuple[int, int]]:
    """Rows that name the id or the SKU of their product, and rows that their product names."""
    names = list(table.columns)
    keys: dict[str, int] = {}
    for name in reversed(find_all("id", names)):
        keys |= {text: row for row, cell in enumerate(table.columns[name]) for text in texts_of(cell)}
    for name in names:
        if normal(name) in PARENTS:
            for row, cell in enumerate(table.columns[name]):
                head = keys.get(str(cell or "").removeprefix("id:"))
                if head is not None and head != row:
                    yield row, head
        if normal(name) == "configurablevariations":
            for head, cell in enumerate(table.columns[name]):
                children = CHILD.findall(str(cell or ""))
                yield from ((keys[child], head) for child in children if keys.get(child, head) != head)


def _by_same_picture(table: TextTable) -> Iterator[tuple[int, int]]:
    """Rows of one group, or of one id, that show the same picture: the sizes of a product."""
    names = list(table.columns)
    pictures = [*find_all("image", names), *(name for name in names if NUMBERED_PICTURE.fullmatch(normal(name)))]
    if not pictures:
        return
    for keys in (find_all("group", names)[:1], find_all("id", names)[:1]):
        first: dict[tuple[Cell, ...], int] = {}
        for row in range(len(table)) if keys else ():
            key = (table.columns[keys[0]][row], table.columns[pictures[0]][row])
            if None not in key:
                yield row, first.setdefault(key, row)
