"""A real Milvus server: the graph that it searches by, and what happens where it fails."""

import contextlib
import json
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from recsys import errors
from recsys.core.items import Items
from recsys.core.linalg import unit
from recsys.core.ranking import recall_at_k
from recsys.recommend.recommender import Recommender
from recsys.serving.open import open_recommender
from recsys.settings import Settings
from testkit.fake_shop import ExactSearcher, draw

pytest.importorskip("pymilvus", reason="pymilvus is not installed: pip install -r requirements-scale.txt")

from recsys.stores.milvus import (
    IndexCollection,
    Milvus,
    MilvusSearcher,
    MilvusStore,
    delete,
    load,
    plan,
    tuning,
    upload,
)
from recsys.stores.milvus.facts import LOADED_PROPERTY, properties
from tests.support.milvus_shop import load_folder

CAP = draw("Caps", "#b3262e")
COUNT, DIM = 12_000, 32
ERROR_S = 5.0
RECOVERY_S = 60.0


@pytest.fixture
def running(milvus_server):
    """The server, which runs before and after the test."""
    milvus_server.start()
    yield milvus_server
    milvus_server.start()


@pytest.fixture
def milvus(running):
    return Milvus(running.uri, running.token)


@pytest.fixture
def shop(index, running, milvus):
    """A recommender over a collection of its own on the server."""
    collection = load_folder(milvus, index)
    yield Recommender.from_pretrained(index, device="cpu", store=MilvusStore(running.uri, running.token))
    running.start()
    with contextlib.suppress(errors.StoreError):
        delete(Milvus(running.uri, running.token), collection.name)


