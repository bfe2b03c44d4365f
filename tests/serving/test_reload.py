"""A newer index takes the place of the one that is served, or does not, while requests go on."""

from __future__ import annotations

import gc
import json
import random
import re
import shutil
import threading
import time
import weakref
from dataclasses import replace

import httpx
import numpy as np
import pytest

from recsys.core.items import Items
from recsys.errors import EncoderError, QueryError, RecsysError
from recsys.hub import Snapshot, push
from recsys.hub import client as hub_client
from recsys.index.annoy import AnnoySearcher
from recsys.index.folder import IndexFolder
from recsys.recommend.recommender import Recommender
from recsys.serving import reload
from recsys.serving.live import LiveRecommender
from recsys.serving.open import open_recommender
from recsys.serving.reload import Reloader
from recsys.settings import RELOAD_SECONDS, Settings
from recsys.types import Item, Origin
from recsys.web.page.handlers import PageHandlers
from recsys.web.page.state import PageOptions, Query
from recsys.web.server import thumbnails
from testkit.fake_shop import ExactSearcher, Pictures, ThumbnailEncoder, draw, encoded, fake_shop
from testkit.hub_faults import FAULTS, READER, deleted, private
from testkit.small_shop import write_encoder
from tests.support.serving import serving

CAP = draw("Caps", "#b3262e")


def build(pictures, encoder, output):
    from recsys.build.pipeline import build_index
    from recsys.catalog import Catalog
    from recsys.encoder import Encoder

    build_index(Catalog.open(str(pictures)), Encoder.from_pretrained(encoder), output)
    return output


@pytest.fixture(scope="module")
def fewer(pictures, encoder_folder, tmp_path_factory):
    """The same shop by the same encoder, without its watches."""
    folder = tmp_path_factory.mktemp("fewer")
    catalogue = shutil.copytree(pictures, folder / "drawn-shop", ignore=shutil.ignore_patterns("Watches"))
    return build(catalogue, encoder_folder, folder / "shop")


@pytest.fixture(scope="module")
def seen_otherwise(pictures, tmp_path_factory):
    """The same shop by another encoder."""
    folder = tmp_path_factory.mktemp("other")
    return build(pictures, write_encoder(folder / "encoder", seed=1), folder / "shop")


@pytest.fixture
def impatient(monkeypatch):
    """A Hub that fails is given up at once."""
    for name, seconds in {"OUTAGE_AFTER_S": 0.2, "READ_TIMEOUT_S": 0.3, "MIN_READ_TIMEOUT_S": 0.2}.items():
        monkeypatch.setattr(hub_client, name, seconds)


@pytest.fixture
def serve(hub):
    """Serve what the settings name: the shop, and what renews it, which is stopped in the end."""
    reloaders = []

    def start(settings):
        shop = LiveRecommender(open_recommender(settings))
        reloaders.append(Reloader(shop, settings))
        return shop, reloaders[-1]

    yield start
    for reloader in reloaders:
        reloader.stop()


@pytest.fixture
def published(index, hub, tmp_path):
    """An index on the Hub: the settings that name it. The folder that would stand in for it is another."""
    name = hub.new_name()
    push(index, name)
    return Settings(index_repo=name, index_dir=index, token="hf_test")


@pytest.fixture
def served(published, serve):
    """The index of the Hub, served: shop, reloader, and the name of the repository."""
    shop, reloader = serve(published)
    assert len(shop.current.recommend(CAP)) == 5
    return shop, reloader, published.index_repo


