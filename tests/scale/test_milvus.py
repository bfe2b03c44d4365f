"""An index in Milvus: loaded by build_index.py, served by the app, replaced, and what is said where that fails."""

import logging
import shutil
import socket
import subprocess
import sys
import time
from concurrent import futures
from contextlib import contextmanager
from dataclasses import replace

import numpy as np
import pytest
from gradio_client import Client
from gradio_client.exceptions import AppError
from prometheus_client import generate_latest

import build_index
from recsys import errors, hub
from recsys.core.items import Items
from recsys.index.folder import IndexFolder
from recsys.index.replace import claim
from recsys.serving.live import LiveRecommender
from recsys.serving.open import open_recommender
from recsys.serving.reload import Reloader
from recsys.settings import Settings
from recsys.web import launch
from recsys.web.server import metrics
from testkit.fake_shop import draw, fake_shop
from testkit.small_shop import write_encoder

pytest.importorskip("pymilvus", reason="pymilvus is not installed: pip install -r requirements-scale.txt")

import grpc

from recsys.stores.milvus import IndexCollection, Milvus, MilvusSearcher, client, delete, load
from tests.support.milvus_shop import collection_of, load_folder

CAP = draw("Caps", "#b3262e")
SECRET = "root:very-secret"


def collections(milvus):
    return set(milvus.ask("list_collections"))


def versions(shop, count=3):
    """Versions of a shop: the collection, its items, and what has its vectors."""
    found = []
    for number in range(count):
        made = fake_shop()
        columns = {name: [column[row] for row in range(len(made.items))] for name, column in made.items.columns.items()}
        items = Items([f"{id}-{number}" for id in made.items.ids], made.items.names, columns)
        made.searcher.items = items
        found.append((collection_of(items, made.searcher, shop), items, made.searcher))
    return found


@pytest.fixture(scope="module")
def uri(tmp_path_factory):
    return str(tmp_path_factory.mktemp("milvus") / "shop.db")


@pytest.fixture
def milvus(uri):
    """An empty Milvus Lite."""
    found = Milvus(uri)
    yield found
    for name in collections(found):
        delete(found, name)


def build(pictures, encoder, output, *more):
    """What the command line says of a build into this folder."""
    said = ["--dataset", pictures, "--encoder", encoder, "--output", output, *more]
    return build_index.main([str(argument) for argument in said])


@pytest.fixture
def other(pictures, tmp_path):
    """Another version of the index of `pictures`."""
    output = tmp_path / "other" / "shop"
    assert build(pictures, write_encoder(tmp_path / "encoder", seed=1), output) == 0
    return output


class TestLoading:
    def test_the_alias_of_a_shop_names_the_newest_and_one_version_before_is_kept(self, milvus):
        first, second, third = versions("shop_a_00")
        other = versions("shop_a", 1)[0]
        for collection, items, searcher in (other, first, second, third):
            load(milvus, collection, items, searcher)
            assert milvus.ask("describe_alias", collection.alias)["collection_name"] == collection.name
        assert collections(milvus) == {collection.name for collection, _, _ in (other, second, third)}

    def test_what_is_there_whole_is_not_written_again(self, milvus, monkeypatch):
        collection, items, searcher = versions("shop_a", 1)[0]
        load(milvus, collection, items, searcher)
        monkeypatch.setattr("recsys.stores.milvus.upload._write", lambda *parts: pytest.fail("written again"))
        load(milvus, collection, items, searcher)

    def test_a_load_that_was_cut_off_is_not_served_and_is_made_anew_by_the_next(self, milvus, monkeypatch):
        collection, items, searcher = versions("shop_a", 1)[0]
        asked = milvus.ask

        def cut_off(call, *arguments, **options):
            if call == "insert":
                asked(call, arguments[0], arguments[1][:20], **options)
                raise KeyboardInterrupt
            return asked(call, *arguments, **options)

        monkeypatch.setattr(milvus, "ask", cut_off)
        with pytest.raises(KeyboardInterrupt):
            load(milvus, collection, items, searcher)
        monkeypatch.undo()
        with pytest.raises(errors.StoreMissingError, match=r"has 20 vectors of 192 dimensions, the index 60 of 192"):
            MilvusSearcher(milvus, collection, items, searcher)
        load(milvus, collection, items, searcher)
        assert MilvusSearcher(milvus, collection, items, searcher).search(searcher.vectors([7]), 1)[0] == [[7]]

    def test_a_collection_is_deleted_with_its_alias(self, milvus):
        collection, items, searcher = versions("shop_a", 1)[0]
        load(milvus, collection, items, searcher)
        delete(milvus, collection.name)
        assert collections(milvus) == set()
        load(milvus, collection, items, searcher)

    def test_an_index_of_more_attributes_than_milvus_has_fields_is_refused(self, milvus):
        items = Items(["a"], [None], {f"attribute {number}": ["x"] for number in range(61)})
        searcher = replace(versions("shop_a", 1)[0][2], items=items)
        with pytest.raises(errors.StoreError, match="61 attributes, but Milvus allows 60"):
            load(milvus, IndexCollection("shop_a", "0" * 32), items, searcher)


