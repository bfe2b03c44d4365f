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
        given, named = (sum(map(len, each)) for each in (self._given, self.pictures.further[: len(self.products)]))
        if named > given:
            reason = "they are links without a file in the folder, and the first pictures are files"
            yield f"{named - given:,} further pictures are left out because {reason}"
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
        return [[path for path in paths if path not in self._shared] for paths in self._given]

    @cached_property
    def _given(self) -> Sequence[Sequence[str]]:
        """The further pictures that this build can read: files, and links where first pictures are links too."""
        further = self.pictures.further[: len(self.products)]
        return further if self._has_links else [[path for path in paths if not is_link(path)] for paths in further]

    @cached_property
    def _has_links(self) -> bool:
        return any(is_link(path) for path in self.pictures.paths.to_pylist())

    @cached_property
    def _shared(self) -> set[str]:
        product = self.products.product_of.tolist()
        pairs = {(product[row], path) for row, paths in enumerate(self._given) for path in paths}
        counts = Counter(path for _, path in pairs)
        return {path for path, count in counts.items() if count >= MIN_SHARED}
