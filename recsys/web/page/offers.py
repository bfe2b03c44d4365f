"""What a card and the dialog of a product say about buying it: price, stock, sizes and the link to the shop."""

from __future__ import annotations

import json
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from recsys.core.roles import words_of
from recsys.types import IN_STOCK, OUT_OF_STOCK, PREORDER, Item, Offer, as_tuple
from recsys.web.page.languages import decimal, say

SYMBOLS = {"EUR": "€", "USD": "$", "GBP": "£", "JPY": "¥", "INR": "₹"}
STOCK = {IN_STOCK: "In stock", OUT_OF_STOCK: "Out of stock", PREORDER: "Pre-order"}
SCHEMA = "https://schema.org"
SCHEMA_STOCK = {IN_STOCK: "InStock", OUT_OF_STOCK: "OutOfStock", PREORDER: "PreOrder"}
SIZE_WORDS = frozenset(
    {"size", "sizes", "grosse", "groesse", "schuhgrosse", "taille", "pointure", "talla", "taglia", "misura", "naap"}
)
"""Without accents, in the languages that builds understand."""


class OfferView(NamedTuple):
    """An offer in words; "" for what the shop does not say. `before` is the price before the reduction."""

    price: str = ""
    before: str = ""
    stock: str = ""
    is_available: bool = True
    sizes: str = ""
    brand: str = ""
    description: str = ""
    link: str = ""


def offer_view(item: Item, utm_source: str | None = None) -> OfferView:
    """The offer and the sizes of a product."""
    offer = item.offer or Offer()
    is_reduced = offer.sale_price is not None and offer.price is not None and offer.sale_price < offer.price
    return OfferView(
        price=money(offer.amount, offer.currency),
        before=money(offer.price, offer.currency) if is_reduced else "",
        stock=say(STOCK[offer.availability]) if offer.availability in STOCK else "",
        is_available=offer.availability != OUT_OF_STOCK,
        sizes=", ".join(_sizes(item)),
        brand=offer.brand or "",
        description=offer.description or "",
        link=_with_source(offer.url, utm_source) if offer.url else "",
    )


def money(amount: float | None, currency: str | None) -> str:
    """An amount with its currency, such as "€12.50" or "CHF 1,200"; "" for None."""
    if amount is None:
        return ""
    number = decimal(f"{amount:,.2f}".removesuffix(".00"))
    return f"{SYMBOLS[currency]}{number}" if currency in SYMBOLS else f"{currency or ''} {number}".strip()


def json_ld(item: Item, title: str, image: str) -> str:
    """The product as JSON-LD of schema.org."""
    offer = item.offer or Offer()
    facts: dict[str, Any] = {"name": title, "sku": item.id, "image": image, "description": offer.description}
    facts["brand"] = {"@type": "Brand", "name": offer.brand} if offer.brand else None
    stock = SCHEMA_STOCK.get(offer.availability or "")
    terms = {
        "price": offer.amount,
        "priceCurrency": offer.currency,
        "availability": f"{SCHEMA}/{stock}" if stock else None,
        "url": offer.url,
    }
    if any(terms.values()):
        facts["offers"] = {"@type": "Offer"} | _known(terms)
    product = {"@context": SCHEMA, "@type": "Product"} | _known(facts)
    return json.dumps(product, ensure_ascii=False)


def _sizes(item: Item) -> list[str]:
    named = [value for name, value in item.attributes.items() if _is_size(name)]
    return [size for value in named for size in as_tuple(value)]


def _is_size(attribute: str) -> bool:
    """Whether the name is that of a size. Its words are found by their capitals, and "ß" is read as "ss"."""
    return not SIZE_WORDS.isdisjoint([*words_of(attribute), *words_of(attribute.casefold())])


def _with_source(url: str, utm_source: str | None) -> str:
    """The address with the parameter utm_source, unless it has that already."""
    parts = urlsplit(url)
    if not utm_source or any(name == "utm_source" for name, _ in parse_qsl(parts.query)):
        return url
    added = urlencode({"utm_source": utm_source})
    return urlunsplit(parts._replace(query=f"{parts.query}&{added}" if parts.query else added))


def _known(facts: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in facts.items() if value is not None}