class TestNewer:
    def test_nothing_happens_at_the_cost_of_one_request_where_nothing_is_newer(self, served, hub):
        shop, reloader, name = served
        serving = shop.current
        hub.requests.clear()
        assert not reloader.check()
        assert shop.current is serving
        assert hub.requests == [f"GET /api/datasets/{name}/revision/main"]

    def test_a_newer_index_is_served_to_the_next_request_and_the_running_one_ends_with_the_old(self, served, fewer):
        shop, reloader, name = served
        running = shop.current
        commit = push(fewer, name)
        assert reloader.check()
        assert (shop.current.origin.revision, shop.current.origin.notice, len(shop.current.items)) == (
            commit.revision,
            None,
            25,
        )
        assert len(running.recommend(CAP)) == len(shop.current.recommend(CAP)) == 5
        assert len(running.items) == 30 and running.thumbnail("Watches/Red")
        with pytest.raises(QueryError, match="There is no item"):
            shop.current.thumbnail("Watches/Red")

    def test_an_encoder_that_stays_the_same_is_not_loaded_again(self, served, fewer, monkeypatch):
        shop, reloader, name = served
        encoder = shop.current.encoder
        push(fewer, name)
        assert reloader.check()
        assert shop.current.encoder is encoder

    def test_another_encoder_comes_with_its_index(self, served, seen_otherwise):
        shop, reloader, name = served
        before = shop.current.embed(CAP)
        push(seen_otherwise, name)
        assert reloader.check()
        assert not np.allclose(shop.current.embed(CAP), before)
        assert (
            shop.current.recommend(CAP)[0].item.id
            == Recommender.from_pretrained(seen_otherwise).recommend(CAP)[0].item.id
        )

    def test_it_is_the_last_good_copy_from_then_on(self, served, published, hub, fewer, impatient):
        _, reloader, name = served
        commit = push(fewer, name)
        reloader.check()
        hub.stop()
        assert open_recommender(published).origin.revision == commit.revision

    def test_the_thread_finds_it_by_itself_and_ends(self, published, serve, fewer):
        shop, reloader = serve(replace(published, reload_seconds=0.05))
        reloader.start()
        commit = push(fewer, published.index_repo)
        assert within(20, lambda: shop.current.origin.revision == commit.revision)
        reloader.stop()
        assert within(20, lambda: "reload" not in [thread.name for thread in threading.enumerate()])

    @pytest.mark.parametrize("settings", [Settings(), Settings(index_repo="me/shop", reload_seconds=0)])
    def test_no_thread_runs_where_there_is_nothing_to_ask(self, settings):
        Reloader(LiveRecommender(fake_shop()), settings).start()
        assert "reload" not in [thread.name for thread in threading.enumerate()]


class TestWhatIsGivenBack:
    def test_the_memory_of_the_old_index_goes_with_its_last_request(self, served, fewer):
        shop, reloader, name = served
        running = shop.current
        parts = [weakref.ref(part) for part in (running, running.items, running.searcher, running.assets)]
        push(fewer, name)
        reloader.check()
        gc.collect()
        assert all(part() is not None for part in parts)
        del running
        gc.collect()
        assert [part() for part in parts] == [None] * 4

    def test_nothing_of_the_app_itself_keeps_the_first_index(self, built, monkeypatch):
        import app

        def launched(shop, **options):
            parts = [weakref.ref(part) for part in (shop.current, shop.current.items, shop.current.searcher)]
            shop.swap(fake_shop())
            gc.collect()
            left.append([part() for part in parts])

        left = []
        monkeypatch.setenv("INDEX_DIR", str(built))
        monkeypatch.setattr("recsys.web.launch", launched)
        assert app.main([]) == 0
        assert left == [[None] * 3]

    def test_memory_and_disk_of_indexes_that_were_replaced_are_given_back_in_time(
        self, published, serve, fewer, seen_otherwise, monkeypatch
    ):
        monkeypatch.setattr(reload, "DRAIN_S", 0.0)
        shop, reloader = serve(replace(published, reload_seconds=0.05))
        shop.current.embed(CAP)
        reloader.start()
        folders, items = [shop.current.assets.path], weakref.ref(shop.current.items)
        gc.disable()  # so that what goes was made to
        for newer in (fewer, seen_otherwise):
            commit = push(newer, published.index_repo)
            assert within(20, lambda commit=commit: shop.current.origin.revision == commit.revision)
            folders.append(shop.current.assets.path)
        assert within(20, lambda: not folders[1].exists())
        gc.enable()
        assert items() is None
        reloader.stop()
        assert folders[0].exists() and folders[2].exists()
        IndexFolder.open(folders[2])
        IndexFolder.open(folders[0])

    def test_the_current_index_answers_as_usual_until_the_newer_one_is_served_and_spares_memory_then(
        self, served, fewer, monkeypatch
    ):
        def spared(searcher, is_sparing=True):
            found.append((searcher, is_sparing, shop.current.searcher is old))
            return usual(searcher, is_sparing)

        shop, reloader, name = served
        if not isinstance(shop.current.searcher, AnnoySearcher):
            pytest.skip("Milvus has the vectors in its own memory")
        old, found, usual = shop.current.searcher, [], AnnoySearcher.spare_memory
        monkeypatch.setattr(AnnoySearcher, "spare_memory", spared)
        before = shop.current.recommend(CAP)
        replaced = shop.current
        push(fewer, name)
        assert reloader.check()
        new = shop.current.searcher
        assert found == [(new, True, True), (old, True, False), (new, False, False)]
        assert [match.item for match in replaced.recommend(CAP)] == [match.item for match in before]

    def test_a_served_index_leaves_the_memory_when_its_last_request_ends(self, published, serve, fewer, tmp_path):
        shop, reloader = serve(published)
        with serving(shop, tmp_path):
            parts = [weakref.ref(part) for part in (shop.current, shop.current.items, shop.current.searcher)]
            shop.current.recommend(CAP)
            push(fewer, published.index_repo)
            gc.collect()
            gc.disable()  # so that nothing waits for it
            try:
                assert reloader.check()
                assert [part() for part in parts] == [None] * 3
            finally:
                gc.enable()


