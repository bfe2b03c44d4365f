"""Links to an answer. A link names the query by products of the shop, and holds every setting but the likes.

A picture of a visitor is never in a link: it is named by the products that were found with it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from math import isfinite
from urllib.parse import parse_qsl, urlencode

from recsys.core.filters import BOUNDS, Filter, number, parse_filter
from recsys.core.items import Items
from recsys.recommend.options import CLOSENESS
from recsys.recommend.recommender import MAX_K
from recsys.types import Value
from recsys.web.page.languages import say
from recsys.web.page.state import PAGE, LookState, PageOptions, Query
from recsys.words.query import MAX_TEXT_CHARACTERS

FILTER, BUT, PIECE = "is.", "but.", "piece."
FOUND_AT_MOST = 20
NAMED = 3


@dataclass(frozen=True)
class Visit:
    """The content of a link. `missing` is what this shop does not have of it."""

    query: Query
    options: PageOptions
    revision: str | None
    missing: tuple[str, ...] = ()


def link(query: Query, options: PageOptions, found: Sequence[str], revision: str | None) -> str:
    """The address of an answer, from "?" on; "" for the shop window. `found` are the ids of its products."""
    parts: list[tuple[str, str]] = []
    if query.item is not None:
        parts.append(("item", query.item))
    elif query.picture is not None or query.found:
        parts += [("found", item_id) for item_id in (query.found or found)[:FOUND_AT_MOST]]
    if query.words:
        parts.append(("text", query.words))
    parts += [(BUT + name, value) for name, value in query.but.items()]
    if query.look is not None:
        parts.append(("look", "1"))
        parts += [(PIECE + slot, item_id) for slot, item_id in query.look.pieces.items()]
        parts += [("keep", slot) for slot in query.look.kept]
    parts += _filter_parts(parse_filter(options.where))
    if options.diversity:
        parts.append(("varied", f"{options.diversity:g}"))
    if options.sort != CLOSENESS:
        parts.append(("sort", options.sort))
    if query.k != PAGE:
        parts.append(("k", str(query.k)))
    if query.offset:
        parts.append(("offset", str(query.offset)))
    if parts and revision:
        parts.append(("index", revision))
    return f"?{urlencode(parts)}" if parts else ""


def read(address: str, items: Items) -> Visit:
    """Reads a link, from "?" on. Leaves out what this shop does not have, and lists it as `missing`."""
    pairs = parse_qsl(address.removeprefix("?"), keep_blank_values=True)
    one = dict(pairs)
    ids = [one["item"]] if "item" in one else [value for name, value in pairs if name == "found"]
    pieces = {name.removeprefix(PIECE): value for name, value in pairs if name.startswith(PIECE)}
    kept = [value for name, value in pairs if name == "keep" and value in pieces]
    but = {name.removeprefix(BUT): value for name, value in pairs if name.startswith(BUT)}
    missing = [item_id for item_id in (*ids, *pieces.values()) if item_id not in items]
    pieces = {slot: item_id for slot, item_id in pieces.items() if item_id in items}
    missing += [f"{name} {value}" for name, value in but.items() if value not in items.values(name)]
    where, unknown = _where(pairs, items)
    known = [item_id for item_id in ids if item_id in items]
    query = Query(
        item=known[0] if "item" in one and known else None,
        found=() if "item" in one else tuple(known[:FOUND_AT_MOST]),
        but={name: value for name, value in but.items() if value in items.values(name)} if known else {},
        look=LookState(pieces, tuple(kept)) if "look" in one and known else None,
        k=_number(one.get("k"), PAGE),
        offset=_offset(one.get("offset")),
    )
    text = one.get("text", "").strip()[:MAX_TEXT_CHARACTERS]
    query = replace(query, text_beside_item=text) if query.item else replace(query, text=text)
    varied = one.get("varied", "")
    diversity = float(varied) if varied.replace(".", "", 1).isdecimal() else 0.0
    options = PageOptions.from_fields({"where": where, "sort": one.get("sort")}, diversity, None, items)
    return Visit(query, options, one.get("index"), (*missing, *unknown))


def _filter_parts(where: Filter) -> Iterator[tuple[str, str]]:
    for name, wanted in where.items():
        if isinstance(wanted, dict):
            yield from ((f"{bound}.{name}", f"{number:.15g}") for bound, number in wanted.items())
        else:
            yield from ((FILTER + name, value or "") for value in wanted)


def moved_on(visit: Visit, revision: str | None) -> str:
    """A sentence on what has changed since the link was made; "" if nothing has."""
    gone = ""
    if visit.missing:
        more = " …" if len(visit.missing) > NAMED else ""
        gone = " " + say("The shop no longer has: {names}.", names=", ".join(visit.missing[:NAMED]) + more)
    if visit.revision is not None and visit.revision != revision:
        now = say("index {name}", name=revision[:7]) if revision else say("another one")
        made = "This link was made with index {before}; the shop now has {now}."
        return say(made, before=visit.revision[:7], now=now) + gone
    return say("This link is out of date.") + gone if gone else ""


def _where(pairs: Iterable[tuple[str, str]], items: Items) -> tuple[Filter, list[str]]:
    """The filters of a link, and in words those that this shop does not have."""
    values: dict[str, list[Value]] = {}
    bounds: dict[str, dict[str, float]] = {}
    unknown = []
    for name, text in pairs:
        kind, _, attribute = name.partition(".")
        if f"{kind}." == FILTER:
            value = text or None
            if value in items.values(attribute):
                values.setdefault(attribute, []).append(value)
            else:
                unknown.append(f"{attribute} {text}")
        elif kind in BOUNDS and attribute:
            if attribute in items.ranges() and isfinite(bound := number(text)):
                bounds.setdefault(attribute, {})[kind] = bound
            else:
                unknown.append(f"{attribute} {text}")
    return parse_filter({**values, **bounds}), unknown


def _offset(text: str | None) -> int:
    """The first product of a page: a multiple of its length."""
    return int(text) // MAX_K * MAX_K if text and text.isdecimal() and len(text) < 10 else 0


def _number(text: str | None, otherwise: int) -> int:
    return min(100, max(1, int(text))) if text and text.isdecimal() and len(text) < 4 else otherwise
