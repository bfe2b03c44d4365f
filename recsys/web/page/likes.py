"""What a visitor likes, and what the shop has for such a taste. It is kept in the browser; the server forgets it."""

from __future__ import annotations

from collections.abc import Sequence

from recsys.recommend.recommender import Recommender
from recsys.types import Item
from recsys.web.page import cards

FOR_YOU = 6
WAYS = {"undo": "Undo", "clear": "Clear", "export": "Save to a file"}


def panel(recommender: Recommender, found: Sequence[Item], telling: Sequence[str], liked: int, disliked: int) -> str:
    """The row "For you", and what can be done with the likes."""
    row = f'<ul class="strip">{"".join(f"<li>{cards.opener(recommender, item, telling)}</li>" for item in found)}</ul>'
    counts = f"{liked} liked" + (f", {disliked} not for you" if disliked else "")
    told = f'<p class="hint">By your likes alone: {counts}. They stay in this browser.</p>'
    buttons = "".join(
        f'<button type="button" data-taste="{name}" hidden>{words}</button>' for name, words in WAYS.items()
    )
    head = f"<h2>For you</h2>{told}{row if found else ''}" if liked or disliked else ""
    return (
        f'{head}<div class="ways">{buttons}<label class="import">Load likes<input type="file" '
        f'accept="application/json,.json" aria-label="Load likes from a file"></label></div>'
    )
