"""Products that share a picture: one row for each size, and a placeholder for a missing picture."""

from dataclasses import replace

import numpy as np
import pytest

from recsys.core.calibration import Calibration
from recsys.core.items import Items
from recsys.core.same_pictures import SamePictures
from recsys.recommend.recommender import Recommender
from recsys.types import Origin
from testkit.fake_shop import COLOURS, ExactSearcher, Pictures, ThumbnailEncoder, draw, fake_shop

CALIBRATION = Calibration("articleType", (0.0, 1.0), (0.0, 0.9), threshold=0.97, refused=0.05, queries=60, nearest=5)


def shop_of(rows, placeholders=()):
    """The fake shop with these rows of it, the last ones of which show the same grey picture."""
    whole = fake_shop()
    encoder, attributes = ThumbnailEncoder(), list(whole.items.columns)
    grey = encoder.encode([draw("Caps", "#999999")])[0]
    items = [replace(whole.items[row], id=f"{place}") for place, row in enumerate([*rows, *placeholders])]
    vectors = np.concatenate([whole.searcher.vectors(rows), np.tile(grey, (len(placeholders), 1))])
    columns = Items.from_items(items, attributes)
    searcher = ExactSearcher(vectors, columns)
    return Recommender(encoder, searcher, columns, Pictures([b""] * len(items)), Origin("x", "x"), CALIBRATION)


ROWS = list(range(30))
QUERIES = [draw(kind, colour) for kind in ("Dresses", "Caps", "Watches") for colour in COLOURS.values()]


def test_five_rows_of_a_picture_are_as_close_and_as_described_as_one():
    single, sizes = shop_of(ROWS), shop_of([row for row in ROWS for _ in range(5)])
    for picture in QUERIES:
        one, five = single.recommend(picture, 5), sizes.recommend(picture, 25)
        assert one.close == five.close
        assert [guess.value for guess in five.seen.values()] == [guess.value for guess in one.seen.values()]
        assert [match.confidence for match in one] == pytest.approx([match.confidence for match in five[::5]])
    assert {single.recommend(picture, 5).close for picture in QUERIES} == {True, False}


def test_a_placeholder_is_found_out_by_the_kinds_that_share_it():
    pictures = shop_of(ROWS, placeholders=range(30, 36))._pictures
    assert pictures.is_placeholder.tolist() == [False] * 30 + [True] * 6
    assert pictures.distinct.tolist() == ROWS
    sizes_alone = shop_of([row for row in ROWS for _ in range(5)])._pictures
    assert not sizes_alone.is_placeholder.any() and len(sizes_alone.distinct) == 30


def test_a_placeholder_is_not_trusted():
    shop = shop_of(ROWS, placeholders=range(30, 50))
    answer = shop.recommend(draw("Caps", "#999999"), 50)
    assert [int(match.item.id) >= 30 for match in answer] == [False] * 30 + [True] * 20
    assert [match.confidence for match in answer[30:]] == [None] * 20
    assert shop.similar("40").close is False


def test_without_kinds_a_placeholder_is_found_out_by_the_names():
    vectors = np.tile(np.eye(4, dtype=np.float32)[0], (8, 1))
    ids = list("abcdefgh")
    assert SamePictures.find(Items(ids, [f"Product {id}" for id in ids], {}), vectors).is_placeholder.all()
    assert not SamePictures.find(Items(ids, ["Shirt"] * 8, {}), vectors).is_placeholder.any()
