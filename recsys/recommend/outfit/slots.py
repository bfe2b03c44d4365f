"""The slot of a product in an outfit, recognized by the words of its categories."""

from __future__ import annotations

import re
from collections.abc import Sequence

from recsys.core.items import Items
from recsys.types import Value

TOP, BOTTOM, SHOES, BAG, ACCESSORY = SLOTS = ("top", "bottom", "shoes", "bag", "accessory")
PLURALS = {TOP: "tops", BOTTOM: "bottoms", SHOES: "shoes", BAG: "bags", ACCESSORY: "accessories"}
NOT_PART_OF_AN_OUTFIT = re.compile(
    r"\b(inner ?wear|under ?(wear|shirt|garment)|lingerie|bras?\b|briefs?\b|boxers?\b|trunks?\b|camisole|shapewear"
    r"|petticoat|sock|stocking|hosiery|night|loung|sleep|p[ay]jama|(bath ?)?robes?\b|swim|bikini"
    r"|personal care|beauty|cosmetic|make-?up|fragrance|perfume|deodorant|skin ?care|hair ?care|grooming"
    r"|home|furni|toys?\b|electronic|books?\b|gift|free|voucher|equipment|bottle|key|luggage|trolley|mobile|tablet"
    r"|shoe (accessor|lace|care)|travel accessor)"
)
WHOLE_SET = re.compile(r"\b(apparel|clothing|kurta|co-?ord|two[ -]piece)s? sets?\b")
NEXT_PART = re.compile(r"\b(?:and|with|for|in)\b|[&,/+]")
HEADS = {
    (TOP, BOTTOM): r"\w*dress|\w*suit|saree|sari|lehenga|romper|gown|frock|dungaree|overall",
    (TOP,): r"\w*shirt|tee|top|blouse|sweater|pullover|jumper|cardigan|hoodie|hoody|jacket|\w*coat|parka|blazer"
    r"|vest|gilet|tunic|kurta|kurti|shrug|polo|jersey|poncho|bodysuit|topwear|outerwear",
    (BOTTOM,): r"trouser|\w*pant|jean|jegging|legging|tight|short|\w*skirt|skort|culotte|capri|chino|jogger|slack"
    r"|palazzo|salwar|churidar|patiala|dhoti|bottom|bottomwear",
    (SHOES,): r"\w*shoe|\w*boot|bootie|sneaker|trainer|sandal|heel|flat|\w*flop|slipper|loafer|pump|oxford|brogue"
    r"|moccasin|mule|clog|stiletto|wedge|ballerina|espadrille|footwear",
    (BAG,): r"\w*bag|\w*pack|\w*sack|clutch|tote|purse|satchel|pouch|duffel|holdall",
    (ACCESSORY,): r"\w*watch|sunglass|eyeglass|spectacle|goggle|eyewear|belt|cap|hat|beanie|headwear|\w*band|scarf"
    r"|scarve|stole|muffler|shawl|dupatta|glove|mitten|(bow|neck)?tie|cufflink|suspender|wallet|jewell?[ea]?ry"
    r"|necklace|pendant|chain|bracelet|bangle|anklet|brooch|(ear)?ring|umbrella|accessory|accessorie",
}
HEAD_PATTERNS = {slots: re.compile(rf"(?:{words})(?:s|es)?") for slots, words in HEADS.items()}


def category_attributes(items: Items) -> list[str]:
    """The attributes that say what kind of product something is, the most specific first."""
    kind = items.roles.kind
    return sorted(items.roles.categories, key=lambda name: (name != kind, -len(items.columns[name].vocabulary)))


def slots_of(categories: Sequence[Value]) -> tuple[str, ...]:
    """The slots that a product of these categories fills; empty for a product that is not part of an outfit.

    `categories` come with the most specific one first, and the first one with a known noun decides. In English the last
    noun names the thing: a dress shirt is a shirt, and a shirt dress is a dress. Clothes for the whole body (a dress, a
    suit, a set of clothes) fill top and bottom. Underwear, nightwear, swimwear, socks, cosmetics and things that are
    not worn fill no slot.
    """
    names = [category.lower() for category in categories if category is not None]
    if any(NOT_PART_OF_AN_OUTFIT.search(name) for name in names):
        return ()
    return next((slots for name in names if (slots := _slots_of_name(name))), ())


def _slots_of_name(name: str) -> tuple[str, ...]:
    if WHOLE_SET.search(name):
        return (TOP, BOTTOM)
    thing = NEXT_PART.split(name.split(">")[-1])[0]
    heads = reversed(re.findall(r"[^\W\d_]+", thing))
    return next((slots for word in heads for slots, known in HEAD_PATTERNS.items() if known.fullmatch(word)), ())
