import numpy as np
import pytest

from recsys.evaluate.classification import evaluate_heads
from recsys.evaluate.protocol import split_protocol
from testkit.fake_shop import KINDS
from tests.support.evaluation_shop import pool


def test_heads_are_judged_and_a_value_they_do_not_know_counts_as_wrong():
    task = split_protocol(pool(600), "product", "product").retrieval
    truth = [KINDS.index(item.attributes["articleType"]) for item in task.queries.items]
    logits = np.eye(6, dtype=np.float32)[truth]
    (right,) = evaluate_heads(task, {"articleType": logits}, {"articleType": KINDS})
    assert (right.accuracy.value, right.macro_f1, right.weighted_f1, right.unknown) == (1, 1, 1, 0)
    caps = truth.count(5)
    (part,) = evaluate_heads(task, {"articleType": logits[:, :5]}, {"articleType": KINDS[:5]})
    assert part.unknown == caps > 0
    assert part.accuracy.value == pytest.approx(1 - caps / len(truth))
    assert part.macro_f1 < 1
    assert part.majority == pytest.approx(1 / 6, abs=0.1)
    assert evaluate_heads(task, {"size": logits}, {"size": KINDS}) == ()
