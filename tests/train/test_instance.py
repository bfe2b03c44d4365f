"""Instance discrimination: the loss, the memory, and the pictures that training compares."""

import math
from dataclasses import replace

import pytest
import torch
from safetensors.torch import load_file
from torch.nn import functional as F

from recsys.catalog import Catalog
from recsys.train import loop
from recsys.train.augment import augment
from recsys.train.config import TrainConfig
from recsys.train.data import load
from recsys.train.instance import Memory, instance_loss
from recsys.train.model import freeze
from recsys.train.sampling import epoch_order
from recsys.types import Item, Product
from testkit.fake_shop import KINDS, draw, encoded

SMALL = TrainConfig(
    architecture="test_resnet", dim=8, height=32, width=24, epochs=1, batch_size=10, warmup_steps=2, memory=20
)
AXES = torch.eye(4)


@pytest.fixture(scope="module")
def data(pictures):
    return load(Catalog.open(str(pictures)), SMALL.height, SMALL.width)


def test_the_loss_is_small_if_two_views_are_near_and_large_if_they_are_not():
    groups = torch.arange(4)
    assert instance_loss(AXES, AXES, groups, 20.0) < 1e-6
    assert instance_loss(AXES, AXES.roll(1, 0), groups, 20.0) == pytest.approx(20 + math.log(1 + 2 * math.exp(-20)))