class TestCommandLine:
    def test_a_build_loads_its_vectors_and_the_app_serves_them(
        self, pictures, encoder_folder, tmp_path, milvus, uri, capsys
    ):
        output = tmp_path / "shop"
        assert build(pictures, encoder_folder, output, "--store", "milvus", "--uri", uri) == 0
        collection = IndexCollection.from_manifest(IndexFolder.open(output).manifest)
        assert f"In Milvus: {collection.name}, with the alias {collection.alias}." in capsys.readouterr().out
        shop = open_recommender(Settings.from_env({"INDEX_DIR": str(output), "STORE_URI": uri}))
        assert isinstance(shop.searcher, MilvusSearcher)
        folder = open_recommender(Settings(index_dir=output))
        assert not isinstance(folder.searcher, MilvusSearcher)
        assert list(shop.recommend(CAP, 10, {"label": "Caps"})) == list(folder.recommend(CAP, 10, {"label": "Caps"}))

    @pytest.mark.parametrize("half", [["--store", "milvus"], ["--uri", "shop.db"]])
    def test_store_and_uri_go_together(self, half, capsys):
        with pytest.raises(SystemExit):
            build_index.main(half)
        assert "give both, or neither" in capsys.readouterr().err

    @pytest.mark.parametrize("address", ["nowhere", "ftp://x:1", "http://[", "no/such/folder/shop.db", "http://a:port"])
    def test_an_address_that_is_none_ends_the_build_before_it_begins(self, pictures, tmp_path, address, capsys):
        assert build(pictures, "index", tmp_path / "out", "--store", "milvus", "--uri", address) == 1
        said = capsys.readouterr().err
        assert "error: The address of the store, STORE_URI or --uri, cannot be opened." in said
        assert not (tmp_path / "out").exists() and address not in said.replace("NAME.db", "")

    def test_where_pymilvus_is_missing_the_command_that_installs_it_is_named(
        self, pictures, tmp_path, monkeypatch, capsys
    ):
        monkeypatch.setitem(sys.modules, "pymilvus", None)
        assert build(pictures, "index", tmp_path / "out", "--store", "milvus", "--uri", "shop.db") == 1
        assert "require pymilvus. Install it with: pip install -r requirements-scale.txt" in capsys.readouterr().err


class TestServing:
    def test_vectors_of_another_version_are_never_served(self, index, other, milvus, uri):
        collection = load_folder(milvus, other)
        with pytest.raises(errors.StoreMissingError, match="has no collection shop_drawn_shop_.*--store milvus"):
            open_recommender(Settings(index_dir=index, store_uri=uri))
        assert collection.alias == load_folder(milvus, index).alias
        assert len(open_recommender(Settings(index_dir=index, store_uri=uri)).recommend(CAP)) == 5

    def test_vectors_of_another_dimension_under_its_name_are_refused(self, index, milvus, uri):
        folder = IndexFolder.open(index)
        narrow = replace(versions("x", 1)[0][2], matrix=np.eye(30, 12, dtype=np.float32), items=folder.items)
        load(milvus, IndexCollection.from_manifest(folder.manifest), folder.items, narrow)
        with pytest.raises(errors.StoreMissingError, match="has 30 vectors of 12 dimensions, the index 30 of 16"):
            open_recommender(Settings(index_dir=index, store_uri=uri))

    def test_a_collection_that_is_deleted_meanwhile_is_told(self, index, milvus, uri):
        collection = load_folder(milvus, index)
        shop = open_recommender(Settings(index_dir=index, store_uri=uri))
        delete(milvus, collection.name)
        with pytest.raises(errors.StoreMissingError, match="no longer has this index"):
            shop.recommend(CAP)
        page = launch(shop, prevent_thread_lock=True)
        try:
            with pytest.raises(AppError, match="no longer has this index") as told:
                Client(page.local_url, verbose=False).predict(shop.items.ids[0], api_name="/similar")
        finally:
            page.close()
        assert told.value.title == "store_missing"

    def test_a_newer_index_is_kept_out_until_milvus_has_it(self, index, other, milvus, uri, hub):
        name = hub.new_name()
        push(index, name)
        load_folder(milvus, index)
        settings = Settings(index_repo=name, index_dir=index, token="hf_test", store_uri=uri)
        shop = LiveRecommender(open_recommender(settings))
        reloader = Reloader(shop, settings)
        serving, newest = shop.current, push(other, name)
        assert not reloader.check()
        assert shop.current.searcher is serving.searcher and len(shop.current.recommend(CAP)) == 5
        assert "copy of" in shop.current.origin.notice and "Milvus has no collection" in shop.current.origin.notice
        load_folder(milvus, other)
        assert reloader.check()
        assert (shop.current.origin.revision, shop.current.origin.notice) == (newest.revision, None)
        assert isinstance(shop.current.searcher, MilvusSearcher) and len(shop.current.recommend(CAP)) == 5
        assert len(serving.recommend(CAP)) == 5, "the version before serves on"

    def test_at_the_start_the_last_good_index_that_milvus_has_is_served(self, index, other, milvus, uri, hub):
        name = hub.new_name()
        settings = Settings(index_repo=name, index_dir=index, token="hf_test", store_uri=uri)
        first = push(index, name)
        load_folder(milvus, index)
        assert len(open_recommender(settings).recommend(CAP)) == 5
        push(other, name)
        shop = open_recommender(settings)
        assert shop.origin.revision == first.revision and "Milvus has no collection" in shop.origin.notice

    def test_its_searches_are_timed_as_a_stage(self, index, milvus, uri):
        load_folder(milvus, index)
        shop = open_recommender(Settings(index_dir=index, store_uri=uri))
        metrics.time_stages(shop)
        before = generate_latest(metrics.REGISTRY).decode()
        with metrics.record_answer("recommend", None):
            shop.recommend(CAP)
        count = 'recsys_stage_seconds_count{stage="search"}'
        assert [line for line in before.split("\n") if count in line] != [
            line for line in generate_latest(metrics.REGISTRY).decode().split("\n") if count in line
        ]


