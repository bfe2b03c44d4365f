"""Complete the look: shows an outfit, whose products can be kept, swapped or all replaced."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

from markupsafe import Markup

from recsys.core.items import Items
from recsys.errors import QueryError
from recsys.recommend.outfit import Outfit
from recsys.types import Item
from recsys.web.page.cards import ProductViews, Slot, gallery
from recsys.web.page.languages import say, say_message
from recsys.web.page.state import LookState, PageOptions
from recsys.web.page.templates import render

RULE = (
    "Put together by rules: for the same person, usage and season, in colours that go together, then the closest in "
    "style."
)
MAX_PASSED = 200


def changed(look: LookState | None, change: Mapping[str, Any]) -> LookState:
    """The look after what was pressed: {"act": start, reroll, keep or swap, "slot": …}. Raises QueryError."""
    act, slot = change.get("act", "start"), change.get("slot", "")
    if look is None or act == "start":
        return LookState()
    if act == "keep" and slot in (*look.pieces, *look.kept):
        kept = [other for other in look.kept if other != slot] if slot in look.kept else [*look.kept, slot]
        return replace(look, kept=tuple(kept))
    if act == "swap":
        return _without(look, {slot})
    if act == "reroll":
        return _without(look, set(look.pieces) - set(look.kept))
    raise QueryError(f"A look can be started, rerolled, and its slots kept or swapped; got {act!r:.50}.")


def among(look: LookState, items: Items) -> LookState:
    """The look, without the products that this shop does not have."""
    gone = {slot for slot, item_id in look.pieces.items() if item_id not in items}
    return _without(look, gone) if gone else look


def markup(
    views: ProductViews, outfit: Outfit, kept: Collection[str], options: PageOptions, own: Item | None = None
) -> Markup:
    """The pieces as cards, each with its slot, after the product `own` that they go with; and why a slot is empty."""
    shown = []
    if own is not None:
        slot = Slot(capital(say(" and ").join(map(say_message, outfit.slots))))
        shown.append(views.card(own, options.opinion(own.id), slot=slot))
    for name, piece in outfit.pieces.items():
        word, reasons = say_message(name), list(map(say_message, piece.reasons))
        slot, opinion = Slot(capital(word), name, name in kept, word), options.opinion(piece.item.id)
        shown.append(views.card(piece.item, opinion, slot=slot, reasons=reasons))
    missing = {capital(say_message(name)): say_message(why) for name, why in outfit.missing.items()}
    return render("look.html", gallery=gallery(shown), missing=missing, has_pieces=bool(outfit.pieces))


def capital(text: str) -> str:
    """The text with a capital letter at its beginning."""
    return text[:1].upper() + text[1:]


def _without(look: LookState, slots: set[str]) -> LookState:
    """The look with these slots emptied; their products are not shown again."""
    rest = {slot: item_id for slot, item_id in look.pieces.items() if slot not in slots}
    passed = [item_id for slot, item_id in look.pieces.items() if slot in slots]
    kept = tuple(slot for slot in look.kept if slot not in slots)
    return LookState(rest, kept, (*look.passed, *passed)[-MAX_PASSED:])
