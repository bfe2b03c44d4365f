import errno
import shutil
import time

import annoy
import numpy as np
import pytest

from recsys.core.items import Items
from recsys.core.linalg import unit
from recsys.core.ranking import recall_at_k
from recsys.errors import IndexDamagedError
from recsys.index.annoy import AnnoySearcher, build, build_for_recall, exact
from recsys.index.annoy import file as annoy_file
from recsys.index.annoy import searcher as annoy_searcher

COUNT, DIM = 2000, 24


@pytest.fixture(scope="module")
def vectors():
    rng = np.random.default_rng(7)
    centres = np.repeat(rng.normal(size=(COUNT // 20, DIM)), 20, axis=0)
    return unit(centres + 0.6 * rng.normal(size=(COUNT, DIM)))


@pytest.fixture(scope="module")
def items():
    shades = [["light", "dark", None][row % 3] for row in range(COUNT)]
    return Items([str(row) for row in range(COUNT)], [None] * COUNT, {"shade": shades, "rare": rare(COUNT)})


def rare(count):
    return ["yes" if row % 400 == 7 else "no" for row in range(count)]


@pytest.fixture(scope="module")
def built(vectors, items, tmp_path_factory):
    path = tmp_path_factory.mktemp("annoy") / "vectors.ann"
    return path, build_for_recall(vectors, path, items, 0.99)


@pytest.fixture(scope="module")
def searcher(built, items):
    path, curve = built
    return AnnoySearcher(path, items, DIM, curve[-1].search_k)


def by_hand(vectors, queries, k, rows):
    cosines = queries @ vectors[rows].T
    order = np.argsort(-cosines, axis=1, kind="stable")[:, :k]
    return rows[order], np.take_along_axis(cosines, order, 1)


def test_the_vectors_are_read_from_the_annoy_file_as_they_went_in(searcher, vectors):
    np.testing.assert_array_equal(searcher.vectors(range(COUNT)), vectors)


def test_the_search_reaches_the_recall_that_was_asked_for_with_queries_like_no_product(searcher, vectors):
    rng = np.random.default_rng(1)
    queries = unit(vectors[rng.choice(COUNT, 300)] + 0.1 * rng.normal(size=(300, DIM)))
    exact = searcher.exact(queries, 10)[1]
    assert recall_at_k(searcher.approximate(queries, 10)[1], exact) >= 0.98
    assert recall_at_k(searcher.search(queries, 10)[1], exact) >= 0.98


def test_products_are_searched_for_as_if_the_catalogue_did_not_have_them(searcher, vectors):
    rows = np.arange(0, COUNT, 5)
    found, cosines = searcher.approximate_others(rows, 10)
    assert not (found == rows[:, None]).any()
    assert recall_at_k(cosines, searcher.exact(vectors[rows], 11)[1][:, 1:]) >= 0.99


def test_the_last_point_of_the_curve_reaches_the_recall_and_is_that_of_the_file(built):
    path, curve = built
    trees = annoy.AnnoyIndex(DIM, "euclidean")
    trees.load(str(path))
    assert curve[-1].recall >= 0.99
    assert curve[-1].n_trees == trees.get_n_trees()
    assert 0.9 * curve[-1].work <= min(point.work for point in curve if point.recall >= 0.993)


def test_the_neighbours_of_what_annoy_finds_are_found_too(built, items, vectors, tmp_path):
    path, _ = built
    (tmp_path / "alone.ann").write_bytes(path.read_bytes())
    queries = unit(vectors[::7] + 0.3 * np.random.default_rng(2).normal(size=vectors[::7].shape))
    exact = AnnoySearcher(path, items, DIM, 1).exact(queries, 10)[1]
    alone, beside = (
        recall_at_k(AnnoySearcher(file, items, DIM, 10).approximate(queries, 10)[1], exact)
        for file in (tmp_path / "alone.ann", path)
    )
    assert beside > alone + 0.1


@pytest.mark.parametrize("way", ["search", "approximate", "exact"])
def test_every_vector_finds_itself_first(searcher, vectors, way):
    rows, cosines = getattr(searcher, way)(vectors, 1)
    assert rows[:, 0].tolist() == list(range(COUNT))
    np.testing.assert_allclose(cosines, 1, atol=1e-6)


@pytest.mark.parametrize(
    "where",
    [{"shade": "dark"}, {"shade": None}, {"rare": "yes"}, {"rare": "yes", "shade": ["light", "dark"]}, {"rare": "no"}],
    ids=str,
)
@pytest.mark.parametrize("k", [1, 5, 100])
def test_a_filtered_search_is_the_exact_one(searcher, vectors, items, where, k):
    queries = unit(vectors[:20] + 0.2)
    rows, cosines = searcher.search(queries, k, where)
    expected_rows, expected = by_hand(vectors, queries, k, items.passing(where))
    np.testing.assert_allclose(cosines, expected, atol=1e-6)
    np.testing.assert_array_equal(rows, expected_rows)


@pytest.mark.parametrize("where", [None, {"shade": "dark"}, {"rare": "yes"}, {"rare": "no"}], ids=str)
def test_queries_get_the_same_answer_together_as_alone(searcher, vectors, where, monkeypatch):
    monkeypatch.setattr(exact, "MAX_BLOCK_COSINES", 50 * COUNT)
    queries = unit(vectors[:120] + 0.2)
    rows, cosines = searcher.exact(queries, 20, where)
    for place, query in enumerate(queries):
        alone_rows, alone = searcher.exact(query[None], 20, where)
        np.testing.assert_array_equal(rows[place], alone_rows[0])
        np.testing.assert_array_equal(cosines[place], alone[0])


@pytest.mark.parametrize("where", [None, {"half": "yes"}, {"half": ["yes", "no"]}], ids=str)
@pytest.mark.parametrize("count", [1, 30])
def test_products_of_one_picture_come_in_row_order(vectors, tmp_path, where, count):
    twins = vectors[np.arange(1500) % 10]
    halves = ["yes" if row % 4 < 2 else "no" for row in range(len(twins))]
    items = Items([str(row) for row in range(len(twins))], [None] * len(twins), {"half": halves})
    build(twins, tmp_path / "twins.ann", 5)
    searcher = AnnoySearcher(tmp_path / "twins.ann", items, DIM, 10**5)
    rows, _ = searcher.search(twins[:count], 40, where)
    for row, found in enumerate(rows.tolist()):
        same = range(row % 10, len(twins), 10)
        assert found == [twin for twin in same if where != {"half": "yes"} or halves[twin] == "yes"][:40]


def test_all_are_compared_where_that_is_faster_than_annoy(built, items, vectors):
    searcher = AnnoySearcher(built[0], items, DIM, 10**6)
    times = {way: [] for way in (searcher.search, searcher.approximate)}
    for query in vectors[:10]:
        for way, taken in times.items():
            started = time.perf_counter()
            way(query[None], 10)
            taken.append(time.perf_counter() - started)
    assert min(times[searcher.search]) < min(times[searcher.approximate]) / 3


@pytest.mark.parametrize("is_fast", [True, False])
def test_a_repeatable_search_does_not_depend_on_what_is_faster(built, items, vectors, monkeypatch, is_fast):
    path, _ = built
    searcher = AnnoySearcher(path, items, DIM, 1)
    searcher._scan_is_fast = is_fast
    again = searcher.repeatable()
    np.testing.assert_array_equal(again.search(vectors[:20], 5)[0], searcher.exact(vectors[:20], 5)[0])
    monkeypatch.setattr(annoy_searcher, "MAX_SCANNED", COUNT - 1)
    large = searcher.repeatable()
    np.testing.assert_array_equal(large.search(vectors[:20], 5)[0], searcher.approximate(vectors[:20], 5)[0])


def test_a_filter_that_few_pass_gives_all_of_them_and_none_gives_none(searcher, vectors):
    assert searcher.search(vectors[:1], 100, {"rare": "yes"})[0].shape == (1, 5)
    assert searcher.search(vectors[:1], 100, {"rare": []})[0].shape == (1, 0)


def test_more_neighbours_than_products_gives_every_product(tmp_path):
    vectors = unit(np.random.default_rng(0).normal(size=(3, 4)))
    items = Items(list("abc"), [None] * 3, {})
    curve = build_for_recall(vectors, tmp_path / "few.ann", items, 0.99)
    rows, cosines = AnnoySearcher(tmp_path / "few.ann", items, 4, curve[-1].search_k).search(vectors, 100)
    assert [sorted(row) for row in rows.tolist()] == [[0, 1, 2]] * 3
    assert (np.diff(cosines) <= 0).all()


def test_one_product_and_equal_products_can_be_indexed(tmp_path):
    for count in (1, 40):
        vectors = np.repeat(unit(np.ones((1, 8))), count, axis=0)
        items = Items([str(row) for row in range(count)], [None] * count, {})
        curve = build_for_recall(vectors, tmp_path / f"{count}.ann", items, 0.99)
        assert curve[-1].recall == 1
        found = AnnoySearcher(tmp_path / f"{count}.ann", items, 8, 100).search(vectors[:1], 5)
        assert found[0].tolist() == [list(range(min(5, count)))]


def test_equal_vectors_give_an_equal_index(built, vectors, items, tmp_path):
    path, curve = built
    assert build_for_recall(vectors.copy(), tmp_path / "vectors.ann", items, 0.99) == curve
    for file in path.parent.iterdir():
        assert file.read_bytes() == (tmp_path / file.name).read_bytes()
    assert {file.suffix for file in tmp_path.iterdir()} == {".ann", ".npy"}


def test_an_index_of_the_angular_metric_without_neighbours_is_searched_too(vectors, items, tmp_path):
    older = annoy.AnnoyIndex(DIM, "angular")
    for row, vector in enumerate(vectors):
        older.add_item(row, vector.tolist())
    older.build(10)
    older.save(str(tmp_path / "older.ann"))
    searcher = AnnoySearcher(tmp_path / "older.ann", items, DIM, 1000, "angular")
    np.testing.assert_array_equal(searcher.vectors(range(COUNT)), vectors)
    queries = unit(vectors[:100] + 0.1)
    assert recall_at_k(searcher.approximate(queries, 10)[1], searcher.exact(queries, 10)[1]) > 0.9
    with pytest.raises(IndexDamagedError, match="has the metric 'dot'; known are euclidean, angular"):
        AnnoySearcher(tmp_path / "older.ann", items, DIM, 1000, "dot")


def out_of_range(rows):
    rows[7, 3] = COUNT
    return rows


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda rows: rows[:-1], "does not hold the neighbours of 2000 items"),
        (lambda rows: rows.astype(float), "does not hold the neighbours of 2000 items"),
        (out_of_range, "does not hold the neighbours of 2000 items"),
        (None, "vectors.neighbours.npy cannot be read"),
    ],
)
def test_neighbours_of_another_index_are_refused(built, items, tmp_path, change, message):
    for file in built[0].parent.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    path = tmp_path / "vectors.neighbours.npy"
    if change:
        np.save(path, change(np.load(path)))
    else:
        path.write_bytes(b"nothing of the kind")
    with pytest.raises(IndexDamagedError, match=message):
        AnnoySearcher(tmp_path / "vectors.ann", items, DIM, 100)


