"""A large catalogue is kept and computed otherwise, with the same answers. Here a few products are a large one."""

import threading
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from recsys.build.pipeline import build_index
from recsys.catalog import Catalog
from recsys.core import columns, large
from recsys.core.columns import Column, combined
from recsys.core.items import Items
from recsys.core.linalg import unit
from recsys.core.row_index import RowIndex
from recsys.encoder import Encoder
from recsys.errors import IndexDamagedError
from recsys.format.layout import sample_index
from recsys.index.annoy import AnnoySearcher, build
from recsys.index.folder import IndexFolder
from recsys.index.opening import open_folder
from recsys.index.texts import TextReader
from recsys.index.writer import ItemsWriter
from recsys.recommend.recommender import Recommender
from recsys.runtime.once import once
from recsys.types import Item
from recsys.words.full_text import FullText
from testkit.manifests import rewrite, vouch_for
from testkit.memory import memory_mb


@pytest.fixture(scope="module")
def shops():
    """The sample shop as it is, and as a large one."""
    encoder, opened = Encoder.from_pretrained(sample_index(), device="cpu"), open_folder(sample_index())
    small = Recommender.from_index(opened, encoder)
    small.prepare()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(large, "LARGE_COUNT", 10)
        of_large = Recommender.from_index(open_folder(sample_index()), encoder)
        of_large.prepare()
        yield small, of_large


def test_the_items_are_the_same(shops):
    small, of_large = (shop.items for shop in shops)
    assert list(small) == list(of_large) and small.facets() == of_large.facets()
    assert [of_large.row(item.id) for item in small] == list(range(len(small)))
    assert "no such id" not in of_large and 7 not in of_large and "" not in of_large


@pytest.mark.parametrize("text", ["red shirts", "watches not black", "shoos", "women's handbag"])
def test_texts_find_the_same(shops, text):
    answers = [shop.recommend(text=text, k=20) for shop in shops]
    assert [match.item for match in answers[0]] == [match.item for match in answers[1]]
    assert answers[0].words == answers[1].words and shops[0].suggest(text) == shops[1].suggest(text)


def test_variants_outfits_and_overrides_are_the_same(shops):
    small, of_large = shops
    for item in list(small.items)[::40]:
        assert small.variants.of(item.id) == of_large.variants.of(item.id)
        assert small.stylist.slots(item.id) == of_large.stylist.slots(item.id)
        if small.stylist.has_looks(item.id):
            assert small.complete_the_look(item_id=item.id) == of_large.complete_the_look(item_id=item.id)
        answers = [shop.similar(item.id, but={"baseColour": "Blue"}) for shop in shops]
        assert [match.item for match in answers[0]] == [match.item for match in answers[1]]


def read(texts, *, is_large):
    reader = TextReader(is_large=is_large)
    for start in range(0, len(texts), 7):
        reader.add(pa.array(texts[start : start + 7]).dictionary_encode())
    return reader.cells()


def test_the_texts_of_a_large_catalogue_are_not_in_memory():
    texts = [f"name {row} é" * 40 for row in range(700)]
    before = pa.total_allocated_bytes()
    found = read(texts, is_large=True)
    assert found == texts and found[-1] == texts[-1] and pa.total_allocated_bytes() == before
    assert read(texts, is_large=False) == texts
    assert found.take(np.arange(3, 700, 9)) == texts[3::9] and found.take(np.array([699])) == texts[699:]


def test_a_text_that_all_rows_repeat_is_kept_once():
    texts = ["x" * 10_000] * 700
    before = pa.total_allocated_bytes()
    found = read(texts, is_large=True)
    assert found == texts and pa.total_allocated_bytes() < before + 2_000_000


@pytest.mark.parametrize("is_large", [True, False])
def test_ids_are_found_by_their_text(is_large):
    texts = ["", "a", "b", "ab", "ba", "aa", "é", "x" * 3000, "x" * 3001, *map(str, range(300)), "end"]
    rows = RowIndex(read(texts, is_large=is_large))
    assert [rows.find(text) for text in texts] == list(range(len(texts))) and not rows.has_repeats
    assert [rows.find(text) for text in ("c", "x" * 2999, "300", "\ud800")] == [None] * 4
    assert RowIndex(read([*texts, "ab"], is_large=is_large)).has_repeats


def test_a_large_catalogue_has_larger_row_groups(tmp_path):
    groups = []
    for of_large in (False, True):
        with ItemsWriter(tmp_path / "items.parquet", [], large=of_large) as writer:
            for row in range(6000):
                writer.add(Item(str(row), None, {}), b"jpeg")
        groups.append(pq.read_metadata(tmp_path / "items.parquet").num_row_groups)
    assert groups[1] < groups[0] / 4


def test_combinations_of_many_values_are_numbered_in_order(monkeypatch):
    rng = np.random.default_rng(0)
    some = [Column([str(value) for value in rng.integers(30, size=500)]) for _ in range(4)]
    table = np.stack([column.codes for column in some], axis=1)
    wanted = np.unique(table, axis=0, return_inverse=True)[1].ravel()
    for most in (2**62, 20_000):
        monkeypatch.setattr(columns, "MAX_COMBINED", most)
        assert (np.unique(combined(some, 500), return_inverse=True)[1] == wanted).all()


