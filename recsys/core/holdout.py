"""What training never sees, so that it can be judged on: a function of a product alone, the same on every machine."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

from recsys.core.roles import Roles
from recsys.errors import CatalogError
from recsys.types import Item

HELD_OUT_SHARE = 0.05
WITHHELD_TYPES_SHARE = 0.06
PRODUCT_SPLIT, TYPE_SPLIT, YEAR_SPLIT = "product", "type", "year"

Rule = Callable[[Item], bool]


def held_out(item_id: str) -> bool:
    """Whether this product is kept out of every training, to be a query later."""
    return _share(item_id) < HELD_OUT_SHARE


def withheld(split: str) -> Rule:
    """Which products a split withholds besides: none for `product`, whole article types drawn by their name for
    `type`, the products from a year on for `year:2017`.

    Raises CatalogError for another split.
    """
    name, _, since = split.partition(":")
    if split == PRODUCT_SPLIT:
        return lambda item: False
    if split == TYPE_SPLIT:
        return lambda item: _share(_value(item, "kind")) < WITHHELD_TYPES_SHARE
    if name == YEAR_SPLIT and since.isdecimal():
        return lambda item: (year := _value(item, "year")).isdecimal() and int(year) >= int(since)
    raise CatalogError(f"There is no split {split!r}. Take {PRODUCT_SPLIT}, {TYPE_SPLIT}, or {YEAR_SPLIT}:2017.")


def unseen(split: str) -> Rule:
    """Which products an encoder trained under this split never saw. Raises CatalogError for an unknown split."""
    besides = withheld(split)
    return lambda item: held_out(item.id) or besides(item)


def _value(item: Item, role: str) -> str:
    """The value of the attribute with this role; empty where there is none."""
    attribute = getattr(Roles.from_names(item.attributes), role)
    return item.attributes.get(attribute) or ""


def _share(text: str) -> float:
    """A number in [0, 1) drawn by the text."""
    return int(hashlib.sha256(text.encode()).hexdigest()[:8], 16) / 16**8
