import numpy as np
import pytest

from recsys.errors import IndexDamagedError
from recsys.index import AnnoySearcher, build, build_for_recall
from recsys.items import Items
from recsys.metrics import recall_at_k
from recsys.projection import unit

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
def searcher(vectors, items, tmp_path_factory):
    path = tmp_path_factory.mktemp("annoy") / "vectors.ann"
    curve = build_for_recall(vectors, path, items, 0.99)
    return AnnoySearcher(path, items, DIM, curve[-1].search_k)


def by_hand(vectors, queries, k, rows):
    cosines = queries @ vectors[rows].T
    order = np.argsort(-cosines, axis=1, kind="stable")[:, :k]
    return rows[order], np.take_along_axis(cosines, order, 1)


def test_the_vectors_are_read_from_the_annoy_file_as_they_went_in(searcher, vectors):
    np.testing.assert_array_equal(searcher.vectors(range(COUNT)), vectors)


def test_the_served_search_reaches_the_recall_that_was_asked_for(searcher, vectors):
    rng = np.random.default_rng(1)
    queries = unit(vectors[rng.choice(COUNT, 300)] + 0.1 * rng.normal(size=(300, DIM)))
    _, found = searcher.search(queries, 10)
    assert recall_at_k(found, searcher.exact(queries, 10)[1]) >= 0.98


def test_every_vector_finds_itself_first(searcher, vectors):
    rows, cosines = searcher.search(vectors, 1)
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


def test_equal_vectors_give_an_equal_file(vectors, tmp_path):
    build(vectors, tmp_path / "one.ann", 5)
    build(vectors.copy(), tmp_path / "two.ann", 5)
    assert (tmp_path / "one.ann").read_bytes() == (tmp_path / "two.ann").read_bytes()


@pytest.mark.parametrize(("dim", "count"), [(DIM + 1, COUNT), (DIM, COUNT - 1), (DIM, 10**6)])
def test_a_file_of_another_shape_is_refused(searcher, vectors, items, tmp_path, dim, count):
    path = tmp_path / "vectors.ann"
    build(vectors, path, 3)
    others = Items([str(row) for row in range(count)], [None] * count, {})
    with pytest.raises(IndexDamagedError, match="vectors.ann.*build it anew with build_index.py"):
        AnnoySearcher(path, others, dim, 100)


def test_vectors_that_are_not_of_length_one_are_refused(vectors, items, tmp_path):
    build(2 * vectors, tmp_path / "long.ann", 1)
    with pytest.raises(IndexDamagedError, match="not of length one"):
        AnnoySearcher(tmp_path / "long.ann", items, DIM, 100)