def test_products_of_one_name_are_positives_and_not_negatives():
    first = torch.tensor([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
    assert instance_loss(first, first, torch.tensor([0, 0, 1]), 20.0) < 1e-6
    assert instance_loss(first, first, torch.tensor([0, 1, 2]), 20.0) > 0.4
    apart = torch.tensor([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]])
    assert instance_loss(apart, apart, torch.tensor([0, 0, 1]), 20.0) > 0.2


def test_outliers_are_negatives_only():
    groups = torch.tensor([0, 1, 2, -1])
    first, second = AXES.clone(), AXES.clone()
    moved = second.clone()
    moved[3] = AXES[0]
    losses = [float(instance_loss(first, view, groups, 20.0)) for view in (second, moved)]
    assert losses[0] < 1e-6
    assert losses[1] > 0.1
    assert instance_loss(first, second, torch.full((4,), -1), 20.0) == 0


def test_the_memory_adds_negatives_and_forgets_the_oldest():
    memory = Memory(4, 4)
    assert instance_loss(AXES[:2], AXES[:2], torch.tensor([0, 1]), 20.0, memory) < 1e-6
    memory.keep(AXES[:2], torch.tensor([8, 9]))
    assert instance_loss(AXES[:2], AXES[:2], torch.tensor([0, 1]), 20.0, memory) > 0.3
    memory.keep(AXES[2:], torch.tensor([5, 6]))
    memory.keep(AXES[2:3], torch.tensor([7]))
    assert memory.groups.tolist() == [7, 9, 5, 6]


def test_products_of_one_name_form_a_group():
    picture = encoded(draw("Caps", "#b3262e"))
    names = ["Red Cap", "Blue Cap", "Red Cap", None, None]
    products = [Product(Item(str(place), name, {"kind": "Cap"}), picture) for place, name in enumerate(names)]
    data = load(products, 32, 24, outliers=[Product(Item("x", "Red Cap", {}), picture)])
    assert data.groups.tolist() == [0, 1, 0, 2, 3, -1]


def test_training_embeds_the_unchanged_picture_by_the_moving_average(data, monkeypatch):
    seen = []
    forward = loop._Run._forward
    monkeypatch.setattr(
        loop._Run, "_forward", lambda run, model, part: (seen.append((model, part)), forward(run, model, part))[1]
    )
    run = loop._Run(replace(SMALL, plain=0.0), data)
    run.step(0)
    (trained, changed), (averaged, unchanged) = seen
    assert trained is run.model
    assert averaged is run.average.module
    assert torch.equal(unchanged, data.pictures[run._rows(0)].float() / 255)
    assert not torch.equal(changed, unchanged)
    assert torch.equal(run.memory.groups[:10], data.groups[run._rows(0)])
    loop._Run(replace(SMALL, instance=0.0), data).step(0)
    assert len(seen) == 3


def test_instance_training_makes_a_changed_picture_find_its_own(data):
    config = replace(SMALL, epochs=60, attributes={"label": 0.01}, learning_rate=5e-3, hard_negatives=0.0, memory=0)
    pictures, products = data.pictures[:30], data.products[:30]
    changed = augment(pictures, products, 0.0, 0.5, torch.Generator().manual_seed(1))
    losses = {}
    for weight in (0.0, 1.0):
        run = loop._Run(replace(config, instance=weight, ema_decay=0.9), data)
        for step in range(60):
            run.step(step)
        run.model.eval()
        with torch.inference_mode():
            views = [run._forward(run.model, part).embedding for part in (pictures.float() / 255, changed)]
        losses[weight] = float(instance_loss(*views, torch.arange(30), 20.0))
    assert losses[1.0] < 0.8 * losses[0.0]


def test_a_share_of_each_batch_is_of_one_article_type(data):
    labels = torch.arange(200) % 4
    even = replace(data, ids=[""] * 200, labels={"articleType": labels}, groups=torch.arange(200) // 8)
    config = replace(SMALL, batch_size=20, balance=0.0, hard_negatives=0.5)
    order = epoch_order(even, config, 0)
    assert sorted(order.tolist()) == list(range(200))
    batches = labels[order].view(10, 20)
    assert sum(len(set(batch[:10].tolist())) == 1 for batch in batches) >= 6
    assert all(len(set(batch[10:].tolist())) > 1 for batch in batches)
    assert sorted(epoch_order(even, replace(config, hard_negatives=0.0), 0).tolist()) == list(range(200))


def test_a_run_with_a_memory_continues_exactly_after_an_interruption(data, tmp_path, monkeypatch):
    monkeypatch.setattr(loop, "CHECKPOINT_EVERY", 2)
    config = replace(SMALL, epochs=2)
    loop.train(config, data, data, tmp_path / "unbroken")
    steps, step = iter(range(100)), loop._Run.step

    def interrupted(run, number):
        if next(steps) == 3:
            raise KeyboardInterrupt
        return step(run, number)

    monkeypatch.setattr(loop._Run, "step", interrupted)
    with pytest.raises(KeyboardInterrupt):
        loop.train(config, data, data, tmp_path / "broken")
    monkeypatch.setattr(loop._Run, "step", step)
    loop.train(config, data, data, tmp_path / "broken")
    ours, theirs = (load_file(tmp_path / name / "model.safetensors") for name in ("broken", "unbroken"))
    assert all(torch.equal(ours[name], theirs[name]) for name in theirs)


def test_frozen_stages_keep_their_weights_and_statistics(data):
    run = loop._Run(replace(SMALL, frozen_stages=2), data)
    before = {name: tensor.clone() for name, tensor in run.model.backbone.state_dict().items()}
    run.step(0)
    after = run.model.backbone.state_dict()
    changed = {name.split(".")[0] for name in before if not torch.equal(before[name], after[name])}
    assert not changed & {"conv1", "bn1", "layer1"}
    assert {"layer2", "fc"} <= changed
    assert freeze(run.model.backbone, 0) == []


def test_heads_of_known_values_are_kept_beside_new_ones(data, encoder_folder):
    known = load_file(encoder_folder / "heads.safetensors")["label"].float()
    values = sorted([*data.vocabulary["label"], "Umbrella"])
    more = replace(data, vocabulary={"label": values})
    run = loop._Run(replace(SMALL, dim=16, start_from=str(encoder_folder)), more)
    rows = [values.index(value) for value in KINDS]
    assert torch.allclose(run.model.heads[0][rows], F.normalize(known), atol=1e-3)
