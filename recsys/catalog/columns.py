"""Finds out what the columns of a catalogue are: by their names, else by what stands in them.

- picture: the only column that holds pictures; in a table of texts, the first that names pictures;
- id: a column named like an id that each row has; in a table of texts, else a column of codes; else the row number;
- name: a text column named like a product name; in a table of texts, else one of different texts of a few words;
- offer: columns named as price, stock, link and so on;
- added: a column named as the date of publication or creation, if it holds dates;
- attributes: the other columns of short texts, numbers or booleans in which values repeat, or which are named as the
  kind, the colour, the size and so on.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import pyarrow as pa
import pyarrow.compute as pc

from recsys.catalog.attributes import column_of_names, has_known_name, why_no_attribute
from recsys.catalog.column_names import NAMES, find_all
from recsys.catalog.dates import parse_dates
from recsys.catalog.picture_columns import further_pictures, image_column
from recsys.catalog.picture_files import names_picture
from recsys.catalog.remote import is_link
from recsys.catalog.source import Source, require
from recsys.catalog.values import cell_texts, is_binary, is_text
from recsys.errors import CatalogError

MIN_DISTINCT_ID_SHARE = 0.9
"""A column of numbers needs this share of distinct values to be the id, a column of texts of filled cells."""
CODE = re.compile(r"\d{5,20}|(?=.*\d)(?=.*[A-Za-z])[\w/-]{2,40}")
"""What an id looks like: five digits or more, or letters and digits."""
WORDS = re.compile(r"[^\d\s]\S*(\s+\S+){1,15}")
"""What a name looks like: a few words."""
MIN_NAMES_SHARE = 0.7
"""The share of the rows with a name of their own that makes a column one of names."""
OFFER_FACTS = ("price", "sale_price", "compare_price", "currency", "availability", "quantity", "link")
"""The facts that make an offer. Brand and description belong to it if there is one of these."""


@dataclass(frozen=True)
class Columns:
    """What each column is. Without `id` the row number is the id; without `name` products have no name.

    `offer` maps the facts about buying to their columns, `left_out` the columns that are nothing to the reason. `added`
    has the date on which the shop added a product.
    """

    image: str
    id: str | None
    name: str | None
    attributes: tuple[str, ...]
    further: tuple[str, ...] = ()
    group: str | None = None
    offer: Mapping[str, str] = field(default_factory=dict)
    left_out: Mapping[str, str] = field(default_factory=dict)
    added: str | None = None

    @classmethod
    def find(
        cls,
        source: Source,
        *,
        image: str | None = None,
        id: str | None = None,
        name: str | None = None,
        attributes: Sequence[str] | None = None,
        facts: Mapping[str, str] | None = None,
        roles: Sequence[str] = (),
    ) -> Columns:
        """Take the columns that are named, and detect the others. `facts` maps facts of offers to columns.

        The columns in `roles` are attributes, whatever their values.

        Raises CatalogError if a named column does not exist or has an unsuitable type, and if not exactly one column
        holds pictures.
        """
        table, facts = source.table, facts or {}
        for column in (id, name, *(attributes or ()), *facts.values()):
            if column is not None:
                require("column", column, table.column_names)
                _require_scalar(table, column, source.texts)
        image = image_column(source, image)
        further = further_pictures(source, image)
        free = [column for column in table.column_names if column not in (image, *further, *facts.values())]
        id = id or source.id or _first(table, find_all("id", [*free, image]), _is_id)
        taken = (*roles, *(attributes or ()))
        unnamed = [column for column in free if source.texts and column not in taken and not _has_meaning(column)]
        id = id or _first(table, unnamed, _looks_like_ids)
        texts = [column for column in free if column != id and is_text(table[column].type)]
        name = name or next(iter(find_all("name", texts)), None)
        name = name or _first(table, [column for column in unnamed if column in texts], _looks_like_names)
        others = [column for column in free if column not in (id, name)]
        group = source.groups or next(iter(find_all("group", others)), None)
        sure = (*source.labels, *taken)
        dates = [column for column in find_all("added", free) if column not in sure and column not in (id, name)]
        added = source.added or _first(table, dates, lambda column: parse_dates(cell_texts(column)) is not None)
        free = [column for column in free if column not in (id, name, group, added)]
        offer = {} if source.offers else {**_offer_columns(source, [c for c in free if c not in roles]), **facts}
        free = [column for column in free if column not in (*offer.values(), source.offers)]
        reasons = {column: None if column in sure else _why_no_attribute(source, column, offer) for column in free}
        if attributes is None:
            attributes = [column for column, reason in reasons.items() if reason is None]
        unused = (column for column in reasons if column not in attributes)
        left_out = {column: reasons[column] or "--attributes does not name them" for column in unused}
        return cls(image, id, name, tuple(dict.fromkeys(attributes)), further, group, offer, left_out, added)


def _why_no_attribute(source: Source, column: str, offer: Mapping[str, str]) -> str | None:
    """The reason why a column is no attribute: another one is the price, say, or what stands in it."""
    fact = next((fact for fact in offer if find_all(fact, [column])), None) if source.texts else None
    if fact and (reason := why_no_attribute(column, source.table[column], source.texts)) != "they are empty":
        return f"{offer[fact]!r} is taken for the {fact.replace('_', ' ')}" if fact != "description" else reason
    if named := column_of_names(column, source.table.column_names):
        return f"{named!r} has the names of their codes"
    return why_no_attribute(column, source.table[column], source.texts)


def _require_scalar(table: pa.Table, column: str, texts: bool) -> None:
    kind = table[column].type
    if (pa.types.is_nested(kind) and not texts) or is_binary(kind):
        raise CatalogError(f"Column {column!r} holds {kind}. An id, a name or an attribute is a text or a number.")


def _first(table: pa.Table, names: Sequence[str], is_suitable: Callable[[pa.ChunkedArray], bool]) -> str | None:
    return next((name for name in names if is_suitable(table[name])), None)


def _is_id(column: pa.ChunkedArray) -> bool:
    if is_text(column.type):
        blank = pc.sum(pc.equal(pc.utf8_trim_whitespace(column), "")).as_py() or 0
        return bool(len(column) - column.null_count - blank >= MIN_DISTINCT_ID_SHARE * len(column))
    if not (pa.types.is_integer(column.type) or pa.types.is_floating(column.type)):
        return False
    return bool(pc.count_distinct(column).as_py() >= MIN_DISTINCT_ID_SHARE * len(column))


def _has_meaning(column: str) -> bool:
    """Whether the name of the column says what it is."""
    return has_known_name(column) or any(find_all(fact, [column]) for fact in NAMES)


def _looks_like_ids(column: pa.ChunkedArray) -> bool:
    """Whether each row has its own short code with a digit, which is no link."""
    cells = column.to_pylist() if is_text(column.type) else []
    codes = {cell for cell in cells if cell and CODE.fullmatch(cell) and not names_picture(cell)}
    return len(codes) == len(cells)


def _looks_like_names(column: pa.ChunkedArray) -> bool:
    """Whether most rows have their own text of a few words."""
    cells = column.to_pylist()
    names = {cell for cell in cells if cell and WORDS.fullmatch(cell) and not is_link(cell)}
    return len(names) > MIN_NAMES_SHARE * len(cells)


def _offer_columns(source: Source, free: Sequence[str]) -> dict[str, str]:
    """The columns of an offer, by fact. A brand is an attribute in a table with types, which may have no offer."""
    facts = (*OFFER_FACTS, *(("brand",) if source.texts else ()), "description")
    found: dict[str, str] = {}
    for fact in facts:
        columns = [column for column in find_all(fact, free) if column not in found.values()]
        suitable = (column for column in columns if _is_suitable(fact, source.table[column]))
        if column := next(suitable, None):
            found[fact] = column
    return found if set(OFFER_FACTS) - {"currency"} & set(found) else {}


def _is_suitable(fact: str, column: pa.ChunkedArray) -> bool:
    """Whether a column has any value, and links if it is the link."""
    if pa.types.is_nested(column.type) and not pa.types.is_list(column.type):
        return False
    cells = (
        [cell for cell in column.unique().to_pylist() if cell not in (None, "")]
        if not pa.types.is_nested(column.type)
        else [text for cell in column.to_pylist() for text in cell or ()]
    )
    return bool(cells) and (fact != "link" or any(is_link(str(cell).strip()) for cell in cells))
