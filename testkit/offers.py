"""Products with prices, stock, links and several sizes, for tests of what a result carries."""

from __future__ import annotations

from dataclasses import replace

from recsys.core.items import Items
from recsys.types import AVAILABILITIES, Item, Offer

SIZES = ("S", "M", "L")


def offer(number: int) -> Offer | None:
    """The offer of a product: 10, 11, 12 … euros, each third one reduced by 4, each seventh one without an offer."""
    if number % 7 == 6:
        return None
    price = 10.0 + number
    return Offer(
        price=price,
        sale_price=price - 4 if number % 3 == 0 else None,
        currency="EUR",
        availability=AVAILABILITIES[number % 3],
        url=f"https://shop.example/p/{number}?a=1&b=2",
        brand=f"Brand {number % 2}",
        description=f"The product <number> {number}.",
    )


def sizes(number: int) -> tuple[str, ...]:
    """One to three sizes; none for each fifth product."""
    return () if number % 5 == 4 else SIZES[: number % 3 + 1]


def with_groups(items: Items, size: int = 3) -> Items:
    """The items in groups of `size` neighbours each, the last of which is a product of its own."""
    products = [
        replace(item, group=None if row % size == size - 1 else f"group {row // size}")
        for row, item in enumerate(items)
    ]
    return Items.from_items(products, list(items.all_columns), items.role_overrides)


def with_prices(items: Items) -> Items:
    """The items with an offer each."""
    products: list[Item] = [replace(item, offer=offer(row)) for row, item in enumerate(items)]
    return Items.from_items(products, list(items.all_columns), items.role_overrides)


def with_offers(items: Items) -> Items:
    """The items with an offer each, and an attribute "size" of several values."""
    products: list[Item] = [
        replace(item, attributes={**item.attributes, "size": sizes(row)}) for row, item in enumerate(with_prices(items))
    ]
    return Items.from_items(products, [*items.all_columns, "size"], items.role_overrides)
