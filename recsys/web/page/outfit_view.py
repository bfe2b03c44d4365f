"""Complete the look: an outfit on the page, with its slots to keep, swap and choose anew."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from html import escape
from typing import Any

from recsys.core.items import Items
from recsys.errors import QueryError
from recsys.recommend.outfit import Look as Outfit
from recsys.recommend.outfit import Piece
from recsys.recommend.recommender import Recommender
from recsys.types import Item
from recsys.web.page import cards
from recsys.web.page.state import Look, PageOptions

RULE = (
    "Put together by rules, not by a learned taste: the same wearer, usage and season, colours that go together on "
    "the colour circle, then the closest in style."
)
START = '<button type="button" class="chip" data-slot="" data-act="start">Complete the look</button>'
MOST_PASSED = 200


def changed(look: Look | None, change: Mapping[str, Any]) -> Look:
    """The look after what was pressed: {"act": start, reroll, keep or swap, "slot": …}. Raises QueryError."""
    act, slot = change.get("act", "start"), change.get("slot", "")
    if look is None or act == "start":
        return Look()
    if act == "keep" and slot in (*look.pieces, *look.kept):
        kept = [other for other in look.kept if other != slot] if slot in look.kept else [*look.kept, slot]
        return replace(look, kept=tuple(kept))
    if act == "swap":
        return _without(look, {slot})
    if act == "reroll":
        return _without(look, set(look.pieces) - set(look.kept))
    raise QueryError(f"A look can be started, rerolled, and its slots kept or swapped; got {act!r:.50}.")


def among(look: Look, items: Items) -> Look:
    """The look, with the slots whose products this shop does not have to be filled anew."""
    gone = {slot for slot, item_id in look.pieces.items() if item_id not in items}
    return _without(look, gone) if gone else look


def shown(
    recommender: Recommender, outfit: Outfit, look: Look, telling: list[str], options: PageOptions, own: Item | None
) -> str:
    """The pieces as cards, each with its slot, after what they go with, and why a slot is empty."""
    first = f'<div class="slot"><h3>{escape(" and ".join(outfit.slots).capitalize())}</h3></div>'
    anchor = []
    if own:
        opinion = options.opinion(own.id)
        anchor = [cards.product_card(recommender, own, telling, above=first, opinion=opinion)]
    pieces = [
        cards.product_card(
            recommender,
            piece.item,
            telling,
            closeness=_reasons(piece),
            opinion=options.opinion(piece.item.id),
            above=_slot(slot, slot in look.kept),
        )
        for slot, piece in outfit.pieces.items()
    ]
    found = cards.grid(anchor + pieces)
    empty = "".join(f"<p>{escape(slot.capitalize())}: {escape(why)}</p>" for slot, why in outfit.missing.items())
    again = '<button type="button" data-slot="" data-act="reroll">Another look</button>' if outfit.pieces else ""
    return f'{found}<div class="missing">{empty}</div><div class="longer">{again}</div>'


def _without(look: Look, slots: set[str]) -> Look:
    """The look with these slots to be filled anew, by others than they hold."""
    rest = {slot: item_id for slot, item_id in look.pieces.items() if slot not in slots}
    passed = [item_id for slot, item_id in look.pieces.items() if slot in slots]
    kept = tuple(slot for slot in look.kept if slot not in slots)
    return Look(rest, kept, (*look.passed, *passed)[-MOST_PASSED:])


def _slot(slot: str, kept: bool) -> str:
    name = escape(slot)
    return (
        f'<div class="slot"><h3>{name.capitalize()}</h3><button type="button" data-act="keep" data-slot="{name}" '
        f'aria-pressed="{str(kept).lower()}" aria-label="Keep this {name}">Keep</button><button type="button" '
        f'data-act="swap" data-slot="{name}" aria-label="Swap this {name}">Swap</button></div>'
    )


def _reasons(piece: Piece) -> str:
    return f'<span class="closeness">{escape(" · ".join(piece.reasons))}</span>' if piece.reasons else ""