DAMAGE = {
    "cut": ({"vectors.ann": b"nothing of the kind"}, "vectors.ann has 19 bytes where"),
    "no index": ({"index.json": b"{}"}, "index.json cannot be read"),
}


class TestWhatIsNotTaken:
    @pytest.mark.parametrize("damage", DAMAGE)
    def test_a_damaged_index_is_refused_and_said_and_a_mended_one_taken(self, served, hub, fewer, damage):
        shop, reloader, name = served
        serving = shop.current
        files, reason = DAMAGE[damage]
        hub.seed("datasets", name, files)
        assert not reloader.check()
        origin = shop.current.origin
        assert origin.revision == serving.origin.revision
        assert f"the copy of {name} that last worked ({origin.revision[:7]}). " in origin.notice
        assert reason in origin.notice
        assert len(shop.current.recommend(CAP)) == 5
        said = shop.current
        reloader.check()
        assert shop.current is said
        push(fewer, name)
        assert reloader.check()
        assert (len(shop.current.items), shop.current.origin.notice) == (25, None)

    def test_an_encoder_that_does_not_load_is_refused(self, served, seen_otherwise, monkeypatch):
        from recsys.encoder import Encoder

        def fail(*_, **__):
            raise EncoderError("does not load")

        shop, reloader, name = served
        revision = shop.current.origin.revision
        push(seen_otherwise, name)
        with monkeypatch.context() as patch:
            patch.setattr(Encoder, "from_spec", fail)
            assert not reloader.check()
        assert shop.current.origin.revision == revision and "does not load" in shop.current.origin.notice
        assert reloader.check()
        assert shop.current.origin.notice is None

    def test_an_index_that_cannot_be_shown_is_refused_and_the_log_has_the_reason(self, served, fewer, caplog):
        def fail(recommender):
            if recommender.origin.revision == commit.revision:
                raise ZeroDivisionError("a secret of ours")

        shop, reloader, name = served
        serving = shop.current
        shop.before_swap(fail)
        commit = push(fewer, name)
        assert not reloader.check()
        assert shop.current.searcher is serving.searcher
        assert reload.INTERNAL_ERROR in shop.current.origin.notice and "secret" not in shop.current.origin.notice
        assert "a secret of ours" in caplog.text

    def test_a_picture_that_cannot_be_read_is_refused(self, served, fewer, monkeypatch):
        shop, reloader, name = served
        push(fewer, name)
        monkeypatch.setattr(IndexFolder, "thumbnail", lambda self, row: b"no picture")
        assert not reloader.check()
        assert len(shop.current.items) == 30 and "last worked" in shop.current.origin.notice


