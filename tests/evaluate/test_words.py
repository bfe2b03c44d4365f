from dataclasses import replace

import numpy as np

from recsys.core.linalg import unit
from recsys.evaluate.word_contenders import FullTextAlone, RandomProducts
from recsys.evaluate.word_queries import label_queries, name_queries
from recsys.evaluate.words import evaluate_words
from recsys.train.text_tower import fit_tower
from recsys.types import Item
from testkit.fake_shop import ThumbnailEncoder
from tests.support.worded_shop import TINY, spec_of_vectors, worded_items, worded_vectors

COUNT = 600
ITEMS = worded_items(COUNT)
EVERYTHING = np.arange(COUNT)
HELD = EVERYTHING % 20 == 0


class ReadsLabels:
    """A tower that knows the vectors of the values by heart."""

    def encode(self, texts):
        parts = [self._of(text) for text in texts]
        return np.array(parts, np.float32)

    def _of(self, text):
        items = [item for item in ITEMS if {*text.split()} <= {*" ".join(_words(item)).split()}]
        return worded_vectors(items, noise=0).mean(0) if items else np.zeros(16, np.float32)


def _words(item):
    return [item.name, *(item.attributes[name] for name in ("gender", "baseColour", "articleType"))]


def by_case(report):
    return {(score.case, score.encoder): score for score in report.scores}


def test_label_queries_are_values_that_enough_products_of_the_gallery_have_together():
    cases = {queries.case: queries for queries in label_queries(ITEMS, HELD, EVERYTHING)}
    assert list(cases) == [
        "articleType",
        "gender articleType",
        "baseColour articleType",
        "gender baseColour articleType",
    ]
    queries = cases["gender articleType"]
    assert all(len(right) >= 10 for right in queries.right)
    text, right = queries.texts[0], queries.right[0]
    assert {f"{ITEMS[row].attributes['gender']} {ITEMS[row].attributes['articleType']}" for row in right} == {text}
    assert label_queries(ITEMS, HELD, EVERYTHING[:9]) == []
    every = label_queries(ITEMS, HELD, EVERYTHING, every=True)
    assert len(every[0].texts) == 6 >= len(cases["articleType"].texts)


def test_the_name_of_a_held_out_product_asks_for_this_product():
    queries = name_queries(ITEMS, HELD, EVERYTHING)
    assert len(queries.texts) == HELD.sum()
    assert queries.texts[0] == ITEMS[int(queries.right[0][0])].name


def test_full_text_needs_all_words_and_may_find_nothing():
    full_text = FullTextAlone([*ITEMS[:50], Item("quoted", 'Say "AND" NOT', {})])
    everything = np.arange(51)
    (blue, none, quoted, empty) = full_text.find(["navy caps", "caps for her", '"and" not', "…"], everything, 10)
    assert {ITEMS[row].attributes["articleType"] for row in blue} == {"Caps"}
    assert (len(none), quoted.tolist(), len(empty)) == (0, [50], 0)
    (some,) = full_text.find(["caps"], np.arange(10), 10)
    assert len(some) > 0 and some.max() < 10


def test_a_perfect_tower_finds_everything_and_random_products_nothing_much():
    labels, every, held, names, typed = evaluate_words(ITEMS, worded_vectors(ITEMS, noise=0), HELD, ReadsLabels())
    scores = by_case(labels)
    assert scores["baseColour articleType", "text tower alone"].measures["P@10"].value == 1.0
    assert scores["baseColour articleType", RandomProducts().name].measures["P@10"].value < 0.3
    assert scores["baseColour articleType", FullTextAlone.name].measures["no answer"].value == 0.0
    assert by_case(every)["articleType", "text tower alone"].queries == 6
    assert "the 30 held-out products" in held.note
    score = by_case(names)["name", "text tower alone"]
    assert score.measures["R@100"].value == 1.0
    assert "| name | text tower alone |" in names.to_markdown()
    assert by_case(typed)["plain", FullTextAlone.name].measures["P@10"].value > 0.9
    assert by_case(typed)["messy", FullTextAlone.name].measures["no answer"].value > 0.2


def test_with_an_encoder_the_whole_pipeline_answers_and_words_move_pictures():
    items = [
        replace(item, name=f"striped {item.name}" if row // 60 % 2 else item.name) for row, item in enumerate(ITEMS)
    ]
    vectors = worded_vectors(items)
    vectors[:, -1] += 0.5 * (EVERYTHING // 60 % 2)
    tower = fit_tower(items, unit(vectors), spec_of_vectors(), TINY)
    reports = evaluate_words(items, unit(vectors), HELD, tower, ThumbnailEncoder())
    typed, looks = by_case(reports[-2]), by_case(reports[-1])
    assert typed["messy", "whole pipeline"].measures["no answer"].value == 0.0
    assert typed["messy", "whole pipeline"].measures["P@10"].value > 0.9
    alone, moved = looks["striped", "picture alone"], looks["striped", "by look alone"]
    assert moved.measures["named so"].value - alone.measures["named so"].value >= 0.3
    assert looks["striped", "by names and look"].measures["named so"].value >= 0.9
    assert looks["striped", "by names and look"].measures["same kind"].value >= 0.7
    assert "floral" not in {case for case, _ in looks}


def test_without_a_tower_full_text_is_measured_alone():
    labels = evaluate_words(ITEMS, worded_vectors(ITEMS), HELD, None)[0]
    assert {score.encoder for score in labels.scores} == {FullTextAlone.name, RandomProducts().name}
