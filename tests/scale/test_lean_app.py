"""An app whose copy of the index has no vectors: Milvus has them, and the answers are the same."""

import shutil

import numpy as np
import pytest

from recsys.core import large
from recsys.core.items import Items
from recsys.encoder import Encoder
from recsys.errors import IndexDamagedError, IndexFolderError, StoreError
from recsys.format.layout import sample_index
from recsys.hub import push
from recsys.index.folder import NOT_IN_STORE, IndexFolder
from recsys.index.opening import open_folder
from recsys.recommend.recommender import Recommender
from recsys.serving.open import open_recommender
from recsys.settings import Settings
from recsys.types import Offer
from testkit.fake_shop import ExactSearcher, draw

pytest.importorskip("pymilvus", reason="pymilvus is not installed: pip install -r requirements-scale.txt")

from recsys.stores.milvus import IndexCollection, Milvus, MilvusSearcher, MilvusStore, load, searcher, vectors
from recsys.stores.milvus.vectors import StoredVectors
from tests.support.milvus_shop import load_folder

COUNT, DIM = 600, 16


@pytest.fixture(scope="module")
def uri(tmp_path_factory):
    return str(tmp_path_factory.mktemp("milvus") / "shop.db")


@pytest.fixture(scope="module")
def shops(uri, tmp_path_factory):
    """The sample shop with its vectors, and one whose folder has none and that Milvus searches."""
    lean = tmp_path_factory.mktemp("lean") / "shop"
    shutil.copytree(sample_index(), lean)
    load_folder(Milvus(uri), lean)
    for name in NOT_IN_STORE:
        (lean / name).unlink()
    encoder = Encoder.from_pretrained(sample_index(), device="cpu")
    stored = open_folder(lean, MilvusStore(uri))
    assert not stored.folder.has_vectors
    return Recommender.from_index(open_folder(sample_index()), encoder), Recommender.from_index(stored, encoder)


def same(answers):
    one, other = answers
    assert [match.item.id for match in one] == [match.item.id for match in other] and len(one)
    assert [match.similarity for match in one] == pytest.approx([match.similarity for match in other], abs=1e-5)
    assert one.close == other.close


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"where": {"gender": "Women"}},
        {"but": {"baseColour": "Blue"}},
        {"text": "not black"},
        {"text": "blue", "diversity": 0.5},
        {"offset": 20},
    ],
    ids=str,
)
def test_answers_are_the_same(shops, query):
    item = shops[0].items.ids[7]
    same([shop.recommend(draw("Caps", "#b3262e"), 10, **query) for shop in shops])
    same([shop.similar(item, 10, **query) for shop in shops])
    same([shop.for_you([item, shops[0].items.ids[40]], 10) for shop in shops])
    same([shop.recommend(text="shirts", k=10) for shop in shops])


def test_variants_and_outfits_are_the_same(shops):
    one, other = shops
    for item in list(one.items)[::60]:
        assert one.variants.of(item.id) == other.variants.of(item.id)
        if one.stylist.has_looks(item.id):
            assert one.complete_the_look(item_id=item.id) == other.complete_the_look(item_id=item.id)


@pytest.mark.parametrize("listed", [7, 10_000])
@pytest.mark.parametrize("few", [True, False])
def test_a_filter_that_milvus_does_not_know_is_answered_by_it(uri, monkeypatch, listed, few):
    monkeypatch.setattr(searcher, "LISTED_ROWS", listed)
    monkeypatch.setattr(vectors, "MAX_READ", 50)
    monkeypatch.setattr(vectors, "MAX_KEPT", 60)
    rng = np.random.default_rng(1)
    prices = [Offer(float(price), availability="in stock") for price in rng.integers(100, size=COUNT)]
    sizes = [tuple(rng.choice(["S", "M", "L"], 2, replace=False)) for _ in range(COUNT)]
    items = Items([f"i{row}" for row in range(COUNT)], [None] * COUNT, {"size": sizes}, offers=prices)
    drawn = rng.normal(size=(COUNT, DIM)).astype(np.float32)
    local = ExactSearcher(drawn / np.linalg.norm(drawn, axis=1, keepdims=True), items)
    milvus, collection = Milvus(uri), IndexCollection("shop_prices", "3" * 32)
    load(milvus, collection, items, local)
    remote = MilvusSearcher(milvus, collection, items, StoredVectors(milvus, collection.name, DIM))
    for where in ({"price": {"max": 2 if few else 60}}, {"size": "S", "in_stock": True}, {"price": {"min": 1000}}):
        found, exact = (search.search(local.matrix[:5], 10, where) for search in (remote, local))
        np.testing.assert_array_equal(found[0], exact[0])
        np.testing.assert_allclose(found[1], exact[1], atol=1e-6)
    np.testing.assert_array_equal(remote.vectors([3, 500, 3]), local.vectors([3, 500, 3]))
    with pytest.raises(StoreError, match="returned 0 of 1 vectors"):
        StoredVectors(milvus, collection.name, DIM).vectors([COUNT])


def test_of_a_large_index_on_the_hub_the_vectors_are_not_downloaded(index, hub, uri, monkeypatch):
    monkeypatch.setattr(large, "LARGE_COUNT", 10)
    name = hub.new_name()
    push(index, name)
    load_folder(Milvus(uri), index)
    shop = open_recommender(Settings(index_repo=name, index_dir=index, store_uri=uri))
    assert shop.origin.notice is None and shop.origin.name == name
    assert len(shop.recommend(draw("Caps", "#b3262e"))) == 5
    assert not [file for file in NOT_IN_STORE if (shop.assets.path / file).exists()]
    hub.stop()
    again = open_recommender(Settings(index_repo=name, index_dir=index, store_uri=uri))
    assert again.origin.name == name and "last worked" in str(again.origin.notice)


def test_without_a_store_the_vectors_are_needed(index):
    (index / "vectors.ann").unlink()
    with pytest.raises(IndexDamagedError, match="vectors.ann is missing"):
        IndexFolder.open(index)
    with pytest.raises(IndexFolderError, match="without its vectors"):
        _ = IndexFolder.open(index, in_store=True).searcher
