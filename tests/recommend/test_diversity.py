import numpy as np
import pytest

from recsys.core.linalg import unit
from recsys.errors import QueryError
from recsys.recommend.diversity import maximal_marginal_relevance, pool_size


def pool(groups, each, seed=0, spread=0.15):
    """Matches of a query in tight groups, as near-duplicates lie: relevance, vectors and groups, best first."""
    rng = np.random.default_rng(seed)
    query = unit(rng.normal(size=(1, 32)))
    centres = query + spread * rng.normal(size=(groups, 32))
    vectors = unit(np.repeat(centres, each, axis=0) + spread / 5 * rng.normal(size=(groups * each, 32)))
    relevance = (vectors @ query[0]).astype(np.float32)
    order = np.argsort(-relevance)
    return relevance[order], vectors[order], np.repeat(np.arange(groups), each)[order]


def likeness(vectors):
    return float((vectors @ vectors.T)[np.triu_indices(len(vectors), 1)].mean())


def test_without_diversity_the_first_come_in_order():
    relevance, vectors, _ = pool(6, 5)
    assert maximal_marginal_relevance(relevance, vectors, 7, 0).tolist() == list(range(7))


def test_with_full_diversity_every_group_has_its_turn_and_the_best_stays_first():
    relevance, vectors, groups = pool(6, 5)
    places = maximal_marginal_relevance(relevance, vectors, 6, 1)
    assert places[0] == 0
    assert sorted(groups[places].tolist()) == list(range(6))
    assert len(set(groups[:6].tolist())) < 6


@pytest.mark.parametrize("spread", [0.15, 0.01])
def test_each_step_of_the_slider_varies_more_however_closely_the_pool_lies(spread):
    unlike, kept = np.zeros(5), np.zeros(5)
    for seed in range(8):
        relevance, vectors, _ = pool(50, 2, seed, spread)
        steps = [maximal_marginal_relevance(relevance, vectors, 20, diversity) for diversity in (0, 0.25, 0.5, 0.75, 1)]
        unlike += [1 - likeness(vectors[places]) for places in steps]
        kept += [np.mean(places < 20) / 8 for places in steps]
    assert (np.diff(unlike) > 0).all()
    assert (np.diff(kept) < -0.04).all() and kept[0] == 1 and kept[-1] < 0.5


def test_places_are_distinct_and_no_more_than_there_are():
    relevance, vectors, _ = pool(2, 3)
    for diversity in (0, 0.3, 1):
        assert sorted(maximal_marginal_relevance(relevance, vectors, 50, diversity).tolist()) == list(range(6))
        assert len(maximal_marginal_relevance(relevance[:0], vectors[:0], 5, diversity)) == 0
    assert maximal_marginal_relevance(relevance[:1], vectors[:1], 5, 0.5).tolist() == [0]


def test_equal_matches_are_no_trouble():
    same = np.repeat(np.eye(1, 8, dtype=np.float32), 4, axis=0)
    assert maximal_marginal_relevance(np.ones(4, dtype=np.float32), same, 3, 0.5).tolist() == [0, 1, 2]


@pytest.mark.parametrize("diversity", [-0.1, 1.5, float("nan")])
def test_a_diversity_out_of_range_is_refused(diversity):
    relevance, vectors, _ = pool(2, 3)
    with pytest.raises(QueryError, match="from 0 .* to 1"):
        maximal_marginal_relevance(relevance, vectors, 3, diversity)


def test_the_pool_grows_with_k_up_to_a_bound():
    assert [pool_size(k) for k in (1, 20, 100, 200)] == [5, 100, 500, 500]