class TestFaults:
    @pytest.fixture
    def published(self, published):
        return replace(published, token=READER)

    @pytest.mark.parametrize("fault", FAULTS)
    def test_while_it_runs_the_index_stays_and_the_newer_one_comes_by_itself(
        self, served, hub, fewer, impatient, fault
    ):
        shop, reloader, name = served
        commit, (begin, reason) = push(fewer, name, token="hf_test"), FAULTS[fault]
        end = begin(hub, name)
        assert not reloader.check()
        assert len(shop.current.items) == 30 and len(shop.current.recommend(CAP)) == 5
        assert "that last worked" in shop.current.origin.notice and reason in shop.current.origin.notice
        assert not re.search("hf_(other|test)", shop.current.origin.notice)
        end()
        assert reloader.check()
        assert (shop.current.origin.revision, shop.current.origin.notice) == (commit.revision, None)

    @pytest.mark.parametrize("fault", FAULTS)
    def test_from_a_start_with_the_last_good_copy_the_newest_comes_by_itself(
        self, served, published, serve, hub, fewer, impatient, fault
    ):
        served[0].current.embed(CAP)
        commit = push(fewer, published.index_repo, token="hf_test")
        end = FAULTS[fault][0](hub, published.index_repo)
        shop, reloader = serve(published)
        assert "that last worked" in shop.current.origin.notice and len(shop.current.items) == 30
        end()
        assert reloader.check()
        assert (shop.current.origin.revision, shop.current.origin.notice) == (commit.revision, None)

    def test_from_a_start_with_the_copy_that_is_newest_the_notice_goes(self, served, published, serve, hub, impatient):
        end = private(hub, published.index_repo)
        shop, reloader = serve(published)
        searcher = shop.current.searcher
        assert shop.current.origin.notice
        end()
        assert not reloader.check()
        assert shop.current.searcher is searcher and shop.current.origin.notice is None

    def test_from_a_start_with_the_folder_the_hubs_index_comes_by_itself(self, published, serve, hub, fewer, impatient):
        end = deleted(hub, published.index_repo)
        shop, reloader = serve(replace(published, index_dir=fewer))
        assert "that came with this app" in shop.current.origin.notice
        assert not reloader.check()
        assert "that came with this app" in shop.current.origin.notice
        end()
        assert reloader.check()
        assert (shop.current.origin.name, len(shop.current.items)) == (published.index_repo, 30)
        assert shop.current.origin.notice is None


class TestPinned:
    def test_a_commit_that_is_served_is_not_asked_for(self, published, serve, hub):
        commit = hub.repos["datasets", published.index_repo].branches["main"]
        shop, reloader = serve(replace(published, index_revision=commit, reload_seconds=0.01))
        hub.requests.clear()
        reloader.start()
        assert within(5, lambda: "reload" not in [thread.name for thread in threading.enumerate()])
        assert hub.requests == [] and shop.current.origin.revision == commit

    def test_a_commit_that_could_not_be_had_is(self, published, serve, hub, impatient, monkeypatch):
        commit = hub.repos["datasets", published.index_repo].branches["main"]
        end = deleted(hub, published.index_repo)
        monkeypatch.setattr(reload, "DRAIN_S", 0.0)
        shop, reloader = serve(replace(published, index_revision=commit, reload_seconds=0.01))
        assert shop.current.origin.revision is None
        end()
        reloader.start()
        assert within(20, lambda: shop.current.origin.revision == commit)
        assert within(20, lambda: "reload" not in [thread.name for thread in threading.enumerate()])


class TestSchedule:
    def test_each_failure_doubles_the_wait_up_to_four_periods_and_a_success_ends_that(self, served, hub):
        _, reloader, name = served

        def periods():
            return round(reloader.wait() / RELOAD_SECONDS)

        assert periods() == 1
        end, waits = deleted(hub, name), []
        for _ in range(4):
            reloader.check()
            waits.append(periods())
        assert waits == [2, 4, 4, 4]
        end()
        reloader.check()
        assert periods() == 1

    def test_no_two_apps_ask_at_the_same_time(self):
        random.seed(7)
        reloader = Reloader(LiveRecommender(fake_shop()), Settings(index_repo="me/shop", reload_seconds=100))
        waits = {reloader.wait() for _ in range(100)}
        assert len(waits) > 90 and 90 <= min(waits) < 93 < 107 < max(waits) <= 110

    def test_the_period_comes_from_the_environment(self):
        assert Settings.from_env({"RELOAD_SECONDS": "12.5"}).reload_seconds == 12.5
        assert Settings.from_env({"RELOAD_SECONDS": "0"}).reload_seconds == 0
        for bad in ("soon", "-1", "nan", "inf", "1e10"):
            with pytest.raises(RecsysError, match="RELOAD_SECONDS is a number of seconds"):
                Settings.from_env({"RELOAD_SECONDS": bad})


def within(seconds, holds):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if holds():
            return True
        time.sleep(0.02)
    return False


class FlatEncoder(ThumbnailEncoder):
    """Vectors of half the length."""

    @staticmethod
    def _vector(image):
        half = ThumbnailEncoder._vector(image)[::2]
        return half / np.linalg.norm(half)


