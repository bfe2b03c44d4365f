"""Finds what a text says about prices: "under 30", "between 20 and 40 euros", "cheaper"."""

from __future__ import annotations

import re
from collections.abc import Iterator

from recsys.core.filters import IN_STOCK, PRICE
from recsys.types import BY_NUMBER, BY_SYNONYM, MAX_PRICE, Range, Understood

UNIT = r"(?:[$€£¥₹]|(?:rs|inr|usd|eur|gbp|chf|euros?|dollars?|pounds?|rupees?|bucks|quid)\b\.?)"
AMOUNT = rf"{UNIT}?\s*(?P<{{}}>\d{{{{1,9}}}}(?:[.,]\d{{{{1,2}}}})?)(?![\w%])\s*{UNIT}?"
LOW, HIGH = AMOUNT.format("low"), AMOUNT.format("high")
AT_MOST = "under|below|less than|cheaper than|no more than|not more than|not over|up to|at most|max|maximum|within"
AT_LEAST = "over|above|more than|at least|min|minimum|starting at|from"
RANGES = (
    rf"\b(?:between|from)\s+{LOW}\s*(?:and|to|-|–)\s*{HIGH}",
    rf"(?<![\w-]){LOW}\s*(?:-|–|to)\s*{HIGH}(?=\s*(?:$|[,.;]|\s))",
    rf"(?:\b(?:{AT_MOST})|<=?)\s*{HIGH}",
    rf"(?:\b(?:{AT_LEAST})|>=?)\s*{LOW}",
)
AROUND = rf"\b(?:around|about|approximately|circa)\s+{LOW}"
AROUND_SHARE = 0.2
"""A price around 50 is from 40 to 60."""
PATTERNS = [re.compile(pattern, re.IGNORECASE) for pattern in RANGES]
AROUND_PATTERN = re.compile(AROUND, re.IGNORECASE)
CHEAPER = re.compile(
    r"\b(?:cheap(?:er|est)?|less expensive|inexpensive|affordable|low(?:er|est)? price[ds]?)\b", re.IGNORECASE
)
IN_STOCK_PHRASE = re.compile(r"\b(?:in stock|available(?: now)?)\b", re.IGNORECASE)
UNKNOWN_RANGE: Range = {}
"""Stands for a price that is lower than that of what is searched with."""


def prices_in(text: str) -> Iterator[Understood]:
    """What the text says about the price and the stock, in order. Parts of it do not overlap."""
    end = 0
    for term in sorted(_all(text), key=lambda term: (term.start, -term.end)):
        if term.start >= end:
            yield term
            end = term.end


def _all(text: str) -> Iterator[Understood]:
    for pattern in PATTERNS:
        for found in pattern.finditer(text):
            if bounds := _bounds(found.groupdict()):
                yield _term(found, PRICE, BY_NUMBER, bounds)
    for found in AROUND_PATTERN.finditer(text):
        if amount := _amount(found["low"]):
            yield _term(
                found, PRICE, BY_NUMBER, {"min": amount * (1 - AROUND_SHARE), "max": amount * (1 + AROUND_SHARE)}
            )
    for found in CHEAPER.finditer(text):
        yield _term(found, PRICE, BY_SYNONYM, UNKNOWN_RANGE)
    for found in IN_STOCK_PHRASE.finditer(text):
        yield Understood(found.group(), found.start(), found.end(), IN_STOCK, ("True",), BY_SYNONYM)


def _term(found: re.Match[str], attribute: str, how: str, bounds: Range) -> Understood:
    words = found.group().strip()
    return Understood(words, found.start(), found.start() + len(found.group().rstrip()), attribute, (), how, bounds)


def _bounds(amounts: dict[str, str | None]) -> Range | None:
    low, high = _amount(amounts.get("low")), _amount(amounts.get("high"))
    if low is not None and high is not None and low > high:
        low, high = high, low
    bounds: Range = {}
    if low is not None:
        bounds["min"] = low
    if high is not None:
        bounds["max"] = high
    return bounds or None


def _amount(text: str | None) -> float | None:
    amount = float(text.replace(",", ".")) if text else None
    return amount if amount is not None and amount <= MAX_PRICE else None
