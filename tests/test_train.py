import json
from dataclasses import replace

import pytest
import torch
from fake_shop import draw
from safetensors.torch import load_file

from recsys.catalog import Catalog
from recsys.encoder import Encoder
from recsys.errors import CatalogError
from recsys.train import loop
from recsys.train.__main__ import main
from recsys.train.augment import augment
from recsys.train.config import TrainConfig
from recsys.train.data import find_products, load
from recsys.types import Item, Product

SMALL = TrainConfig(architecture="test_resnet", dim=8, size=32, epochs=2, batch_size=10, warmup_steps=2)


@pytest.fixture(scope="module")
def data(pictures):
    return load(Catalog.open(str(pictures)), SMALL.size)


def weights(folder):
    return load_file(folder / "model.safetensors")


def test_pictures_are_squashed_and_labels_numbered_with_missing_ones_marked():
    picture = draw("Caps", "#b3262e")
    out = _png(picture)
    products = [
        Product(Item("a", None, {"kind": "Cap", "size": None}), out),
        Product(Item("b", None, {"kind": "Bag", "size": "M"}), out),
        Product(Item("broken", None, {"kind": "Bag", "size": "M"}), b"no picture"),
    ]
    data = load(products, 32)
    assert data.ids == ["a", "b"]
    assert (data.pictures.shape, data.pictures.dtype) == ((2, 3, 32, 32), torch.uint8)
    assert data.vocabulary == {"kind": ["Bag", "Cap"], "size": ["M"]}
    assert data.labels["kind"].tolist() == [1, 0]
    assert data.labels["size"].tolist() == [-1, 0]
    other = load(products, 32, {"kind": ["Cap"], "size": ["M"]})
    assert other.labels["kind"].tolist() == [0, -1]


def _png(image):
    from fake_shop import encoded

    return encoded(image)


def test_training_on_nothing_is_refused():
    with pytest.raises(CatalogError, match="no picture to train on"):
        load([], 32)


def test_the_white_ground_is_told_from_the_product():
    pictures = torch.full((1, 3, 96, 96), 250, dtype=torch.uint8)
    pictures[:, :, 30:60, 30:60] = 20
    pictures[:, :, 40:50, 40:50] = 250
    product = find_products(pictures)[0]
    assert product[30:60, 30:60].all()
    assert not product[:20].any()
    dark = find_products(torch.full((1, 3, 96, 96), 20, dtype=torch.uint8))
    assert dark.all()


def test_augmentation_is_a_function_of_its_generator_and_keeps_its_range(data):
    def once(seed):
        return augment(data.pictures, data.products, 0.5, torch.Generator().manual_seed(seed))

    assert torch.equal(once(1), once(1))
    assert not torch.equal(once(1), once(2))
    assert once(1).shape == data.pictures.shape
    assert once(1).min() >= 0
    assert once(1).max() <= 1


def test_clutter_replaces_the_ground_only_where_asked(data):
    plain = augment(data.pictures, data.products, 0.0, torch.Generator().manual_seed(0))
    cluttered = augment(data.pictures, data.products, 1.0, torch.Generator().manual_seed(0))
    corner = (slice(None), slice(None), slice(0, 4), slice(0, 4))
    assert cluttered[corner].std() > 2 * plain[corner].std(dim=(1, 2, 3)).median()


def test_training_learns_what_it_is_shown(data, tmp_path):
    config = TrainConfig(**{**vars(SMALL), "epochs": 20, "ema_decay": 0.8, "clutter": 0.0, "learning_rate": 5e-3})
    report = loop.train(config, data, data, tmp_path)
    assert report["epochs"][-1]["loss"] < 0.7 * report["epochs"][0]["loss"]
    assert report["epochs"][-1]["label"] >= 0.6
    assert report["recipe"]["dim"] == 8
    encoder = Encoder.from_pretrained(tmp_path)
    assert encoder.trained
    assert encoder.dim == 8
    heads = load_file(tmp_path / "heads.safetensors")
    assert heads["label"].shape == (6, 8)
    assert json.loads((tmp_path / "config.json").read_text())["heads"] == {"label": data.vocabulary["label"]}


