"""Whether looks obey their rules, read from the catalogue's own columns, not by the code that chose. Prints Markdown.

Needs the columns gender, usage, season, subCategory and articleType, as the Kaggle catalogue and the drawn shop have.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from itertools import combinations
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

import numpy as np

from recsys.core.items import Items
from recsys.index.folder import IndexFolder
from recsys.recommend.outfit import SLOTS, Outfit, Stylist
from recsys.types import Item

SLOT_OF_SUB_CATEGORY = {
    "Topwear": "top",
    "Bottomwear": "bottom",
    "Bags": "bag",
    **dict.fromkeys(("Shoes", "Sandal", "Flip Flops"), "shoes"),
    **dict.fromkeys(
        ("Watches", "Belts", "Jewellery", "Eyewear", "Wallets", "Headwear", "Ties", "Scarves"), "accessory"
    ),
    **dict.fromkeys(("Stoles", "Mufflers", "Cufflinks", "Gloves", "Umbrellas", "Wristbands"), "accessory"),
    **dict.fromkeys(("Accessories", "Sports Accessories"), "accessory"),
}
SLOT_OF_TYPE = {
    "Tshirts": "top",
    "Messenger Bag": "bag",
    **dict.fromkeys(("Belts", "Suspenders", "Dupatta", "Wallets"), "accessory"),
    **dict.fromkeys(("Tracksuits", "Rompers", "Dresses", "Lehenga Choli"), None),  # top and bottom in one
    **dict.fromkeys(("Swimwear", "Stockings", "Mobile Pouch", "Tablet Sleeve", "Trolley Bag"), None),
    **dict.fromkeys(("Travel Accessory", "Water Bottle", "Accessory Gift Set", "Key chain"), None),
}
"""Article types that the catalogue files under a sub-category of another slot."""
TOGETHER = {frozenset(pair) for pair in (("Men", "Unisex"), ("Women", "Unisex"))}


def same_wearer(one: Item, other: Item) -> bool:
    """Whether both can be worn by one person."""
    genders = [item.attributes["gender"] for item in (one, other)]
    return None in genders or genders[0] == genders[1] or frozenset(genders) in TOGETHER


def equal(name: str, one: Item, other: Item) -> bool:
    """Whether both have the same value, or one does not say."""
    values = [item.attributes[name] for item in (one, other)]
    return None in values or values[0] == values[1]


def in_slot(slot: str, item: Item) -> bool:
    """Whether a product goes into a slot, by the catalogue's article type and sub-category."""
    article_type, sub_category = item.attributes["articleType"], item.attributes["subCategory"]
    found = SLOT_OF_TYPE[article_type] if article_type in SLOT_OF_TYPE else SLOT_OF_SUB_CATEGORY.get(sub_category or "")
    return found == slot


def agree(one: Item, other: Item) -> bool:
    """Whether two products agree in gender, usage and season."""
    return same_wearer(one, other) and equal("usage", one, other) and equal("season", one, other)


def broken(anchor: Item, look: Outfit) -> Counter[str]:
    """How many pieces break each rule, towards the anchor or another piece."""
    items = {slot: piece.item for slot, piece in look.pieces.items()}
    found = Counter({"slot": sum(not in_slot(slot, item) for slot, item in items.items())})
    for rule, obeys in (
        ("gender", same_wearer),
        ("usage", lambda one, other: equal("usage", one, other)),
        ("season", lambda one, other: equal("season", one, other)),
    ):
        pairs = combinations([anchor, *items.values()], 2)
        found[rule] = len({other.id for one, other in pairs if not obeys(one, other)})
    return found


def fillable(anchor: Item, slot: str, profiles: list[Item]) -> bool:
    """Whether some product of the catalogue goes into the slot and agrees with the anchor."""
    return any(in_slot(slot, item) and agree(anchor, item) for item in profiles)


def distinct(items: Items) -> list[Item]:
    """A product for each combination of the attributes that the rules read."""
    names = ("gender", "usage", "season", "subCategory", "articleType")
    found = {tuple(item.attributes[name] for name in names): item for item in items}
    return list(found.values())


def main() -> None:
    """Build the looks, check them and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--index", type=Path, required=True)
    parser.add_argument("--looks", type=int, default=1000)
    options = parser.parse_args()
    folder = IndexFolder.open(options.index)
    started = time.perf_counter()
    stylist = Stylist(folder.items, folder.searcher)
    ready = time.perf_counter() - started
    report(folder.items, stylist, options.looks, ready)


def report(items: Items, stylist: Stylist, count: int, ready: float) -> None:
    """Measure `count` looks around products drawn at random and print."""
    profiles = distinct(items)
    anchors = [item for item in items if stylist.slots(item.id)]
    drawn = np.random.default_rng(0).permutation(len(anchors))[:count]
    pieces = filled = possible = slots = 0
    wrong: Counter[str] = Counter()
    times = []
    for anchor in (anchors[place] for place in drawn):
        started = time.perf_counter()
        look = stylist.outfit(anchor.id)
        times.append(1000 * (time.perf_counter() - started))
        wrong += broken(anchor, look)
        pieces += len(look.pieces)
        for slot in (slot for slot in SLOTS if slot not in look.slots):
            slots += 1
            possible += (can := fillable(anchor, slot, profiles))
            filled += can and slot in look.pieces
    print(f"- {len(drawn):,} looks around products of {len(items):,}: {pieces:,} pieces")
    for rule in ("slot", "gender", "usage", "season"):
        print(f"- {1 - wrong[rule] / pieces:.2%} of the pieces obey the rule of {rule}")
    print(f"- {filled / possible:.2%} of the {possible:,} slots that the catalogue can fill are filled", end="")
    print(f"; of all {slots:,} open slots, {pieces / slots:.2%}")
    print(f"- a look takes {np.median(times):.1f} ms (median), {np.quantile(times, 0.99):.1f} ms (99th percentile)")
    print(f"- the stylist is ready in {ready:.2f} s")


if __name__ == "__main__":
    main()
