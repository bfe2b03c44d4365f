from dataclasses import replace

import numpy as np
import pytest

from recsys.core.columns import Column
from recsys.core.linalg import unit
from recsys.core.reranking import head_probabilities, ranked
from recsys.evaluate.pool import Pool
from recsys.evaluate.reranking import fit_ranking
from recsys.evaluate.search_task import SearchTask, nearest
from testkit.fake_shop import COLOURS, KINDS
from tests.support.evaluation_shop import items

COUNT = 900


class ColourHead:
    """Tells the colours, which are the last five numbers of a vector, better than the cosine does."""

    def __init__(self, sharpness):
        self.sharpness = sharpness
        self.values = {"baseColour": tuple(COLOURS)}

    def logits(self, vectors):
        return {"baseColour": self.sharpness * vectors[:, 6:11]}


@pytest.fixture(scope="module")
def task():
    products = items(COUNT)
    rng = np.random.default_rng(0)
    kinds = np.eye(6)[[KINDS.index(item.attributes["articleType"]) for item in products]]
    colours = np.eye(5)[[list(COLOURS).index(item.attributes["baseColour"]) for item in products]]
    noise = rng.normal(size=(COUNT, 11)) * [*[0.1] * 6, *[0.05] * 5]
    pool = Pool(products, unit(np.hstack([kinds, 0.15 * colours]) + noise), np.zeros((COUNT, 1), np.uint8))
    return SearchTask.disjoint(pool.take(np.arange(200)), pool.take(np.arange(200, COUNT)))


def test_the_ranking_is_fitted_where_the_heads_know_more_than_the_cosine(task):
    found = fit_ranking(task, ColourHead(60.0))
    assert found.weights["baseColour"] > 0
    assert found.scored == ("articleType", "baseColour", "gender")[: len(found.scored)]
    assert found.after > found.before + 0.05
    assert 0 < found.queries < 200
    assert found.chance("baseColour", 1.0) > 0.8 > 0.2 > found.chance("baseColour", 0.0)


def test_an_attribute_that_the_queries_lack_does_not_prevent_the_fit(task):
    patterned = [replace(item, attributes={**item.attributes, "pattern": "Solid"}) for item in task.gallery.items]
    gallery = Pool(patterned, task.gallery.vectors, task.gallery.thumbnails)
    assert fit_ranking(SearchTask.disjoint(task.queries, gallery), ColourHead(60.0)).weights["baseColour"] > 0


def test_the_kind_does_not_get_worse_for_the_sake_of_the_colour(task):
    found = fit_ranking(task, ColourHead(60.0))
    rows, cosines = nearest(task.queries.vectors, task.gallery.vector_blocks(), 100, task.own_rows)
    columns = {name: [item.value(name) for item in task.gallery.items] for name in ("articleType", "baseColour")}
    shares = head_probabilities(ColourHead(60.0).logits(task.queries.vectors)["baseColour"], list(COLOURS),
                                Column(columns["baseColour"]))  # fmt: skip
    codes = Column(columns["baseColour"]).codes[rows]
    gains = found.weights["baseColour"] * np.take_along_axis(shares, codes, axis=1)
    order = ranked(cosines, gains, np.inf)[:, :5]
    right = task.label(["articleType"]).matches(rows)
    assert np.take_along_axis(right, order, axis=1).mean() >= right[:, :5].mean() - 0.01


def test_there_is_no_ranking_where_nothing_is_gained(task):
    products = [item.__class__(item.id, None, {"brand": "one"}) for item in items(100)]
    plain = Pool(products, unit(np.random.default_rng(0).normal(size=(100, 8))), np.zeros((100, 1), np.uint8))
    assert fit_ranking(SearchTask.disjoint(plain.take(np.arange(50)), plain.take(np.arange(50, 100))), None) is None
    assert fit_ranking(task.take(np.arange(10)), ColourHead(60.0)) is None
    alike = Pool(task.gallery.items, np.eye(6)[[KINDS.index(i.attributes["articleType"]) for i in task.gallery.items]]
                 .astype(np.float32), np.zeros((len(task.gallery), 1), np.uint8))  # fmt: skip
    kinds_only = SearchTask.disjoint(alike.take(np.arange(100)), alike.take(np.arange(100, 700)))
    assert fit_ranking(kinds_only, None) is None
