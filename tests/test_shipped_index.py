"""The sample shop in index/, as it is in the repository."""

from itertools import islice
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from recsys import Recommender
from recsys.core.ranking import recall_at_k
from recsys.format.layout import TOWER, TOWER_WEIGHTS
from recsys.images.decode import decode
from recsys.index.folder import IndexFolder
from sample_shop import products

INDEX = Path(__file__).parents[1] / "index"
LIMIT_MB = 8
TOWER_LIMIT_MB = 4


@pytest.fixture(scope="module")
def folder():
    return IndexFolder.open(INDEX)


@pytest.fixture(scope="module")
def shop():
    return Recommender.from_pretrained(str(INDEX))


def test_its_encoder_is_small_and_complete(folder):
    assert folder.manifest.encoder.source is None
    sizes = {path.name: path.stat().st_size for path in (INDEX / "encoder").iterdir()}
    compiled = sum(sizes.pop(name) for name in ("compiled.xml", "compiled.bin"))
    text_tower = sum(sizes.pop(name, 0) for name in (TOWER, TOWER_WEIGHTS))
    assert text_tower <= TOWER_LIMIT_MB * 10**6
    assert max(sum(sizes.values()), compiled) <= LIMIT_MB * 10**6


@pytest.mark.slow
def test_it_is_the_shop_that_the_code_draws(folder):
    assert len(folder.items) == 480
    for row, product in enumerate(islice(products(), 60)):
        assert folder.items[row] == product.item
        drawn, stored = (np.asarray(decode(data), float) for data in (product.picture, folder.thumbnail(row)))
        assert np.abs(drawn - stored).mean() < 0.5


def test_every_product_finds_itself_first(shop):
    for row in range(0, len(shop.items), 5):
        best = shop.recommend(decode(shop.thumbnail(shop.items.ids[row])), k=1)[0]
        twin = pytest.approx(1, abs=1e-4)
        assert best.item.id == shop.items.ids[row] or best.similarity == twin


def test_a_photo_of_a_shirt_is_described_and_finds_topwear(shop):
    answer = shop.recommend(Image.open(INDEX.parent / "docs" / "shirt.jpg"), k=5)
    assert answer.close
    assert answer.seen["subCategory"].value == "Topwear"
    assert {match.item.attributes["subCategory"] for match in answer} == {"Topwear"}
    assert all(0 <= match.confidence <= 1 for match in answer)


def test_noise_is_close_to_nothing(shop):
    noise = np.random.default_rng(0).integers(0, 256, (120, 90, 3), dtype=np.uint8)
    answer = shop.recommend(Image.fromarray(noise), k=3)
    assert answer.close is False
    assert [match.confidence for match in answer] == [None] * 3


def test_its_search_is_as_good_as_it_states(folder):
    queries = folder.searcher.vectors(range(0, 480, 7))
    _, found = folder.searcher.search(queries, 10)
    assert recall_at_k(found, folder.searcher.exact(queries, 10)[1]) >= 0.98


@pytest.mark.slow
def test_drawings_that_it_has_not_seen_find_their_own_type(shop):
    right = total = 0
    for product in products(80, seed=77):
        for match in shop.recommend(decode(product.picture), k=5):
            right += match.item.attributes["articleType"] == product.item.attributes["articleType"]
            total += 1
    assert right / total > 0.75
