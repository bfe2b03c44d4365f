import math

import pytest
import torch
from torch.nn import functional as F

from recsys.train.config import TrainConfig
from recsys.train.model import Outputs, Targets, loss_of

CONFIG = TrainConfig(label_smoothing=0.0, words=0.0, outliers=0.0, attributes={"kind": 1.0})
NOTHING = torch.zeros(4, dtype=torch.bool)
NO_WORDS = torch.zeros(4, 3, dtype=torch.bool)
KINDS = torch.tensor([0, 0, 1, 1])


def outputs(embedding, logits=None, words=None):
    logits = torch.zeros(len(embedding), 2) if logits is None else logits
    return Outputs(F.normalize(embedding), {"kind": logits}, words)


def config(**changes):
    return TrainConfig(**{**vars(CONFIG), **changes})


def test_a_missing_label_does_not_train():
    logits = torch.randn(4, 2, requires_grad=True)
    targets = Targets({"kind": torch.tensor([1, -1, 0, -1])}, NO_WORDS, NOTHING)
    loss_of(outputs(torch.ones(4, 5), logits), targets, CONFIG).backward()
    assert logits.grad[[0, 2]].abs().sum() > 0
    assert logits.grad[[1, 3]].abs().sum() == 0


def test_no_label_at_all_is_no_loss():
    missing = Targets({"kind": torch.full((4,), -1)}, NO_WORDS, NOTHING)
    assert loss_of(outputs(torch.ones(4, 5)), missing, CONFIG) == 0


def test_a_margin_asks_for_more_than_being_right():
    logits = torch.tensor([[9.0, 0.0], [9.0, 0.0], [0.0, 9.0], [0.0, 9.0]])
    targets = Targets({"kind": KINDS}, NO_WORDS, NOTHING)
    given = outputs(torch.ones(4, 5), logits)
    losses = [float(loss_of(given, targets, config(margins=margins))) for margins in ({}, {"kind": 0.4})]
    assert losses[0] < 0.01
    assert losses[1] == pytest.approx(math.log(1 + math.exp(20 * 0.4 - 9)), abs=1e-4)


def test_outliers_are_to_be_far_from_products():
    targets = Targets({"kind": torch.tensor([-1, -1, 0, 1])}, NO_WORDS, torch.tensor([True, True, False, False]))
    products = torch.tensor([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])
    near = torch.cat([torch.tensor([[1.0, 0.1, 0.0], [0.0, 0.0, 1.0]]), products])
    far = torch.cat([torch.tensor([[-1.0, -1.0, 0.0], [0.0, 0.0, 1.0]]), products])
    with_outliers = config(outliers=1.0)
    losses = [float(loss_of(outputs(embedding), targets, with_outliers)) for embedding in (near, far)]
    assert losses[0] > losses[1] + 0.5
    assert loss_of(outputs(near), targets, CONFIG) == loss_of(outputs(far), targets, CONFIG)
    alone = Targets({"kind": torch.full((4,), -1)}, NO_WORDS, torch.ones(4, dtype=torch.bool))
    assert loss_of(outputs(near), alone, with_outliers) == 0


def test_words_are_learned_as_equal_shares_of_a_softmax():
    words = torch.tensor([[1, 1, 0]] * 4, dtype=torch.bool)
    targets = Targets({"kind": torch.full((4,), -1)}, words, NOTHING)
    scores = torch.tensor([[20.0, 20.0, 0.0]] * 4)
    loss = loss_of(outputs(torch.ones(4, 5), words=scores), targets, config(words=1.0))
    assert loss == pytest.approx(math.log(2), abs=1e-4)


def test_the_contrast_is_smaller_where_alike_things_are_near():
    near = torch.tensor([[1.0, 0.0], [1.0, 0.1], [0.0, 1.0], [0.1, 1.0]])
    far = near[[0, 2, 1, 3]]
    targets = Targets({"kind": KINDS}, NO_WORDS, NOTHING)
    with_contrast = config(contrast=1.0)
    assert loss_of(outputs(near), targets, with_contrast) < loss_of(outputs(far), targets, with_contrast) - 1
    alone = Targets({"kind": torch.tensor([0, 1, 2, -1])}, NO_WORDS, NOTHING)
    assert torch.isfinite(loss_of(outputs(near, torch.zeros(4, 3)), alone, with_contrast))
