"""Says which products can be bought although their number of pieces is 0, as Shopify's export says it."""

from __future__ import annotations

from recsys.catalog.text_table import Cell, TextTable, normal
from recsys.types import IN_STOCK

POLICIES = ("variantinventorypolicy", "continuesellingwhenoutofstock")
SELLS_ON = {"continue", "true"}
TRACKERS = ("variantinventorytracker", "inventorytracker")
PRICES = ("variantprice", "price")
AVAILABILITY = "Availability"


def add_availability(table: TextTable) -> TextTable:
    """The table with a column "Availability" that says which variants are sold whatever the number of pieces.

    These are variants whose pieces are not counted, and those that are sold on when there are none.
    """
    columns = {normal(name): cells for name, cells in table.columns.items()}
    policy = next((columns[name] for name in POLICIES if name in columns), None)
    tracker = next((columns[name] for name in TRACKERS if name in columns), None)
    price = next((columns[name] for name in PRICES if name in columns), None)
    if policy is None or tracker is None or price is None or AVAILABILITY in table.columns or not any(tracker):
        return table
    cells: list[Cell] = [
        IN_STOCK if cost is not None and (counts is None or str(sells).lower() in SELLS_ON) else None
        for cost, counts, sells in zip(price, tracker, policy, strict=True)
    ]
    return table.with_columns({**table.columns, AVAILABILITY: cells}) if any(cells) else table
