"""What a recommender is made of: the encoder, the searcher and the items of an index, and what is derived from them."""

from __future__ import annotations

import logging
from functools import cached_property

from recsys.core.calibration import Calibration
from recsys.core.crops import CropCalibration
from recsys.core.items import Items
from recsys.core.large import is_large
from recsys.core.reranking import Ranking
from recsys.core.same_pictures import SamePictures
from recsys.core.storefront import Storefront
from recsys.recommend.options import SearchOptions
from recsys.recommend.outfit import Stylist
from recsys.recommend.picture_part import PartChooser
from recsys.recommend.search import Search
from recsys.recommend.steering import Steering
from recsys.recommend.variants import Variants
from recsys.recommend.word_search import WordSearch
from recsys.runtime.once import once
from recsys.types import ImageEncoder, IndexAssets, Origin, Searcher, TextEncoder
from recsys.words.query import QueryReader
from recsys.words.synonyms import Synonyms

logger = logging.getLogger(__name__)


class Shop:
    """The parts of a recommender. Those that are derived are made when they are first needed."""

    def __init__(
        self,
        encoder: ImageEncoder,
        searcher: Searcher,
        items: Items,
        assets: IndexAssets,
        origin: Origin,
        calibration: Calibration | None = None,
        crops: CropCalibration | None = None,
        ranking: Ranking | None = None,
        storefront: Storefront | None = None,
        text_tower: TextEncoder | None = None,
        synonyms: Synonyms | None = None,
    ):
        self.encoder, self.searcher, self.items = encoder, searcher, items
        self.assets, self.origin, self.calibration = assets, origin, calibration
        self.crops, self.ranking, self.storefront = crops, ranking, storefront or Storefront()
        self.text_tower, self.synonyms = text_tower, synonyms or Synonyms.read()

    def __len__(self) -> int:
        return len(self.items)

    def __repr__(self) -> str:
        revision = f" @ {self.origin.revision[:7]}" if self.origin.revision else ""
        attributes = ", ".join(self.items.all_columns) or "no attributes"
        served = f"{self.origin.name}{revision}, {len(self):,} products of {self.origin.dataset}"
        return f"<Recommender: {served}, with {attributes}>"

    def prepare(self) -> None:
        """Make all that answers need beside the index. In a large catalogue this takes seconds, or a minute."""
        for part in (self._pictures, self.query_reader, self.variants, self.stylist):
            logger.debug("Prepared %s", type(part).__name__)

    @once
    def stylist(self) -> Stylist:
        """Completes outfits, and tells which slots a product fills."""
        return Stylist(self.items, self.searcher)

    @once
    def variants(self) -> Variants:
        """Tells which products are one product in several colours or pictures."""
        return Variants(self.items, self.searcher)

    @cached_property
    def _steering(self) -> Steering:
        return Steering(self.items, self.searcher)

    @property
    def _chooser(self) -> PartChooser:
        return PartChooser(self.encoder, self.searcher, self.calibration, self.crops)

    @once
    def _pictures(self) -> SamePictures:
        numbers = self.assets.picture_numbers if is_large(len(self.items)) else None
        if numbers is None:
            return SamePictures.of_searcher(self.items, self.searcher)
        return SamePictures.from_hashes(self.items, numbers)

    @once
    def query_reader(self) -> QueryReader:
        """Understands texts. Where the index does not hold the words of its products, they are indexed at first."""
        look_words = self.text_tower.words if self.text_tower else frozenset()
        return QueryReader(self.items, self.synonyms, look_words, self.assets.full_text)

    def _search_for(self, options: SearchOptions) -> Search | WordSearch:
        return WordSearch(self._search, self.query_reader, self.text_tower) if options.text else self._search

    @property
    def _search(self) -> Search:
        shop = (self.encoder, self.searcher, self.items, self.assets)
        return Search(*shop, self.calibration, self._steering, self._pictures, self.crops, self.ranking)