def test_an_interrupted_run_ends_with_the_weights_of_an_unbroken_one(data, tmp_path, monkeypatch):
    monkeypatch.setattr(loop, "CHECKPOINT_EVERY", 2)
    loop.train(SMALL, data, data, tmp_path / "unbroken")
    steps = iter(range(100))
    step = loop._step

    def interrupted(*arguments):
        if next(steps) == 5:
            raise KeyboardInterrupt
        return step(*arguments)

    monkeypatch.setattr(loop, "_step", interrupted)
    with pytest.raises(KeyboardInterrupt):
        loop.train(SMALL, data, data, tmp_path / "broken")
    monkeypatch.setattr(loop, "_step", step)
    loop.train(SMALL, data, data, tmp_path / "broken")
    unbroken, broken = weights(tmp_path / "unbroken"), weights(tmp_path / "broken")
    assert unbroken.keys() == broken.keys()
    assert all(torch.equal(unbroken[name], broken[name]) for name in unbroken)


def test_another_recipe_starts_anew(data, tmp_path):
    loop.train(SMALL, data, data, tmp_path)
    first = weights(tmp_path)
    report = loop.train(TrainConfig(**{**vars(SMALL), "seed": 1}), data, data, tmp_path)
    assert len(report["epochs"]) == 2
    assert not all(torch.equal(first[name], tensor) for name, tensor in weights(tmp_path).items())


def test_a_head_of_weight_zero_is_left_out(data, tmp_path):
    config = TrainConfig(**{**vars(SMALL), "epochs": 1, "attributes": {"label": 0.0}})
    with pytest.raises(CatalogError, match="no attribute to learn from"):
        loop.train(config, data, data, tmp_path)


def test_the_command_line_trains_and_keeps_held_out_products_out(pictures, tmp_path, monkeypatch, capsys):
    seen = {}

    def spy(config, data, held, folder):
        seen.update(config=config, data=data, held=held, folder=folder)

    monkeypatch.setattr("recsys.train.__main__.train", spy)
    monkeypatch.setattr("recsys.train.__main__.held_out", lambda item_id: item_id.startswith("Caps"))
    main(["--dataset", str(pictures), "--output", str(tmp_path), "--size", "32", "--epochs", "3", "--drawings", "4"])
    assert seen["config"].epochs == 3
    assert set(seen["held"].ids) == {f"Caps/{name}" for name in ("Navy Blue", "Red", "Olive", "Black", "Mustard")}
    assert not set(seen["held"].ids) & set(seen["data"].ids)
    assert len(seen["data"]) == 25 + 4


def test_fewer_pictures_than_a_batch_still_train(data, tmp_path):
    config = TrainConfig(**{**vars(SMALL), "batch_size": 64, "epochs": 3})
    assert len(loop.train(config, data, data, tmp_path)["epochs"]) == 3


def test_other_data_starts_anew_under_the_same_recipe(data, tmp_path):
    loop.train(SMALL, data, data, tmp_path)
    first = weights(tmp_path)
    renamed = replace(data, vocabulary={"label": [f"{value}s" for value in data.vocabulary["label"]]})
    monkey = replace(renamed, pictures=255 - data.pictures)
    loop.train(SMALL, monkey, monkey, tmp_path)
    assert not all(torch.equal(first[name], tensor) for name, tensor in weights(tmp_path).items())


@pytest.mark.parametrize("name", ["type", "keys", "size.eu"])
def test_attributes_may_have_any_name(data, tmp_path, name):
    named = replace(data, labels={name: data.labels["label"]}, vocabulary={name: data.vocabulary["label"]})
    loop.train(TrainConfig(**{**vars(SMALL), "epochs": 1}), named, named, tmp_path)
    assert load_file(tmp_path / "heads.safetensors").keys() == {name}


def test_the_command_line_ends_with_one_line_where_there_is_no_dataset(tmp_path, capsys):
    assert main(["--dataset", str(tmp_path / "nowhere"), "--output", str(tmp_path)]) == 1
    assert "error: There is no folder" in capsys.readouterr().err


def test_a_run_can_go_on_from_an_encoder_with_its_embedding_layer(data, encoder_folder, tmp_path):
    config = replace(SMALL, dim=16, epochs=1, learning_rate=0.0, start_from=str(encoder_folder))
    loop.train(config, data, data, tmp_path)
    before, after = weights(encoder_folder), weights(tmp_path)
    assert torch.equal(before["fc.weight"], after["fc.weight"])
    loop.train(replace(config, dim=4), data, data, tmp_path)
    assert weights(tmp_path)["fc.weight"].shape[0] == 4
