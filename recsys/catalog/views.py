"""The further pictures of a catalogue's products, as products of their own that a build can embed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import cached_property

from recsys.catalog.pictures import Pictures
from recsys.catalog.remote import is_link
from recsys.core.items import Items
from recsys.errors import PictureError
from recsys.types import Product

MAX_VIEWS = 20
"""The most further pictures of one product. The others are left out and counted."""
MIN_SHARED = 4
"""A picture that this many products name shows none of them: it is a table of sizes, say, and is left out."""


@dataclass(frozen=True, eq=False)
class FurtherPictures:
    """The further pictures of the products, in their order. It can be iterated any number of times."""

    products: Items
    pictures: Pictures

    def __len__(self) -> int:
        return len(self._named)

    def __iter__(self) -> Iterator[Product]:
        """Each picture with the item of its product."""
        links = [path for _, path in self._named if is_link(path)]
        with closing(self.pictures.fetcher.fetch_all(links)) as fetched:
            for row, path in self._named:
                found = next(fetched)[1] if is_link(path) else self.pictures.read_at(row, path)
                item = self.products[row]
                yield Product(item, None, str(found)) if isinstance(found, PictureError) else Product(item, found)

    @property
    def notes(self) -> Iterator[str]:
        """What is left out and why."""
        if self._shared:
            reason = f"many products share them, such as {sorted(self._shared)[0]!r}"
            yield f"{len(self._shared):,} further pictures are left out because {reason}"
        if over := sum(max(len(each) - MAX_VIEWS, 0) for each in self._own):
            yield f"{over:,} further pictures are left out because a product has more than {MAX_VIEWS}"

    @cached_property
    def _named(self) -> Sequence[tuple[int, str]]:
        """The row of each further picture, and the file or link."""
        return [(row, path) for row, paths in enumerate(self._own) for path in paths[:MAX_VIEWS]]

    @cached_property
    def _own(self) -> Sequence[Sequence[str]]:
        """The further pictures of each product that few other products share."""
        further = self.pictures.further[: len(self.products)]
        return [[path for path in paths if path not in self._shared] for paths in further]

    @cached_property
    def _shared(self) -> set[str]:
        further, product = self.pictures.further[: len(self.products)], self.products.product_of.tolist()
        counts = Counter(
            path for _, path in {(product[row], path) for row, paths in enumerate(further) for path in paths}
        )
        return {path for path, count in counts.items() if count >= MIN_SHARED}
