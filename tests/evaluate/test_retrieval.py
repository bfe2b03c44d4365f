import pytest

from recsys.core.holdout import held_out
from recsys.evaluate.protocol import split_protocol
from recsys.evaluate.retrieval import score_attributes, score_classes
from tests.support.evaluation_shop import (
    by_label,
    count_held_out,
    pool,
)


def test_vectors_of_the_kind_score_1_and_random_vectors_score_chance():
    knowing = by_label(score_attributes(split_protocol(pool(600), "product", "product").retrieval))["articleType"]
    assert (knowing.precision.value, knowing.average_precision.value) == (1, 1)
    assert knowing.queries == count_held_out(600)
    blind = by_label(score_attributes(split_protocol(pool(3000, noise=1000), "product", "product").retrieval))[
        "articleType"
    ]
    assert blind.precision.low < 1 / 6 < blind.precision.high
    for chance in (blind.precision.value, blind.thumbnail.precision, blind.random.precision, blind.majority):
        assert chance == pytest.approx(1 / 6, abs=0.07)
    assert blind.average_precision.value == pytest.approx(blind.random.average_precision, abs=0.05)


def test_labels_are_joined_and_a_query_without_its_label_is_not_counted():
    scores = by_label(score_attributes(split_protocol(pool(600), "product", "product").retrieval))
    assert list(scores) == [
        "articleType",
        "baseColour",
        "gender",
        "articleType ∧ gender",
        "articleType ∧ baseColour",
        "articleType ∧ baseColour ∧ gender",
    ]
    women = sum(held_out(str(number)) for number in range(1, 600, 2))
    assert scores["gender"].queries == scores["articleType ∧ gender"].queries == women < scores["articleType"].queries
    assert scores["articleType ∧ baseColour"].precision.value < 1


def test_the_classes_of_the_queries_are_counted_and_scored():
    task = split_protocol(pool(600), "product", "product").retrieval
    classes = score_classes(task, "articleType")
    assert sum(found.queries for found in classes) == len(task.queries)
    assert {found.precision for found in classes} == {1}
    assert [found.queries for found in classes] == sorted((found.queries for found in classes), reverse=True)