@pytest.fixture(scope="module")
def large():
    """Clusters of forty, sorted by kind. Every kind has clusters of its own, so a filter on it is far from most."""
    rng = np.random.default_rng(3)
    vectors = unit(np.repeat(rng.normal(size=(COUNT // 40, DIM)), 40, axis=0) + 0.5 * rng.normal(size=(COUNT, DIM)))
    kinds = [str(10 * row // COUNT) for row in range(COUNT)]
    half = [str(row % 2) for row in range(COUNT)]
    items = Items([str(row) for row in range(COUNT)], [None] * COUNT, {"kind": kinds, "half": half})
    return items, ExactSearcher(vectors.astype(np.float32), items)


def fails(shop, error):
    """The shop fails with this error, in time."""
    started = time.monotonic()
    with pytest.raises(error):
        shop.recommend(CAP)
    assert time.monotonic() - started < ERROR_S


def recovers(shop):
    end = time.monotonic() + RECOVERY_S
    while time.monotonic() < end:
        with contextlib.suppress(errors.StoreError):
            assert len(shop.recommend(CAP)) == 5
            return
    raise AssertionError("the shop does not recover")


class TestGraph:
    def test_it_reaches_its_recall_and_few_that_pass_are_exact(self, milvus, large, monkeypatch):
        monkeypatch.setattr(upload, "BATCH_BYTES", 4 * DIM * 2_000)
        monkeypatch.setattr(upload, "BATCHES_PER_MARK", 2)
        monkeypatch.setattr(plan, "MAX_EXACT_ROWS", 1_000)
        items, local = large
        collection = IndexCollection("shop_graph", "1" * 32)
        made = load(milvus, collection, items, local)
        try:
            assert made.kind == "HNSW" and [way.share for way in made.ways] == [1.0, 0.5, 0.3, 0.2, 0.1]
            assert all(way.recall >= 0.993 for way in made.ways)
            searcher = MilvusSearcher(milvus, collection, items, local)
            assert searcher.plan == made
            noise = 0.06 * np.random.default_rng(5).normal(size=(100, DIM))
            queries = unit(local.matrix[::120] + noise).astype(np.float32)
            for where in (None, {"half": "1"}, {"kind": "3"}):
                assert recall_at_k(searcher.search(queries, 10, where)[1], local.search(queries, 10, where)[1]) >= 0.99
            few = {"kind": "3", "half": "1"}
            for found, exact in zip(searcher.search(queries, 10, few), local.search(queries, 10, few), strict=True):
                np.testing.assert_allclose(found, exact, atol=1e-6)
        finally:
            delete(milvus, collection.name)

    def test_another_kind_of_index_replaces_the_collection(self, milvus, large):
        items, local = large
        small = Items(items.ids[:500], items.names[:500], {})
        collection = IndexCollection("shop_kind", "2" * 32)
        held = ExactSearcher(local.matrix[:500], small)
        try:
            assert load(milvus, collection, small, held).kind == "FLAT"
            assert load(milvus, collection, small, held, "HNSW").kind == "HNSW"
            assert load(milvus, collection, small, held).kind == "HNSW"
        finally:
            delete(milvus, collection.name)


class TestFaults:
    def test_a_server_that_is_killed_in_a_query_and_restarted(self, shop, running):
        with ThreadPoolExecutor(1) as pool:
            asked = pool.submit(lambda: [shop.recommend(CAP) for _ in range(10_000)])
            time.sleep(0.5)
            killed = time.monotonic()
            running.kill()
            with pytest.raises(errors.StoreDownError):
                asked.result()
            assert time.monotonic() - killed < ERROR_S
        fails(shop, errors.StoreDownError)
        running.start()
        recovers(shop)

    def test_a_load_whose_server_is_killed_is_continued(self, milvus, running, large, monkeypatch):
        monkeypatch.setattr(upload, "BATCH_BYTES", 4 * DIM * 500)
        monkeypatch.setattr(upload, "BATCHES_PER_MARK", 4)
        items, local = large
        collection, written = IndexCollection("shop_killed", "3" * 32), []
        send = upload._send

        def killing(milvus, name, items, searcher, call, rows):
            if len(written) == 10:
                running.kill()
            written.append(rows)
            return send(milvus, name, items, searcher, call, rows)

        monkeypatch.setattr(upload, "_send", killing)
        monkeypatch.setattr(upload, "WRITE_TIMEOUT_S", 4.0)
        started = time.monotonic()
        with pytest.raises(errors.StoreDownError):
            load(milvus, collection, items, local)
        assert time.monotonic() - started < 30
        running.start()
        monkeypatch.undo()
        monkeypatch.setattr(upload, "BATCH_BYTES", 4 * DIM * 500)
        again = []
        monkeypatch.setattr(upload, "_send", lambda *call: again.append(call[-1]) or send(*call))
        try:
            marked = int(properties(milvus, collection.name)[LOADED_PROPERTY])
            assert marked in (4, 8), "the server forgets its last seconds when it is killed"
            with pytest.raises(errors.StoreMissingError):
                MilvusSearcher(milvus, collection, items, local)
            load(milvus, collection, items, local)
            assert len(again) == 24 - marked
            searcher = MilvusSearcher(milvus, collection, items, local)
            found = searcher.search(local.matrix[::50], 1)[0][:, 0]
            missed = np.count_nonzero(found != np.arange(0, COUNT, 50))
            assert missed < 5, "a batch that is not there is missed ten times, and the graph misses one in a hundred"
        finally:
            delete(milvus, collection.name)

    def test_a_server_that_is_slow(self, index, running, milvus):
        load_folder(milvus, index)
        with SlowProxy(running.port) as proxy:
            uri = f"http://127.0.0.1:{proxy.port}"
            shop = open_recommender(Settings(index_dir=index, store_uri=uri, store_token=running.token))
            assert len(shop.recommend(CAP)) == 5
            proxy.delay_s = 20.0
            fails(shop, errors.StoreDownError)
            proxy.delay_s = 0.0
            recovers(shop)

    def test_a_token_that_is_wrong(self, index, running, milvus):
        load_folder(milvus, index)
        started = time.monotonic()
        with pytest.raises(errors.StoreTokenError, match="refuses the token"):
            open_recommender(Settings(index_dir=index, store_uri=running.uri, store_token="root:wrong"))
        assert time.monotonic() - started < ERROR_S

    def test_a_collection_that_is_dropped_and_loaded_again(self, shop, milvus, index):
        delete(milvus, shop.searcher._collection)
        fails(shop, errors.StoreMissingError)
        load_folder(milvus, index)
        recovers(shop)

    @pytest.mark.parametrize(
        ("passing", "effort"),
        [(90_000, 128), (50_000, 128), (49_500, 128), (40_000, 512), (20_000, 512), (10_000, None), (14_000, None)],
    )
    def test_a_filter_is_answered_as_one_that_passes_less_was_measured(self, passing, effort):
        ways = ((1.0, 64), (0.5, 128), (0.2, 512), (0.1, None))
        made = plan.Plan("HNSW", tuple(plan.Way(share, effort, 1.0, 1.0) for share, effort in ways))
        assert made.effort(passing, 100_000, is_filtered=True) == effort
        assert plan.Plan.from_properties({plan.PLAN_PROPERTY: made.to_property()}) == made

    def test_more_is_requested_where_no_filter_that_passes_as_little_was_measured(self):
        made = plan.Plan("HNSW", (plan.Way(1.0, 64, 1.0, 1.0), plan.Way(0.4, 512, 1.0, 1.0)))
        assert made.effort(400_000, 10**6, is_filtered=True) == 512
        assert 1000 <= made.effort(200_000, 10**6, is_filtered=True) <= 1024
        assert made.effort(60_000, 10**6, is_filtered=True) is None

    def test_the_filters_that_are_measured_pass_their_shares(self, monkeypatch):
        monkeypatch.setattr(plan, "MAX_EXACT_ROWS", 10)
        codes = np.arange(1000) % 20
        items = Items(
            [str(row) for row in range(1000)],
            [None] * 1000,
            {"of 20": [str(code) for code in codes], "rare": [str(row == 7) for row in range(1000)]},
        )
        found = tuning._filters(items)
        assert [share for share, _ in found] == [0.5, 0.3, 0.2, 0.15, 0.1]
        assert all(len(items.passing(where)) / 1000 == share for share, where in found)
        assert tuning._filters(Items(["1"], [None], {})) == []
        monkeypatch.setattr(plan, "MAX_EXACT_ROWS", 300)
        assert [share for share, _ in tuning._filters(items)] == [0.5], "what is always exact needs no measurement"

    def test_a_plan_that_an_older_version_did_not_write_is_an_exact_search(self):
        assert plan.Plan.from_properties({}).kind == "FLAT"
        stored = {plan.PLAN_PROPERTY: json.dumps({"kind": "DISKANN", "ways": []})}
        assert plan.Plan.from_properties(stored).parameters(None, 30) == {"params": {"search_list": 30}}


class SlowProxy:
    """Passes connections on to a server, and each part of an answer after a delay."""

    def __init__(self, port):
        self._to, self.delay_s = port, 0.0

    def __enter__(self):
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *error):
        self._listener.close()

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                server = socket.create_connection(("127.0.0.1", self._to))
                for source, target, is_answer in ((client, server, False), (server, client, True)):
                    threading.Thread(target=self._pump, args=(source, target, is_answer), daemon=True).start()

    def _pump(self, source, target, is_answer):
        with contextlib.suppress(OSError), source, target:
            while data := source.recv(65536):
                arrived = time.monotonic()
                while is_answer and time.monotonic() < arrived + self.delay_s:
                    time.sleep(0.05)
                target.sendall(data)