def test_what_is_slow_is_computed_once():
    class Slow:
        computed = 0

        @once
        def value(self):
            time.sleep(0.05)
            self.computed += 1
            return object()

    slow, found = Slow(), []
    threads = [threading.Thread(target=lambda: found.append(slow.value)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert slow.computed == 1 and len(set(map(id, found))) == 1


@pytest.mark.parametrize("count", [0, 1, 900])
@pytest.mark.parametrize("kinds", [1, 40, 10_000])
def test_rows_are_numbered_by_value(monkeypatch, count, kinds):
    values = np.random.default_rng(0).integers(-kinds, kinds, size=count) << 40
    _, firsts, numbers, counts = np.unique(values, return_index=True, return_inverse=True, return_counts=True)
    for most in (10, 10_000):
        monkeypatch.setattr(large, "LARGE_COUNT", most)
        found = large.numbered(values)
        assert [part.tolist() for part in found] == [firsts.tolist(), numbers.tolist(), counts.tolist()]
        assert found[1].dtype == (np.int32 if count > most else np.int64)


def test_texts_that_lie_in_a_file_are_read_again_after_their_pages_are_released():
    texts = [f"name {row}" for row in range(700)]
    found = read(texts, is_large=True)
    first = found[0]
    assert list(found) == texts and list(found) == texts and (first, found[699]) == (texts[0], texts[699])


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="memory is read from /proc")
def test_a_search_that_spares_memory_finds_the_same_in_few_pages(tmp_path):
    """Else both indexes would be in memory as a whole while a newer one answers its test query."""
    count, dim = 60_000, 64
    vectors = unit(np.random.default_rng(0).normal(size=(count, dim)))
    path = tmp_path / "vectors.ann"
    build(vectors, path, 1)
    searcher = AnnoySearcher(path, Items([str(row) for row in range(count)], [None] * count, {}), dim, 10)
    whole, queries, before = path.stat().st_size / 2**20, vectors[[3, 31_000]] + 0.1, memory_mb("self", "RssFile")
    searcher.spare_memory()
    spared = searcher.search(queries, 10)
    assert memory_mb("self", "RssFile") - before < whole / 4
    usual = searcher.exact(queries, 10)
    assert memory_mb("self", "RssFile") - before > whole / 2
    searcher.retire()
    retired = searcher.search(queries, 10)
    assert memory_mb("self", "RssFile") - before < whole / 4
    for found in (spared, retired):
        assert (found[0] == usual[0]).all() and (found[1] == usual[1]).all()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(large, "LARGE_COUNT", 10)
        rows = np.arange(0, count, 9)
        assert (searcher.vectors(rows) == vectors[rows]).all()
    assert memory_mb("self", "RssFile") - before < whole / 4


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="memory is read from /proc")
def test_an_index_that_is_opened_is_not_in_memory_as_a_whole(tmp_path):
    """Else a reload would take the memory of two indexes: both would be read whole to be checked."""
    count, dim = 60_000, 64
    vectors = np.random.default_rng(0).normal(size=(count, dim)).astype(np.float32)
    path = tmp_path / "vectors.ann"
    build(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), path, 1)
    np.save(tmp_path / "vectors.neighbours.npy", np.zeros((count, 16), np.int32))
    items = Items([str(row) for row in range(count)], [None] * count, {})
    whole = path.stat().st_size / 2**20
    before = memory_mb("self", "RssFile")
    searcher = AnnoySearcher(path, items, dim, 10)
    assert memory_mb("self", "RssFile") - before < whole / 4
    assert (searcher.exact(searcher.vectors([7, 59_999]), 1)[0] == [[7], [59_999]]).all()


class TestWords:
    @pytest.fixture
    def built(self, pictures, encoder_folder, tmp_path, monkeypatch):
        monkeypatch.setattr(large, "LARGE_COUNT", 10)
        build_index(Catalog.open(str(pictures)), Encoder.from_pretrained(encoder_folder), tmp_path / "shop")
        return tmp_path / "shop"

    @staticmethod
    def answer(folder):
        shop = Recommender.from_index(open_folder(folder), Encoder.from_pretrained(folder))
        return [match.item.id for match in shop.recommend(text="red caps", k=9)], shop.suggest("ca")

    def test_a_build_writes_them_and_an_app_does_not_index_them_again(self, built, monkeypatch):
        written = self.answer(built)
        assert "words.sqlite" in IndexFolder.open(built).manifest.files and len(written[0]) > 0
        with monkeypatch.context() as patch:
            patch.setattr(FullText, "from_items", lambda items: pytest.fail("the words are indexed again"))
            assert self.answer(built) == written
        rewrite(built, lambda body: body["files"].pop("words.sqlite"))
        (built / "words.sqlite").unlink()
        assert self.answer(built) == written

    def test_a_small_catalogue_has_no_file_of_words(self, pictures, encoder_folder, tmp_path, monkeypatch):
        monkeypatch.setattr(large, "LARGE_COUNT", 1_000)
        build_index(Catalog.open(str(pictures)), Encoder.from_pretrained(encoder_folder), tmp_path / "shop")
        assert not (tmp_path / "shop" / "words.sqlite").exists()

    def test_a_file_that_is_altered_or_not_listed_is_refused(self, built):
        whole = (built / "words.sqlite").read_bytes()
        (built / "words.sqlite").write_bytes(whole[:-1] + b"x")
        with pytest.raises(IndexDamagedError, match="words.sqlite is not the file that was written"):
            IndexFolder.open(built)
        vouch_for(built, "words.sqlite")
        (built / "words.sqlite").write_bytes(b"no database")
        vouch_for(built, "words.sqlite")
        with pytest.raises(IndexDamagedError, match="words.sqlite does not hold the words of the products"):
            IndexFolder.open(built)
        rewrite(built, lambda body: body["files"].pop("words.sqlite"))
        with pytest.raises(IndexDamagedError, match=r"words.sqlite is in the index folder but not listed"):
            IndexFolder.open(built)
