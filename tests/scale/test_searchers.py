"""What every searcher owes to what stands above it: the same cases for Annoy and for Milvus.

Milvus Lite serves them here, and a real server where the package milvus is installed.
"""

import re

import numpy as np
import pytest

from recsys.core.items import Items
from recsys.core.linalg import unit
from recsys.core.ranking import recall_at_k
from recsys.errors import QueryError
from recsys.index.annoy import AnnoySearcher, build_for_recall

pytest.importorskip("pymilvus", reason="pymilvus is not installed: pip install -r requirements-scale.txt")

from recsys.stores.milvus import Milvus, delete
from recsys.stores.milvus.schema import expression
from tests.support.milvus_shop import collection_of, in_milvus

COUNT, DIM = 1500, 32
HOSTILE = ['a" or row >= 0 or a0 == "', "' OR 1 == 1 --", "a\\", "{x}", "x] or a0 in [0", "ü\n;", "%"]
FILTERS = [
    {"shade": "light"},
    {"shade": None},
    {"shade": ["dark", None], "rare": "no"},
    {"rare": "yes"},
    {"shade": ["light", "light"], 'quote"d': HOSTILE[:3]},
    *({'quote"d': value} for value in HOSTILE),
]


@pytest.fixture(scope="module")
def vectors():
    """Clusters of twenty, and rows 40 to 99 are one picture."""
    rng = np.random.default_rng(7)
    centres = np.repeat(rng.normal(size=(COUNT // 20, DIM)), 20, axis=0)
    found = unit((centres + 0.6 * rng.normal(size=(COUNT, DIM))).astype(np.float32))
    found[40:100] = found[40]
    return found


@pytest.fixture(scope="module")
def items():
    shades = [["light", "dark", None][row % 3] for row in range(COUNT)]
    rare = ["yes" if row % 300 == 7 else "no" for row in range(COUNT)]
    quoted = [HOSTILE[row % len(HOSTILE)] for row in range(COUNT)]
    return Items([str(row) for row in range(COUNT)], [None] * COUNT, {"shade": shades, "rare": rare, 'quote"d': quoted})


@pytest.fixture(scope="module")
def annoy(vectors, items, tmp_path_factory):
    path = tmp_path_factory.mktemp("annoy") / "vectors.ann"
    return AnnoySearcher(path, items, DIM, build_for_recall(vectors, path, items, 0.99)[-1].search_k)


@pytest.fixture(scope="module", params=["annoy", "milvus lite", "milvus server", "milvus server HNSW"])
def searcher(request, annoy, items, tmp_path_factory):
    if request.param == "annoy":
        yield annoy
        return
    lite = str(tmp_path_factory.mktemp("lite") / "shop.db")
    if request.param == "milvus lite":
        milvus = Milvus(lite)
    else:
        real = request.getfixturevalue("milvus_server")
        milvus = Milvus(real.uri, real.token)
    yield in_milvus(milvus, items, annoy, "HNSW" if request.param.endswith("HNSW") else None)
    delete(milvus, collection_of(items, annoy).name)


@pytest.fixture(scope="module")
def queries(vectors):
    rng = np.random.default_rng(1)
    return unit((vectors[rng.choice(COUNT, 60)] + 0.1 * rng.normal(size=(60, DIM))).astype(np.float32))


def by_hand(vectors, query, k, rows):
    cosines = np.vecdot(vectors[rows], query)
    order = np.lexsort((rows, -cosines))[:k]
    return rows[order], cosines[order].clip(-1, 1)


def test_without_a_filter_the_recall_is_what_was_asked_for(searcher, annoy, queries):
    rows, cosines = searcher.search(queries, 10)
    assert rows.shape == cosines.shape == (len(queries), 10)
    assert (rows.dtype, cosines.dtype) == (np.int64, np.float32)
    assert recall_at_k(cosines, annoy.exact(queries, 10)[1]) >= 0.98


@pytest.mark.parametrize("where", FILTERS, ids=range(len(FILTERS)))
@pytest.mark.parametrize("k", [1, 10, 100])
def test_a_filtered_search_is_the_exact_one(searcher, vectors, items, queries, where, k):
    passing = items.passing(where)
    rows, cosines = searcher.search(queries, k, where)
    assert rows.shape == (len(queries), min(k, len(passing)))
    for query, found, near in zip(queries, rows, cosines, strict=True):
        expected, exact = by_hand(vectors, query, k, passing)
        np.testing.assert_array_equal(found, expected)
        np.testing.assert_array_equal(near, exact)


def test_a_product_finds_itself_first_and_twins_come_in_row_order(searcher, vectors):
    rows, cosines = searcher.search(vectors[:200], 3)
    assert cosines[:, 0] == pytest.approx(1, abs=1e-6)
    alone = np.array([row for row in range(200) if not 40 <= row < 100])
    np.testing.assert_array_equal(rows[alone, 0], alone)
    np.testing.assert_array_equal(rows[40:100], np.tile([40, 41, 42], (60, 1)))


@pytest.mark.parametrize("where", [None, {"rare": "no"}])
def test_of_many_twins_the_first_are_given_however_many_are_asked_for(searcher, vectors, items, where):
    twins = np.array([row for row in items.passing(where or {}) if 40 <= row < 100])
    for k in (1, 5, 30, len(twins)):
        np.testing.assert_array_equal(searcher.search(vectors[40:41], k, where)[0][0], twins[:k])


def test_more_than_there_are_is_all_there_are(searcher, vectors, items):
    rows, cosines = searcher.search(vectors[:2], COUNT + 5)
    assert sorted(rows[0]) == sorted(rows[1]) == list(range(COUNT))
    assert (np.diff(cosines) <= 0).all()
    assert searcher.search(vectors[:1], 100, {"rare": "yes"})[0].shape == (1, 5)


def test_a_filter_that_none_passes_gives_none(searcher, vectors):
    assert searcher.search(vectors[:2], 5, {"rare": []})[0].shape == (2, 0)
    assert searcher.search(vectors[:2], 5, {"shade": [], "rare": "no"})[1].shape == (2, 0)


def test_no_query_has_no_answer(searcher, vectors):
    assert searcher.search(vectors[:0], 5, {"rare": "no"})[0].shape == (0, 5)


@pytest.mark.parametrize("where", [{"size": "M"}, {"rare": 'yes" or 1 == 1'}, {"rare": 3}, {"shade": "a0 in [0]"}])
def test_what_the_catalogue_does_not_have_is_refused(searcher, vectors, where):
    with pytest.raises(QueryError):
        searcher.search(vectors[:1], 5, where)


def test_the_vectors_are_those_that_went_in(searcher, vectors):
    np.testing.assert_array_equal(searcher.vectors([7, 3, 7]), vectors[[7, 3, 7]])
    assert searcher.vectors([]).shape == (0, DIM)


def test_queries_get_the_same_answer_together_as_alone(searcher, queries):
    rows, cosines = searcher.search(queries, 20, {"shade": "dark"})
    for query, found, near in zip(queries[:10], rows, cosines, strict=False):
        alone, apart = searcher.search(query[None], 20, {"shade": "dark"})
        np.testing.assert_array_equal(alone[0], found)
        np.testing.assert_array_equal(apart[0], near)


@pytest.mark.parametrize("where", FILTERS, ids=range(len(FILTERS)))
def test_nothing_that_a_catalogue_or_a_visitor_wrote_is_in_an_expression(items, where):
    assert re.fullmatch(r"a\d+ in \[[\d, ]+\]( and a\d+ in \[[\d, ]+\])*", expression(items, where))
