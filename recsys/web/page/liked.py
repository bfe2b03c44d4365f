"""The sheet of what a visitor liked: the products side by side, to look at, compare and remove."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from recsys.types import Item
from recsys.web.page.cards import ProductViews
from recsys.web.page.languages import number, say
from recsys.web.page.product import facts_of
from recsys.web.page.templates import render

MAX_COMPARED = 24


def liked_sheet(views: ProductViews, items: Sequence[Item]) -> Markup:
    """The sheet, the latest like first. It has a row for each attribute; those that differ come first."""
    shown = items[:MAX_COMPARED]
    facts = [facts_of(item) for item in shown]
    names = dict.fromkeys(name for known in facts for name in known)
    rows = {name: [known.get(name, "") for known in facts] for name in names}
    is_same = {name: len(set(values)) == 1 for name, values in rows.items()}
    return render(
        "liked.html",
        liked=len(items),
        note=say("The latest {count} of {total}.", count=MAX_COMPARED, total=number(len(items)))
        if len(items) > MAX_COMPARED
        else "",
        products=[(views.product(item), views.offer(item)) for item in shown],
        rows=dict(sorted(rows.items(), key=lambda row: is_same[row[0]])),
        is_same=is_same if len(shown) > 1 else dict.fromkeys(names, False),
    )
