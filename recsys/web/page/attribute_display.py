"""Chooses which attributes the page shows on a card and about a picture, and which products it shows first."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain, islice, zip_longest
from zlib import crc32

from recsys.core.items import Items
from recsys.core.large import evenly, is_large
from recsys.core.nesting import implies, kind
from recsys.core.roles import NO_OVERRIDES, Roles
from recsys.types import Guess, Item, Reason, Rows, Value

MAX_CARD_ATTRIBUTES = 3
MAX_SHARED = 3
MAX_GUESSES = 4
MAX_SHOWN_FROM = 20_000


def card_attributes(items: Items) -> list[str]:
    """The attributes to show on a card: those with several values that no finer attribute implies."""
    varied = {name: column for name, column in items.columns.items() if len(column.vocabulary) > 1}
    names = [
        name
        for name, column in varied.items()
        if not any(implies(finer, column) for finer in varied.values() if finer is not column)
    ]
    return names[:MAX_CARD_ATTRIBUTES]


def steerable(items: Items) -> dict[str, list[str]]:
    """The attributes of the menu "Same but …", which are colour, gender and pattern, with their values."""
    names = filter(None, (items.roles.colour, items.roles.wearer, items.roles.pattern))
    values = {name: [value for value in items.values(name) if value is not None] for name in names}
    return {name: several for name, several in values.items() if several}


def seen(
    guesses: Mapping[str, Guess],
    card_attributes: Sequence[str],
    role_overrides: Mapping[str, str | None] = NO_OVERRIDES,
) -> list[Guess]:
    """The guesses to show about a picture, out of those with a value: its kind, colour and gender first.

    An empty list if only gender or pattern would remain: these alone do not say what an unknown thing is.
    """
    sure = {name: guess for name, guess in guesses.items() if guess.value is not None}
    roles = Roles.from_names(sure, role_overrides)
    ordered = dict.fromkeys([roles.kind, roles.colour, roles.wearer, roles.pattern, *card_attributes])
    shown = [sure[name] for name in ordered if name in sure][:MAX_GUESSES]
    return [] if {roles.wearer, roles.pattern}.issuperset(guess.attribute for guess in shown) else shown


def shared(
    reasons: Iterable[Reason],
    card_attributes: Sequence[str],
    role_overrides: Mapping[str, str | None] = NO_OVERRIDES,
) -> list[str]:
    """The shared attributes to mark: the kind, colour and gender first, then those that cards show."""
    names = [reason.attribute for reason in reasons]
    roles = Roles.from_names(names, role_overrides)
    ordered = dict.fromkeys([roles.kind, roles.colour, roles.wearer, *card_attributes])
    return [name for name in ordered if name and name in names][:MAX_SHARED]


def showcase(items: Items, rows: Rows, count: int, purpose: str, offset: int = 0) -> list[Item]:
    """Chooses `count` of these rows after the first `offset`, one of each kind in turn, in an order of the purpose.

    Of the rows of a large catalogue, some are chosen from.
    """
    name = items.roles.kind or kind(items.columns)
    rows = evenly(rows, MAX_SHOWN_FROM) if is_large(len(items)) else rows
    shuffled = sorted(rows.tolist(), key=lambda row: crc32(f"{purpose} {items.ids[row]}".encode()))
    by_kind: dict[Value, list[int]] = {}
    for row in shuffled:
        by_kind.setdefault(items.columns[name][row] if name else None, []).append(row)
    largest_first = sorted(by_kind.values(), key=len, reverse=True)
    in_turn = (row for row in chain.from_iterable(zip_longest(*largest_first)) if row is not None)
    return [items[row] for row in islice(in_turn, offset, offset + count)]


def label(attribute: str) -> str:
    """An attribute's name for people: "baseColour" and "base_colour" are "Base colour"."""
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", attribute).replace("_", " ").strip()
    return (words[:1].upper() + words[1:].lower()) if words else attribute
