"""The HTML above the gallery, and in its place where it is empty."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from markupsafe import Markup

from recsys.core.items import Items
from recsys.types import Guess, Where
from recsys.web.page.cards import percent
from recsys.web.page.filters import label
from recsys.web.page.templates import render


def header(title: str, origin: str) -> Markup:
    """The top of the page."""
    return render("header.html", title=title, origin=origin)


def notice(text: str) -> Markup:
    """A message about this shop that its visitors should know."""
    return render("notice.html", text=text)


def heading(
    text: str,
    detail: str,
    *,
    query: str,
    thumbnail: str = "",
    back: str = "",
    link: str = "",
    below: Markup | str = "",
    look: bool = False,
) -> Markup:
    """The heading of the gallery.

    Args:
        text: What the products are, such as "More like Blue shirt".
        detail: How many there are.
        query: The number of the search. The page scrolls to the heading when it changes.
        thumbnail: The URL of the picture of the product that the answer is for.
        back: The words of the button that leads back; without them there is none.
        link: The address of this answer, from "?" on.
        below: HTML under the heading.
        look: Whether the products are a look, to which filters do not apply.

    """
    values = {"text": text, "detail": detail, "query": query, "thumbnail": thumbnail}
    return render("heading.html", **values, back=back, link=link, tools=below, look=look)


def chips(guesses: Sequence[Guess], where: Where, items: Items) -> Markup:
    """What a picture seems to be. Each value that the shop has is a button that filters by it."""
    return render("chips.html", chips=[_chip(guess, where, items) for guess in guesses]) if guesses else Markup()


def same_but(choices: Mapping[str, Sequence[str]], but: Mapping[str, str]) -> Markup:
    """The menu "Same but …" with these values by attribute, and a button to undo each of the choices in `but`."""
    groups = [{"attribute": name, "label": label(name), "values": values} for name, values in choices.items() if values]
    return render("same_but.html", groups=groups, chosen=but)


def tools(*parts: Markup | str) -> Markup:
    """A line under the heading; nothing if all its parts are empty."""
    return render("tools.html", parts=parts) if any(parts) else Markup()


def longer(shown: int, of: int) -> Markup:
    """The button for more products, if there are more than are shown."""
    return render("show_more.html") if shown < of else Markup()


def nothing_passes(loosen: Mapping[str, tuple[str, int]]) -> Markup:
    """Says that no product passes the filters. `loosen` maps an attribute to its filter in words and to the number of
    products that pass without it.
    """
    filters = [{"attribute": name, "words": words, "number": count} for name, (words, count) in loosen.items()]
    return render("nothing_passes.html", filters=filters)


def _chip(guess: Guess, where: Where, items: Items) -> dict[str, object]:
    return {
        "attribute": guess.attribute,
        "value": guess.value,
        "certainty": f"{label(guess.attribute)}, {percent(guess.probability)} sure",
        "is_filter": guess.value in (values := items.values(guess.attribute)) and len(values) > 1,
        "is_pressed": guess.value in (where.get(guess.attribute) or ()),
    }
