"""What stands over the products, and in their place: the heading, what a picture seems to be, how to go on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

from recsys.core.items import Items
from recsys.types import Guess, Where
from recsys.web.page.cards import percent
from recsys.web.page.filters import label


def header(text: str, origin: str) -> str:
    """The head of the page."""
    return (
        f'<h1>{escape(text)}</h1><p class="origin">{escape(origin)} · '
        f'<a href="about" target="_self">About this shop</a></p>'
    )


def notice(text: str) -> str:
    """Something about this shop that its visitors should know."""
    return f'<p class="notice" role="status">{escape(text)}</p>'


def heading(
    text: str,
    detail: str,
    *,
    query: str,
    thumbnail: str = "",
    back: str = "",
    link: str = "",
    below: str = "",
    look: bool = False,
) -> str:
    """What the cards below are. `query` tells one search from the next, so that the page can scroll to a new one.

    `link` is the address of this answer, from "?" on; `below` is markup; a `look` is not to be filtered.
    """
    way_back = f'<button type="button" data-back>{escape(back)}</button>' if back else ""
    share = '<button type="button" data-share>Copy link</button>' if link else ""
    face = f'<span class="tile face">{thumbnail}</span>' if thumbnail else ""
    mark = " data-look" if look else ""
    return (
        f'<div class="heading" data-query="{escape(query)}" data-link="{escape(link)}"{mark} tabindex="-1">{face}'
        f'<div><h2>{escape(text)}</h2><p role="status">{escape(detail)}</p></div>'
        f'<div class="ways">{way_back}{share}</div></div>{below}'
    )


def chips(guesses: Sequence[Guess], where: Where, items: Items) -> str:
    """What a picture seems to be. Each is a button that makes it a filter, where the shop has that value."""
    return (
        f'<span class="hint">We see</span>{"".join(_chip(guess, where, items) for guess in guesses)}' if guesses else ""
    )


def same_but(choices: Mapping[str, Sequence[str]], but: Mapping[str, str]) -> str:
    """The menu "same but …", and what was chosen of it, each with a way to undo it."""
    groups = "".join(
        f"<fieldset><legend>{escape(label(name))}</legend>{''.join(_but(name, value) for value in values)}</fieldset>"
        for name, values in choices.items()
        if values
    )
    chosen = "".join(
        f'<button type="button" class="chip chosen" data-but="{escape(name)}" data-value="" '
        f'aria-label="No longer {escape(value)}">but {escape(value)}</button>'
        for name, value in but.items()
    )
    menu = f'<details class="menu"><summary>Same but …</summary><div class="panel">{groups}</div></details>'
    return (menu if groups else "") + chosen


def tools(*parts: str) -> str:
    """A line under the heading; nothing where all parts are empty."""
    return f'<div class="tools">{"".join(parts)}</div>' if any(parts) else ""


def longer(shown: int, of: int) -> str:
    """The way to more products than are shown, where there are more."""
    return '<div class="longer"><button type="button" data-longer>Show more</button></div>' if shown < of else ""


def nothing_passes(loosen: Mapping[str, tuple[str, int]]) -> str:
    """Why there are no cards. `loosen` maps an attribute to its words and to the number of products without it."""
    buttons = "".join(
        f'<button type="button" data-loosen="{escape(name)}">Without {escape(words)} ({count:,})</button>'
        for name, (words, count) in loosen.items()
    )
    advice = (
        "Leave one out to see the products that pass the others." if buttons else "Clear some of them to see products."
    )
    return f'<div class="nothing"><h3>No product passes all these filters</h3><p>{advice}</p>{buttons}</div>'


def _chip(guess: Guess, where: Where, items: Items) -> str:
    value, sure = escape(str(guess.value)), f"{label(guess.attribute)}, {percent(guess.probability)} sure"
    if guess.value not in items.values(guess.attribute):
        return f'<span class="chip" title="{escape(sure)}">{value}</span>'
    pressed = str(guess.value in (where.get(guess.attribute) or ())).lower()
    return (
        f'<button type="button" class="chip" data-attribute="{escape(guess.attribute)}" data-value="{value}" '
        f'aria-pressed="{pressed}" title="{escape(sure)}. Press to see only these">{value}</button>'
    )


def _but(attribute: str, value: str) -> str:
    return (
        f'<button type="button" class="chip" data-but="{escape(attribute)}" data-value="{escape(value)}">'
        f"{escape(value)}</button>"
    )
