"""Whether completed outfits obey their rules, and how many slots they fill.

The rules are read from the catalogue's own columns, not by the code that chose the pieces. Needs the columns gender,
usage, season, subCategory and articleType, as the Kaggle catalogue and the drawn shop have them.
"""

from __future__ import annotations

import argparse
from collections import Counter
from itertools import combinations
from pathlib import Path

import numpy as np

from benchmarks.core.processes import ROOT
from benchmarks.core.results import Result, figures
from benchmarks.core.timing import ms
from recsys.core.items import Items
from recsys.index.folder import IndexFolder
from recsys.recommend.outfit import SLOTS, Outfit, Stylist
from recsys.types import Item

RULES = ("slot", "gender", "usage", "season")
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


def broken(anchor: Item, outfit: Outfit) -> Counter[str]:
    """How many pieces break each rule, with regard to the anchor or another piece."""
    items = {slot: piece.item for slot, piece in outfit.pieces.items()}
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


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--index", type=Path, default=ROOT / "index")
    parser.add_argument("--outfits", type=int, default=1000)


def run(options: argparse.Namespace) -> Result:
    folder = IndexFolder.open(options.index)
    ready_ms, stylist = ms(lambda: Stylist(folder.items, folder.searcher))
    profiles = distinct(folder.items)
    anchors = [item for item in folder.items if stylist.slots(item.id)]
    drawn = np.random.default_rng(0).permutation(len(anchors))[: options.outfits]
    pieces = filled = possible = slots = 0
    wrong: Counter[str] = Counter()
    times = []
    for anchor in (anchors[place] for place in drawn):
        taken, outfit = ms(lambda a=anchor: stylist.outfit(a.id))
        times.append(taken)
        wrong += broken(anchor, outfit)
        pieces += len(outfit.pieces)
        for slot in (slot for slot in SLOTS if slot not in outfit.slots):
            slots += 1
            possible += (can := fillable(anchor, slot, profiles))
            filled += can and slot in outfit.pieces
    rules = {f"pieces that obey the rule of {rule}": f"{1 - wrong[rule] / pieces:.2%}" for rule in RULES}
    p50, p99 = np.percentile(times, (50, 99)).tolist()
    summary = {"products": len(folder.items), "outfits": len(drawn), "pieces": pieces} | rules
    summary |= {
        "slots that the catalogue can fill": possible,
        "… that are filled": f"{filled / possible:.2%}",
        "of all open slots": f"{pieces / slots:.2%}",
        "an outfit, ms (median)": p50,
        "an outfit, ms (99th percentile)": p99,
        "preparation, s": ready_ms / 1000,
    }
    return Result({"": figures(summary)}, [f"{count} pieces break the rule of {rule}" for rule, count in wrong.items()])
