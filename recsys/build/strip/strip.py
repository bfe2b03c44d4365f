"""Writes the strip of similar products of an index."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from importlib.resources import files
from pathlib import Path
from typing import Any
from urllib.parse import quote
from zlib import crc32

from tqdm import tqdm

from recsys.build.strip.folder import SCRIPT, StripFolder, address, check_strip
from recsys.errors import StripError
from recsys.images.media_type import media_type
from recsys.recommend.recommender import MAX_K, Recommender
from recsys.types import LINK, OUT_OF_STOCK, Item, Offer, as_tuple

ENDINGS = {"image/jpeg": "jpg", "image/png": "png", "image/gif": "gif", "image/webp": "webp", "image/avif": "avif"}
PLACE_OF_ID = "{id}"
CANDIDATES_PER_PRODUCT = 4
"""How many of the nearest products are searched for each one that is shown, because variants of one are shown once."""
NO_PAGE, SOLD_OUT = "no page to lead to, see --app", "sold out"
LONG_ID = "the id is too long for the name of a file"


@dataclass(frozen=True)
class StripOptions:
    """What a strip shows.

    `count` is the number of products in a strip. `app` is the address of the search page, to which a product without a
    page in the shop leads. `pictures` is the address of the shop's own small pictures, with {id} in place of the id;
    without it, the pictures of the index are written as files. Raises StripError for an option of another form.
    """

    count: int = 8
    app: str | None = None
    pictures: str | None = None

    def __post_init__(self) -> None:
        if not 1 <= self.count <= MAX_K:
            raise StripError(f"A strip shows 1 to {MAX_K} products; got {self.count}.")
        if self.app is not None and not LINK.fullmatch(self.app):
            raise StripError(f"The address of the app starts with http:// or https://; got {self.app!r:.200}.")
        if self.pictures is not None and not (LINK.fullmatch(self.pictures) and PLACE_OF_ID in self.pictures):
            example = "https://cdn.shop.example/small/{id}.jpg"
            raise StripError(f"The address of the pictures is one such as {example}; got {self.pictures!r:.200}.")


@dataclass(frozen=True)
class StripReport:
    """The result: `strips` of the `products` have a strip, and nothing similar was found to the others.

    `not_shown` counts the products that no strip shows, by the reason. Of the files, some were `written`, some were
    `unchanged`, and some were `removed`.
    """

    products: int
    strips: int
    not_shown: Mapping[str, int]
    written: int
    unchanged: int
    removed: int


def write_strip(recommender: Recommender, folder: Path, options: StripOptions | None = None) -> StripReport:
    """Write the script, and the similar products and the picture of each product, to a folder.

    A folder that holds a strip is updated: files that have not changed are left as they are, and those of products that
    are gone are deleted. A picture is written before what refers to it, so that a page finds it at each moment.

    Raises StripError for a folder that holds something else, and where no product has a page to lead to.
    """
    return _Writer(recommender, StripFolder(folder), options or StripOptions()).write()


@dataclass
class _Writer:
    recommender: Recommender
    folder: StripFolder
    options: StripOptions
    not_shown: Counter[str] = field(default_factory=Counter)

    def write(self) -> StripReport:
        check_strip(self.folder.path)
        count = len(self.recommender)
        if not self._shown:
            raise StripError(
                "No product can be shown: none is in stock and has a page in the shop. Give the address of the search"
                " page (--app), or build the index with --link-column or --link-template."
            )
        self.folder.write(SCRIPT, files("recsys.build.strip").joinpath(SCRIPT).read_bytes())
        facts = {row: self._facts(row) for row in self._progress(self._shown, "Pictures")}
        strips = sum(self._write_similar(row, facts) for row in self._progress(range(count), "Strips"))
        removed = self.folder.remove_others()
        return StripReport(count, strips, dict(self.not_shown), self.folder.written, self.folder.unchanged, removed)

    @cached_property
    def _shown(self) -> dict[int, str]:
        """The products that a strip may show: row → the page that it leads to."""
        shown = {}
        for row, item in enumerate(self.recommender.items):
            link = self._link(item)
            if address(item.id) is None:
                self.not_shown[LONG_ID] += 1
            elif item.offer and item.offer.availability == OUT_OF_STOCK:
                self.not_shown[SOLD_OUT] += 1
            elif link is None:
                self.not_shown[NO_PAGE] += 1
            else:
                shown[row] = link
        return shown

    def _link(self, item: Item) -> str | None:
        """The product's page in the shop, or else in the app."""
        if item.offer and item.offer.url:
            return item.offer.url
        return f"{self.options.app.rstrip('/')}/?product={quote(item.id, safe='')}" if self.options.app else None

    def _facts(self, row: int) -> dict[str, Any]:
        """What a strip shows of a product."""
        item = self.recommender.items[row]
        offer = item.offer or Offer()
        facts = {
            "id": item.id,
            "name": self._title(item),
            "link": self._shown[row],
            "picture": self._picture(item),
            "price": offer.amount,
            "before": offer.price if offer.sale_price is not None else None,
            "currency": offer.currency,
        }
        return {name: value for name, value in facts.items() if value is not None}

    def _title(self, item: Item) -> str:
        roles = self.recommender.items.roles
        values = (value for role in (roles.colour, roles.kind) if role for value in as_tuple(item.attributes.get(role)))
        return item.name or " ".join(values) or item.id

    def _picture(self, item: Item) -> str | None:
        """The address of a product's picture, relative to the script if it is a file, which is written."""
        if self.options.pictures:
            return self.options.pictures.replace(PLACE_OF_ID, quote(item.id, safe=""))
        data = self.recommender.thumbnail(item.id)
        ending = ENDINGS.get(media_type(data) or "")
        if ending is None:
            return None
        path = f"{address(item.id)}.{ending}"
        self.folder.write(path, data)
        return f"{path}?v={crc32(data):08x}"

    def _write_similar(self, row: int, facts: Mapping[int, dict[str, Any]]) -> bool:
        """Write the strip of a product. Returns whether there is anything to show in it."""
        item_id = self.recommender.items.ids[row]
        path, found = address(item_id), list(self._similar(row))[: self.options.count]
        if path is None or not found:
            return False
        content = {"id": item_id, "similar": [facts[other] for other in found]}
        self.folder.write(f"{path}.json", json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode())
        return True

    def _similar(self, row: int) -> Iterator[int]:
        """The products most like one, nearest first, in the order of the page's "More like this".

        A variant of the product itself is none of them. Of several variants of another one, the nearest that can be
        shown stands for it.
        """
        items, calibration = self.recommender.items, self.recommender.calibration
        wanted = CANDIDATES_PER_PRODUCT * self.options.count if len(self._shown) == len(items) else MAX_K
        least = calibration.threshold if calibration else None
        answer = self.recommender.similar(items.ids[row], min(wanted, MAX_K), min_similarity=least)
        rows = [row, *(items.row(match.item.id) for match in answer)]
        for places in self.recommender.variants.group_rows(rows)[1:]:
            of_product = (other for place in places for other in (rows[place], *items.group_rows(rows[place]).tolist()))
            yield from [other for other in of_product if other in self._shown][:1]

    @staticmethod
    def _progress(rows: Any, what: str) -> Any:
        return tqdm(rows, what, unit=" products", disable=None)