def another_shop(notice=None, encoder=None):
    """A shop as it may come to be: other products but for one whose picture is another, and other attributes."""

    encoder = encoder or ThumbnailEncoder()
    images = {"n1": draw("Caps", "#123456"), "n2": draw("Watches", "#654321"), "p7": draw("Caps", "#abcdef")}
    values = [{"gender": "Men"}, {"gender": "Unisex"}, {"gender": "Men"}]
    columns = Items.from_items(
        [Item(name, f"New {name}", has) for name, has in zip(images, values, strict=True)], ["gender"]
    )
    searcher = ExactSearcher(np.stack([encoder.encode([image])[0] for image in images.values()]), columns)
    assets = Pictures([encoded(image) for image in images.values()], card="# A newer shop", version="newer")
    origin = Origin("tests/fake-shop", "tests/fake-products", "fedcba9876543210", notice)
    return Recommender(encoder, searcher, columns, assets, origin)


def without(item_id):
    """The fake shop without one product."""
    shop = fake_shop()
    rows = [row for row, item in enumerate(shop.items) if item.id != item_id]
    items = Items.from_items([shop.items[row] for row in rows], list(shop.items.columns))
    searcher = ExactSearcher(shop.searcher.vectors(rows), items)
    assets = Pictures([shop.assets.encoded[row] for row in rows])
    return Recommender(shop.encoder, searcher, items, assets, replace(shop.origin, revision="fedcba9876543210"))


@pytest.fixture(scope="module")
def shop():
    """What the server of this module serves."""
    return LiveRecommender(fake_shop())


class TestPage:
    @pytest.fixture
    def web(self, shop, server):
        shop.swap(fake_shop())
        with httpx.Client(base_url=server.local_url, timeout=60) as client:
            yield client

    @staticmethod
    def ask(web, name, **values):
        started = web.post(f"gradio_api/call/v2/{name}", json=values).json()["event_id"]
        event, data = re.search(
            r"event: (complete|error)\ndata: (.*)", web.get(f"gradio_api/call/{name}/{started}").text
        ).groups()
        return json.loads(data)[0] if event == "complete" else json.loads(data)["error"]

    def test_a_fresh_visit_begins_with_the_newer_index(self, shop, web):
        before = web.get("/").text
        assert "60 products" in before and 'data-item=\\"n1' not in before
        shop.swap(another_shop("Not the newest, you know."))
        for path in ("/", "/config"):
            text = web.get(path).text
            assert "@ fedcba9 · 3 products" in text and "Not the newest, you know." in text
            assert "Unisex" in text and "60 products" not in text and "p11" not in text
        assert "A newer shop" in web.get("/about").text

    def test_the_page_weighs_the_same_and_asks_as_little_as_before(self, shop, server, web):
        started = [fn for fn in server.fns.values() if any(event == "load" for _, event in fn.targets)]
        assert not started

    def test_the_api_says_which_index_answers_and_why_it_is_not_the_newest(self, shop, web):
        assert self.ask(web, "catalog")["notice"] is None
        shop.swap(another_shop("Not the newest, you know."))
        answer = self.ask(web, "catalog")
        assert answer["index"] == {"name": "tests/fake-shop", "revision": "fedcba9876543210", "items": 3}
        assert answer["notice"] == "Not the newest, you know."
        assert self.ask(web, "similar", item_id="n1", k=1)["matches"][0]["id"] in ("n2", "p7")
        assert "no item 'p11'" in self.ask(web, "similar", item_id="p11")

    def test_a_request_that_began_on_the_old_index_ends_on_it(self, shop, web):
        serving = shop.current
        serving.encoder.ready.clear()
        path = web.post("gradio_api/upload", files={"files": ("cap.png", encoded(CAP))}).json()[0]
        started = web.post("gradio_api/call/v2/recommend", json={"image": {"path": path}, "k": 60}).json()["event_id"]
        time.sleep(0.3)
        shop.swap(another_shop())
        assert self.ask(web, "catalog")["index"]["items"] == 3
        serving.encoder.ready.set()
        answer = web.get(f"gradio_api/call/recommend/{started}").text
        assert "event: complete" in answer and '"items": 60' in answer and answer.count('"similarity"') == 60

    def test_no_browser_keeps_the_picture_of_the_old_index(self, shop, web):
        old, missing = thumbnails.url(shop.current, "p7"), thumbnails.url(shop.current, "p8")
        first = web.get(old)
        assert "immutable" in first.headers["cache-control"]
        shop.swap(another_shop())
        again = web.get(old, headers={"If-None-Match": first.headers["etag"]})
        assert (again.status_code, again.headers["cache-control"]) == (200, "no-cache")
        assert again.content == shop.current.thumbnail("p7") != first.content
        new = thumbnails.url(shop.current, "p7")
        assert new != old and "immutable" in web.get(new).headers["cache-control"]
        assert web.get(missing).status_code == 404

    def test_what_the_page_held_of_the_old_index_goes(self, shop, web):
        old = shop.current
        web.get("/")
        parts = [weakref.ref(part) for part in (old, old.items, old.searcher)]
        del old
        shop.swap(another_shop())
        gc.collect()
        assert [part() for part in parts] == [None] * 3


