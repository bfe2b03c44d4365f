import json

import numpy as np
import pytest
from fake_shop import COLOURS, KINDS, draw, encoded

from recsys import evaluate
from recsys.errors import CatalogError
from recsys.metrics import interval, precision_at_k, recall_at_k
from recsys.types import Item, Product


def products(count=60):
    for number in range(count):
        kind, colour = KINDS[number % 6], list(COLOURS)[number // 6 % 5]
        labels = {"articleType": kind, "gender": "Women" if number % 2 else None}
        yield Product(Item(str(number), None, labels), encoded(draw(kind, COLOURS[colour], (48, 64))))
    yield Product(Item("broken", None, {"articleType": "Caps", "gender": None}), b"")


def is_query(item_id):
    return int(item_id) < 12


def test_precision_counts_the_neighbours_with_the_querys_label():
    neighbours = np.array([[1, 1, 2, 3, 1], [4, 4, 4, 4, 4], [0, 0, 0, 0, 0]])
    assert precision_at_k(neighbours, np.array([1, 4, 9])).tolist() == [0.6, 1.0, 0.0]


def test_recall_counts_by_distance_so_that_of_two_equal_products_either_is_right():
    exact = np.array([[0.9, 0.8, 0.8]], dtype=np.float32)
    assert recall_at_k(np.array([[0.9, 0.8, 0.8]], dtype=np.float32), exact) == 1
    assert recall_at_k(np.array([[0.9, 0.8, 0.5]], dtype=np.float32), exact) == pytest.approx(2 / 3)


def test_the_interval_holds_the_mean_and_narrows_with_more_queries():
    rng = np.random.default_rng(0)
    few, many = rng.random(30), rng.random(3000)
    low, high = interval(many)
    assert low < many.mean() < high
    assert high - low < np.subtract(*interval(few)[::-1]) / 3
    assert interval(many) == (low, high)


def test_an_encoder_that_knows_the_label_scores_one_and_one_that_knows_nothing_scores_chance():
    truth = {item.item.id: KINDS.index(item.item.attributes["articleType"]) for item in products() if item.picture}
    order = iter(truth.values())
    knowing = evaluate.evaluate(
        products(), lambda images: np.eye(6, dtype=np.float32)[[next(order) for _ in images]], is_query
    )
    assert knowing[0].label == "articleType"
    assert (knowing[0].precision, knowing[0].queries) == (1, 12)
    rng = np.random.default_rng(0)
    blind = evaluate.evaluate(products(), lambda images: rng.normal(size=(len(images), 9)).astype(np.float32), is_query)
    assert blind[0].precision < 0.45
    assert blind[0].low <= blind[0].precision <= blind[0].high
    assert blind[0].majority == pytest.approx(1 / 6)


def test_labels_are_joined_and_a_query_without_its_label_is_not_counted():
    scores = {score.label: score for score in evaluate.evaluate(products(), evaluate.thumbnail_vectors, is_query)}
    assert list(scores) == ["articleType", "gender", "articleType ∧ gender"]
    assert (scores["articleType"].queries, scores["gender"].queries) == (12, 6)
    assert scores["articleType"].precision == scores["articleType"].thumbnail


def test_too_few_products_are_refused():
    with pytest.raises(CatalogError, match="too few to judge"):
        evaluate.evaluate(products(4), evaluate.thumbnail_vectors, is_query)
    with pytest.raises(CatalogError, match="no picture to judge by"):
        evaluate.evaluate([], evaluate.thumbnail_vectors, is_query)


def test_about_a_twentieth_is_held_out_and_always_the_same():
    held = [evaluate.held_out(str(number)) for number in range(20_000)]
    assert 0.045 < np.mean(held) < 0.055
    assert held == [evaluate.held_out(str(number)) for number in range(20_000)]


def test_the_command_prints_a_table_or_json(pictures, encoder_folder, monkeypatch, capsys):
    monkeypatch.setattr(evaluate, "held_out", lambda item_id: "Red" in item_id)
    command = ["--encoder", str(encoder_folder), "--dataset", str(pictures)]
    assert evaluate.main(command) == 0
    assert "| label | 6 | " in capsys.readouterr().out
    assert evaluate.main([*command, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)[0]["queries"] == 6
    assert evaluate.main(["--encoder", "no_such_net", "--dataset", str(pictures)]) == 1
    assert "error: no_such_net is no encoder" in capsys.readouterr().err