@pytest.mark.parametrize(("dim", "count"), [(DIM + 1, COUNT), (DIM, COUNT - 1), (DIM, 10**6)])
def test_a_file_of_another_shape_is_refused(searcher, vectors, items, tmp_path, dim, count):
    path = tmp_path / "vectors.ann"
    build(vectors, path, 3)
    others = Items([str(row) for row in range(count)], [None] * count, {})
    with pytest.raises(IndexDamagedError, match="vectors.ann.*rebuild it with build_index.py"):
        AnnoySearcher(path, others, dim, 100)


def test_vectors_that_are_not_of_length_one_are_refused(vectors, items, tmp_path):
    build(2 * vectors, tmp_path / "long.ann", 1)
    with pytest.raises(IndexDamagedError, match="not of length one"):
        AnnoySearcher(tmp_path / "long.ann", items, DIM, 100)


class TestManyVectors:
    """What a build does with more vectors than it holds in memory, on a few."""

    def test_an_index_that_is_built_in_its_file_has_the_same_bytes(self, built, vectors, items, tmp_path, monkeypatch):
        monkeypatch.setattr(annoy_file, "MAX_ROWS_IN_MEMORY", 100)
        path = tmp_path / "vectors.ann"
        curve = build_for_recall(vectors, path, items, 0.99)
        assert curve == built[1]
        for name in ("vectors.ann", "vectors.neighbours.npy"):
            assert (tmp_path / name).read_bytes() == (built[0].parent / name).read_bytes()

    def test_a_disk_without_room_for_the_file_is_said_before_it_fills(self, vectors, tmp_path, monkeypatch):
        monkeypatch.setattr(annoy_file, "MAX_ROWS_IN_MEMORY", 100)
        monkeypatch.setattr(annoy_file.shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(2**20, 2**20, 1000))
        with pytest.raises(OSError, match="the search index needs up to") as caught:
            build(vectors, tmp_path / "vectors.ann", 10)
        assert caught.value.errno == errno.ENOSPC and not (tmp_path / "vectors.ann").exists()

    def test_blocks_of_vectors_give_what_all_at_once_give(self, vectors, monkeypatch):
        vectors = vectors.copy()
        vectors[700:760] = vectors[5]
        queries = vectors[:40]
        whole = exact.ExactSearch(vectors).nearest(queries, 15)
        monkeypatch.setattr(exact, "BLOCK_ROWS", 300)
        for found, expected in zip(exact.ExactSearch(vectors).nearest(queries, 15), whole, strict=True):
            np.testing.assert_array_equal(found, expected)
