"""Selects the products that training never sees, so that encoders can be evaluated on them.

The selection depends on the product alone, so that it is the same on every machine.
"""

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
    """Whether this product is excluded from every training, to serve as a query of the evaluation."""
    return _share(item_id) < HELD_OUT_SHARE


def withheld(split: str) -> Rule:
    """The rule for the products that a split excludes from training in addition to the held-out products.

    The split `product` excludes none, `type` all products of some kinds, `year:2017` the products from that year on.
    Raises CatalogError for another split.
    """
    name, _, since = split.partition(":")
    if split == PRODUCT_SPLIT:
        return lambda item: False
    if split == TYPE_SPLIT:
        return lambda item: _share(_value(item, "kind")) < WITHHELD_TYPES_SHARE
    if name == YEAR_SPLIT and since.isdecimal():
        return lambda item: (year := _value(item, "year")).isdecimal() and int(year) >= int(since)
    raise CatalogError(
        f"There is no split {split!r}. The splits are {PRODUCT_SPLIT}, {TYPE_SPLIT}, and {YEAR_SPLIT}:2017 (any year)."
    )


def unseen(split: str) -> Rule:
    """The rule for the products that an encoder trained with this split never saw. Raises as `withheld` does."""
    is_withheld = withheld(split)
    return lambda item: held_out(item.id) or is_withheld(item)


def _value(item: Item, role: str) -> str:
    """The value of the attribute with this role; empty where there is none."""
    attribute = getattr(Roles.from_names(item.single_values), role)
    return item.value(attribute) or ""


def _share(text: str) -> float:
    """A number in [0, 1) that is a hash of the text."""
    return int(hashlib.sha256(text.encode()).hexdigest()[:8], 16) / 16**8
