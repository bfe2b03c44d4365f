"""Reads the dates on which products were added, as shops' exports write them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date

from recsys.catalog.text_table import Cell, texts_of

ISO = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})(?!\d)")
DOTTED = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})(?!\d)")
SLASHED = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})(?!\d)|(\d{4})/(\d{1,2})/(\d{1,2})(?!\d)")
MIN_SHARE = 0.5
"""The share of the filled cells that must be dates in a column of dates."""
MAX_MONTH = 12


def parse_dates(cells: Sequence[Cell]) -> list[str | None] | None:
    """The date of each cell as YYYY-MM-DD, of several the first. None where the column does not hold dates.

    "5/1/2024" is read as the 5th of January or as the 1st of May by the other cells; it is no date if these do not say.
    """
    texts = [next(iter(texts_of(cell)), "").strip() for cell in cells]
    is_day_first = _is_day_first(texts)
    found = [_parse(text, is_day_first) for text in texts]
    filled = sum(map(bool, texts))
    return found if filled and sum(map(bool, found)) >= MIN_SHARE * filled else None


def _is_day_first(texts: Sequence[str]) -> bool | None:
    """Whether dates with slashes begin with the day; None where nothing says so."""
    pairs = [(int(match[1]), int(match[2])) for text in texts if (match := SLASHED.match(text)) and match[1]]
    first, second = (max((pair[place] for pair in pairs), default=0) for place in (0, 1))
    return True if first > MAX_MONTH >= second else False if second > MAX_MONTH >= first else None


def _parse(text: str, is_day_first: bool | None) -> str | None:
    if match := ISO.match(text):
        year, month, day = match.groups()
    elif match := DOTTED.match(text):
        day, month, year = match.groups()
    elif (match := SLASHED.match(text)) and match[4]:
        year, month, day = match.groups()[3:]
    elif match and is_day_first is not None:
        first, second, year = match.groups()[:3]
        day, month = (first, second) if is_day_first else (second, first)
    else:
        return None
    try:
        return date(int(year), int(month), int(day)).isoformat()
    except ValueError:
        return None