def push(folder, name):
    with claim(folder) as claimed:
        return hub.push(claimed, name, private=False, token="hf_test")


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


@contextmanager
def server(folder, port):
    """Milvus Lite in a process of its own."""
    command = [sys.executable, "-m", "milvus_lite", "server", "--host", "127.0.0.1", "--data-dir", folder]
    process = subprocess.Popen([*command, "--port", str(port)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        end = time.monotonic() + 30
        while time.monotonic() < end:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
        yield
    finally:
        process.kill()
        process.wait(20)


class TestConnection:
    @pytest.fixture(autouse=True)
    def impatient(self, monkeypatch):
        monkeypatch.setattr(client, "SEARCH_TIMEOUT_S", 2.0)
        monkeypatch.setattr(Milvus.ask, "__kwdefaults__", {"seconds": 2.0})

    def test_a_connection_that_is_lost_is_told_and_taken_up_again(self, index, tmp_path):
        port, folder = free_port(), tmp_path / "data"
        uri = f"http://127.0.0.1:{port}"
        with server(folder, port):
            load_folder(Milvus(uri), index)
            shop = open_recommender(Settings(index_dir=index, store_uri=uri))
            assert len(shop.recommend(CAP)) == 5
        started = time.monotonic()
        with pytest.raises(errors.StoreDownError, match=r"does not answer. Please try again") as caught:
            shop.recommend(CAP)
        assert time.monotonic() - started < 10
        assert str(port) not in str(caught.value) and caught.value.code == "store_down"
        with server(folder, port):
            assert len(shop.recommend(CAP)) == 5

    def test_a_server_that_is_not_there_is_told_at_once(self, index):
        with pytest.raises(errors.StoreDownError, match="does not answer"):
            open_recommender(Settings(index_dir=index, store_uri=f"http://127.0.0.1:{free_port()}"))

    def test_one_that_accepts_and_never_answers_is_given_up(self, index):
        with socket.create_server(("127.0.0.1", 0)) as deaf:
            started = time.monotonic()
            with pytest.raises(errors.StoreDownError, match="does not answer"):
                open_recommender(Settings(index_dir=index, store_uri=f"http://127.0.0.1:{deaf.getsockname()[1]}"))
            assert time.monotonic() - started < 10

    @pytest.mark.parametrize("where", ["token", "address"])
    def test_a_token_that_is_refused_is_told_and_never_shown(self, index, where, caplog, capfd):
        caplog.set_level(logging.DEBUG)
        with refusing(f"who is {SECRET}, very-secret?") as port:
            uri = f"http://127.0.0.1:{port}" if where == "token" else f"http://{SECRET}@127.0.0.1:{port}"
            settings = Settings(index_dir=index, store_uri=uri, store_token=SECRET if where == "token" else None)
            with pytest.raises(errors.StoreTokenError, match="refuses the token. Set STORE_TOKEN") as caught:
                open_recommender(settings)
        shown = capfd.readouterr()
        told = [str(caught.value), repr(settings), caplog.text, shown.out, shown.err]
        assert not [text for text in told if "very-secret" in text]
        assert "Milvus failed to connect" in caplog.text


@contextmanager
def refusing(reason):
    """A server that lets nobody in."""

    class Nobody(grpc.ServerInterceptor):
        def intercept_service(self, go_on, call):
            refuse = lambda request, context: context.abort(grpc.StatusCode.UNAUTHENTICATED, reason)  # noqa: E731
            return grpc.unary_unary_rpc_method_handler(refuse)

    with futures.ThreadPoolExecutor(2) as pool:
        running = grpc.server(pool, interceptors=[Nobody()])
        port = running.add_insecure_port("127.0.0.1:0")
        running.start()
        yield port
        running.stop(0).wait()


def test_a_milvus_lite_that_another_process_has_open_is_told(tmp_path, index):
    folder = tmp_path / "taken.db"
    with server(folder, free_port()), pytest.raises(errors.StoreError, match="Only one process can open that file"):
        open_recommender(Settings(index_dir=index, store_uri=str(folder)))
    shutil.rmtree(folder)
