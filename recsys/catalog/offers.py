"""Reads prices, stock and links from the cells of a table into offers."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import Any
from urllib.parse import quote

import pyarrow as pa

from recsys.catalog.cells import plain_text, unescape
from recsys.catalog.source import require
from recsys.catalog.text_table import Cell, normal, texts_of
from recsys.errors import CatalogError
from recsys.types import IN_STOCK, MAX_PRICE, OUT_OF_STOCK, PREORDER, Offer
from recsys.types import LINK as LINK_PATTERN

SYMBOLS = {
    **dict(zip("€£¥₹₽₺₩₪$", ("EUR", "GBP", "JPY", "INR", "RUB", "TRY", "KRW", "ILS", "USD"), strict=True)),
    **dict.fromkeys(("us$", "usd$"), "USD"),
    **dict.fromkeys(("ca$", "c$"), "CAD"),
    **dict.fromkeys(("a$", "au$"), "AUD"),
    **dict.fromkeys(("rs.", "rs"), "INR"),
    **dict.fromkeys(("fr.", "sfr."), "CHF"),
    **dict.fromkeys(("euro", "euros"), "EUR"),
    "zł": "PLN",
    "kč": "CZK",
    "ft": "HUF",
    "nz$": "NZD",
    "hk$": "HKD",
    "r$": "BRL",
}
"""Sign of a currency → its code."""
CURRENCIES = frozenset(
    {
        *("EUR", "USD", "GBP", "INR", "JPY", "CHF", "CAD", "AUD", "NZD", "SEK", "NOK", "DKK", "PLN", "CZK"),
        *("HUF", "RON", "BGN", "RUB", "TRY", "CNY", "HKD", "SGD", "KRW", "THB", "IDR", "MYR", "PHP", "VND"),
        *("BRL", "MXN", "ARS", "CLP", "COP", "PEN", "ZAR", "NGN", "KES", "EGP", "MAD", "AED", "SAR", "QAR"),
        *("KWD", "ILS", "UAH", "ISK", "TWD", "PKR", "BDT", "LKR", "NPR"),
    }
)
AMOUNT = re.compile(r"\d[\d.,'\s\u00a0\u202f]*")
YES = frozenset(
    {
        *("instock", "available", "yes", "true", "y", "ja", "auflager", "vorratig", "lieferbar", "verfugbar"),
        *("sofortlieferbar", "sofortverfugbar", "oui", "enstock", "disponible", "si", "vero", "verfuegbar"),
        *("disponibile", "inmagazzino", "hayexistencias", "sim", "haan", "uplabdh", "lowstock"),
        *("limitedavailability", "instoreonly", "onlineonly", "limited", "active", "enabled"),
    }
)
NO = frozenset(
    {
        *("outofstock", "unavailable", "soldout", "no", "false", "n", "nein", "ausverkauft", "nichtvorratig"),
        *("nichtverfugbar", "nichtlieferbar", "nichtauflager", "non", "rupture", "rupturedestock", "epuise"),
        *("nondisponible", "indisponible", "agotado", "sinexistencias", "nodisponible", "falso", "esaurito"),
        *("nondisponibile", "nahin", "anuplabdh", "discontinued", "inactive", "disabled"),
    }
)
LATER = frozenset(
    {
        *("preorder", "backorder", "onbackorder", "presale", "vorbestellung", "vorbestellbar", "precommande"),
        *("surcommande", "reserva", "preventa", "preordine", "availableforpreorder"),
    }
)
MAX_DESCRIPTION_CHARACTERS = 500
PLACE = re.compile(r"\{([^{}]+)\}")
"""The name of a column in a template."""
STOCK_FACTS = ("availability", "quantity")


def parse_currency(text: str) -> str | None:
    """The code of the currency that a text names by its code or its sign."""
    codes = [code for code in re.findall(r"(?<![A-Za-z])[A-Z]{3}(?![A-Za-z])", text) if code in CURRENCIES]
    bare = re.sub(r"[\d,'\s\u00a0\u202f]+|(?<=\d)\.(?=\d)", " ", text.lower()).split()
    signs = (SYMBOLS[sign] for sign in sorted(SYMBOLS, key=len, reverse=True) if any(sign == word for word in bare))
    return codes[0] if codes else next(signs, None)


def decimal_sign(cells: Sequence[str]) -> str:
    """The decimal sign of a column of prices: a comma if more cells can only be read so."""
    commas = points = 0
    for cell in cells:
        amount = match[0].strip(" .,\u00a0") if (match := AMOUNT.search(cell)) else ""
        last = max(amount.rfind(","), amount.rfind("."))
        if last < 0:
            continue
        is_decimal = len(amount) - last - 1 != 3 or len(set(re.findall("[.,]", amount))) == 2
        is_comma = (amount[last] == ",") == is_decimal
        commas, points = commas + is_comma, points + (not is_comma)
    return "," if commas > points else "."


def parse_amount(text: str, decimal: str) -> float | None:
    """The number in a price, or None if there is none."""
    match = AMOUNT.search(text)
    if match is None or text.lstrip().startswith("-"):
        return None
    digits = re.sub(rf"[^\d{re.escape(decimal)}]", "", match[0]).rstrip(decimal)
    amount = float(digits.replace(decimal, ".")) if digits.count(decimal) < 2 else None
    return amount if amount is not None and amount <= MAX_PRICE else None


def parse_availability(text: str) -> str | None:
    """In stock, out of stock or preorder, as a word, a link of schema.org or a number of pieces says it."""
    word = normal(text.rpartition("schema.org/")[2])
    if re.fullmatch(r"-?\d+([.,]0+)?", text.strip()):
        return IN_STOCK if float(text.replace(",", ".")) > 0 else OUT_OF_STOCK
    return IN_STOCK if word in YES else OUT_OF_STOCK if word in NO else PREORDER if word in LATER else None


def links_from_template(table: pa.Table, template: str) -> list[Cell]:
    """The link of each row: the template with the row's cells in place of the names of columns in braces.

    Raises CatalogError for a column that does not exist, and for a template that gives no http(s) link.
    """
    names = PLACE.findall(template)
    for name in names:
        require("column", name, table.column_names)
    if not names or not LINK_PATTERN.fullmatch(PLACE.sub("x", template)):
        raise CatalogError(f"{template!r} makes no links. Give one such as https://shop.example/products/{{Handle}}.")
    return [_fill(template, row) for row in table.select(list(dict.fromkeys(names))).to_pylist()]


def _fill(template: str, row: Mapping[str, Any]) -> Cell:
    if any(value is None for value in row.values()):
        return None
    return PLACE.sub(lambda place: quote(str(row[place[1]]), safe=""), template)


@dataclass(frozen=True)
class OfferColumns:
    """The columns that make an offer, by fact, with their cells as texts. `currency` is that of all prices."""

    cells: Mapping[str, Sequence[Cell]]
    currency: str | None = None
    decimals: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, columns: Mapping[str, str], cells: Mapping[str, Sequence[Cell]], currency: str | None) -> OfferColumns:
        """`columns` maps a fact to its column, and `cells` to the column's cells. The header may name the currency."""
        named = (parse_currency(columns[fact].upper()) for fact in ("price", "sale_price") if fact in columns)
        prices = {fact: cells[fact] for fact in ("price", "sale_price", "compare_price") if fact in cells}
        all_cells = [text for column in prices.values() for cell in column for text in texts_of(cell)]
        return cls(cells, currency or next(filter(None, named), None), dict.fromkeys(prices, decimal_sign(all_cells)))

    def offer(self, row: int) -> Offer | None:
        """The offer of a row. What cannot be read is None."""
        price, sale_price = self._prices(row)
        offer = Offer(
            price=price,
            sale_price=sale_price,
            currency=self._currency(row) if price is not None else None,
            availability=self._availability(row),
            url=next((link for text in self._texts("link", row) if (link := _link(text))), None),
            brand=next(map(plain_text, self._texts("brand", row)), None),
            description=next((_cut(plain_text(text)) for text in self._texts("description", row)), None),
        )
        return None if offer == Offer() else offer

    def _texts(self, fact: str, row: int) -> tuple[str, ...]:
        return texts_of(self.cells[fact][row]) if fact in self.cells else ()

    def _prices(self, row: int) -> tuple[float | None, float | None]:
        """The price and the reduced price of the cheapest variant."""
        amounts = {
            fact: [parse_amount(text, decimal) for text in self._texts(fact, row)]
            for fact, decimal in self.decimals.items()
        }
        variants = max(map(len, amounts.values()), default=0)
        offers = [_reduced(**{fact: _at(each, place) for fact, each in amounts.items()}) for place in range(variants)]
        priced = [Offer(*offer) for offer in offers if offer[0] is not None]
        cheapest = min(priced, key=lambda offer: offer.amount or 0.0, default=Offer())
        return cheapest.price, cheapest.sale_price

    def _currency(self, row: int) -> str | None:
        facts = ("currency", "price", "sale_price", "compare_price")
        texts = [text.upper() if fact == "currency" else text for fact in facts for text in self._texts(fact, row)]
        return next(filter(None, map(parse_currency, texts)), self.currency)

    def _availability(self, row: int) -> str | None:
        """The best of the variants: in stock if one is. For each, a word counts more than its number of pieces."""
        words, pieces = ([parse_availability(text) for text in self._texts(fact, row)] for fact in STOCK_FACTS)
        found = {word or count for word, count in zip_longest(words, pieces)}
        return next((each for each in (IN_STOCK, PREORDER, OUT_OF_STOCK) if each in found), None)


def _reduced(
    price: float | None = None, sale_price: float | None = None, compare_price: float | None = None
) -> tuple[float | None, float | None]:
    """The price and the reduced price. A former price above the price makes the price a reduced one."""
    if price is None:
        return (sale_price if compare_price is None else compare_price), (sale_price if compare_price else None)
    if sale_price is None and compare_price is not None and compare_price > price > 0:
        return compare_price, price
    return price, sale_price if sale_price is not None and 0 < sale_price < price else None


def _at(amounts: Sequence[float | None], place: int) -> float | None:
    """The amount of a variant; that of all variants if there is only one."""
    return amounts[place] if place < len(amounts) else amounts[0] if len(amounts) == 1 else None


def _link(text: str) -> str | None:
    link = unescape(text.strip()).replace(" ", "%20")
    return link if LINK_PATTERN.fullmatch(link) else None


def _cut(text: str) -> str:
    return f"{text[: MAX_DESCRIPTION_CHARACTERS - 1]}…" if len(text) > MAX_DESCRIPTION_CHARACTERS else text