class TestOpenPage:
    """What a browser that has the page of the old index open asks of the new one."""

    def test_a_picture_is_seen_anew_by_another_encoder(self):
        before, after = PageHandlers(fake_shop()), PageHandlers(another_shop(encoder=FlatEncoder()))
        query = before.search_example("p5", PageOptions(), Query())[0]
        assert before.up_to_date(query) is query
        newer = after.up_to_date(query)
        assert newer.picture.shape == (1, 96) and newer.index == "fedcba9876543210"
        assert after.up_to_date(newer) is newer
        _, heading, found, _ = after.filters_changed(PageOptions(), newer)
        assert "Closest to your picture" in heading and 'data-item="n1"' in found

    def test_a_part_of_a_picture_stays_that_part(self):
        before, after = PageHandlers(fake_shop()), PageHandlers(another_shop())
        query = before.search_example("p5", PageOptions(), Query())[0]
        part = before.search_part({"box": [0.2, 0.2, 0.6, 0.6]}, PageOptions(), query)[0]
        assert np.allclose(after.up_to_date(part).picture, part.picture)
        assert not np.allclose(part.picture, query.picture)
        assert part.index == query.index == "1a2b3c4d5e6f7890"

    def test_the_filters_of_the_newer_index_come_with_the_first_answer(self):
        after = PageHandlers(another_shop())
        narrow = after.filters_changed(PageOptions(index="1a2b3c4d5e6f7890"), Query())[3]
        assert 'data-index="fedcba9876543210"' in narrow["markup"] and "Unisex" in narrow["markup"]
        assert narrow["counts"] == {"gender": [2, 1]}
        again = PageOptions.from_fields(narrow, 0.0, None, after.items)
        assert "markup" not in after.filters_changed(again, Query())[3]

    def test_a_link_goes_on_with_the_products_that_are_left(self):
        after = PageHandlers(without("p7"))
        query = after.up_to_date(Query(found=("p0", "p7", "p9")))
        assert query.found == ("p0", "p9")
        assert 'data-item="p9"' in after.show_more(PageOptions(), query)[2]
        assert PageHandlers(another_shop()).up_to_date(Query(found=("p0",))).found == ()

    def test_a_look_goes_on_with_the_pieces_that_are_left(self):
        before = PageHandlers(fake_shop())
        query = before.change_look({"act": "start", "slot": "", "item": "p0"}, PageOptions(), Query())[0]
        gone, stays = list(query.look.pieces)[:2]
        query = before.change_look({"act": "keep", "slot": gone}, PageOptions(), query)[0]
        after = PageHandlers(without(query.look.pieces[gone]))
        newer = after.change_look({"act": "keep", "slot": stays}, PageOptions(), after.up_to_date(query))[0]
        assert newer.look.pieces[stays] == query.look.pieces[stays]
        assert newer.look.pieces[gone] != query.look.pieces[gone]
        assert newer.look.kept == (stays,)

    def test_what_is_gone_is_said(self):
        after = PageHandlers(another_shop())
        with pytest.raises(QueryError, match="There is no item 'p3'"):
            after.open_product("p3", PageOptions(), Query())
        with pytest.raises(QueryError, match="No product has gender 'Women'"):
            after.filters_changed(PageOptions({"gender": ["Women"]}), Query())
        assert PageOptions.from_fields(None, 0.0, {"liked": ["p3", "p7"]}, after.items).liked == ("p7",)


def test_copies_that_are_forgotten_leave_the_cache_and_what_others_share_stays(hub, index, fewer):
    from recsys.hub import forget, pull

    name = hub.new_name()
    push(index, name)
    first = pull(name)
    push(fewer, name)
    second = pull(name)
    forget([first, first, Snapshot(first.folder.parent / ("0" * 40), name, "0" * 40)])
    assert not first.folder.exists()
    IndexFolder.open(second.folder)
