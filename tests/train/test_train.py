import json
import random
import subprocess
import sys
from dataclasses import replace

import pytest
import torch
from safetensors.torch import load_file

from recsys.catalog import Catalog
from recsys.encoder import Encoder
from recsys.errors import CatalogError, EncoderError
from recsys.images.decode import decode
from recsys.train import grounds, loop
from recsys.train.__main__ import main
from recsys.train.augment import augment
from recsys.train.config import TrainConfig
from recsys.train.data import find_products, load
from recsys.train.sampling import epoch_order
from recsys.types import Item, Product
from sample_shop import products
from sample_shop.dataset import write_dataset
from testkit.fake_shop import draw
from tests.train.conftest import ALL_TEXTURES

SMALL = TrainConfig(
    architecture="test_resnet", model_args={}, dim=8, height=32, width=24, epochs=2, batch_size=10, warmup_steps=2
)


@pytest.fixture(scope="module")
def data(pictures):
    return load(Catalog.open(str(pictures)), SMALL.height, SMALL.width)


def heads_by_value(folder):
    values = Encoder.from_pretrained(folder).values["label"]
    return dict(zip(values, load_file(folder / "heads.safetensors")["label"].float(), strict=True))


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
    data = load(products, 32, 24)
    assert data.ids == ["a", "b"]
    assert (data.pictures.shape, data.pictures.dtype) == ((2, 3, 32, 24), torch.uint8)
    assert data.vocabulary == {"kind": ["Bag", "Cap"], "size": ["M"]}
    assert data.labels["kind"].tolist() == [1, 0]
    assert data.labels["size"].tolist() == [-1, 0]
    other = load(products, 32, 24, {"kind": ["Cap"], "size": ["M"]})
    assert other.labels["kind"].tolist() == [0, -1]


def _png(image):
    from testkit.fake_shop import encoded

    return encoded(image)


def test_training_on_nothing_is_refused():
    with pytest.raises(CatalogError, match="no picture to train on"):
        load([], 32, 24)


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
        return augment(data.pictures, data.products, 0.0, 0.5, torch.Generator().manual_seed(seed))

    assert torch.equal(once(1), once(1))
    assert not torch.equal(once(1), once(2))
    assert once(1).shape == data.pictures.shape
    assert once(1).min() >= 0
    assert once(1).max() <= 1


def test_clutter_replaces_the_ground_only_where_asked(data):
    plain = augment(data.pictures, data.products, 0.0, 0.0, torch.Generator().manual_seed(0))
    cluttered = augment(data.pictures, data.products, 0.0, 1.0, torch.Generator().manual_seed(0))
    corner = (slice(None), slice(None), slice(0, 4), slice(0, 4))
    assert cluttered[corner].std() > 2 * plain[corner].std(dim=(1, 2, 3)).median()


def test_plain_pictures_stay_as_they_are(data):
    pictures = augment(data.pictures, data.products, 0.5, 1.0, torch.Generator().manual_seed(0))
    moved = (pictures - data.pictures.float() / 255).abs().amax((1, 2, 3)) > 0
    assert moved.sum() == 15


@pytest.mark.slow
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
    assert json.loads((tmp_path / "config.json").read_text())["values"] == {"label": data.vocabulary["label"]}


@pytest.mark.slow
def test_an_interrupted_run_ends_with_the_weights_of_an_unbroken_one(data, tmp_path, monkeypatch):
    monkeypatch.setattr(loop, "CHECKPOINT_EVERY", 2)
    loop.train(SMALL, data, data, tmp_path / "unbroken")
    steps = iter(range(100))
    augment = loop.augment

    def interrupted(*arguments):
        if next(steps) == 5:
            raise KeyboardInterrupt
        return augment(*arguments)

    monkeypatch.setattr(loop, "augment", interrupted)
    with pytest.raises(KeyboardInterrupt):
        loop.train(SMALL, data, data, tmp_path / "broken")
    monkeypatch.setattr(loop, "augment", augment)
    loop.train(SMALL, data, data, tmp_path / "broken")
    unbroken, broken = weights(tmp_path / "unbroken"), weights(tmp_path / "broken")
    assert unbroken.keys() == broken.keys()
    reports = [json.loads((tmp_path / name / "report.json").read_text()) for name in ("unbroken", "broken")]
    assert [epoch["loss"] for epoch in reports[0]["epochs"]] == [epoch["loss"] for epoch in reports[1]["epochs"]]
    assert all(torch.equal(unbroken[name], broken[name]) for name in unbroken)


@pytest.mark.slow
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

    def spy(config, data, held, folder, datasets):
        seen.update(config=config, data=data, held=held, folder=folder)

    monkeypatch.setattr("recsys.train.__main__.train", spy)
    monkeypatch.setattr("recsys.train.__main__.held_out", lambda item_id: item_id.startswith("Caps"))
    monkeypatch.setattr("recsys.core.holdout.held_out", lambda item_id: item_id.startswith("Caps"))
    write_dataset(products(4, seed=1), tmp_path / "drawn")
    datasets = ["--dataset", str(pictures), "--dataset", str(tmp_path / "drawn")]
    main([*datasets, "--output", str(tmp_path), "--epochs", "3"])
    assert seen["config"].epochs == 3
    assert set(seen["held"].ids) == {f"Caps/{name}" for name in ("Navy Blue", "Red", "Olive", "Black", "Mustard")}
    assert not set(seen["held"].ids) & set(seen["data"].ids)
    assert len(seen["data"]) == 25 + 4


def test_drawings_are_refused_with_the_command_that_draws_them(pictures, tmp_path, capsys):
    assert main(["--dataset", str(pictures), "--output", str(tmp_path), "--drawings", "7", "--drawings-seed", "3"]) == 1
    error = capsys.readouterr().err
    assert "`python -m sample_shop --count 7 --seed 3 --output FOLDER`" in error
    assert "`--dataset FOLDER`" in error


def test_fewer_pictures_than_a_batch_still_train(data, tmp_path):
    config = TrainConfig(**{**vars(SMALL), "batch_size": 64, "epochs": 3})
    assert len(loop.train(config, data, data, tmp_path)["epochs"]) == 3


@pytest.mark.slow
def test_other_data_starts_anew_under_the_same_recipe(data, tmp_path):
    loop.train(SMALL, data, data, tmp_path)
    first = weights(tmp_path)
    renamed = replace(data, vocabulary={"label": [f"{value}s" for value in data.vocabulary["label"]]})
    monkey = replace(renamed, pictures=255 - data.pictures)
    loop.train(SMALL, monkey, monkey, tmp_path)
    assert not all(torch.equal(first[name], tensor) for name, tensor in weights(tmp_path).items())


@pytest.mark.parametrize("name", ["type", "keys", "size.eu", "/../$x_y$"])
@pytest.mark.slow
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
    known, kept = (heads_by_value(folder) for folder in (encoder_folder, tmp_path))
    assert known.keys() == kept.keys()
    assert all(torch.cosine_similarity(known[value], kept[value], dim=0) > 0.999 for value in known)
    loop.train(replace(config, dim=4), data, data, tmp_path)
    assert weights(tmp_path)["fc.weight"].shape[0] == 4


def test_frequent_words_of_names_are_told_apart_from_rare_ones():
    out = _png(draw("Caps", "#b3262e"))
    names = ["Nike Men Blue Cap"] * 20 + ["Puma Men Cap"] * 20 + ["Oddity", None]
    data = load([Product(Item(str(place), name, {"kind": "Cap"}), out) for place, name in enumerate(names)], 32, 24)
    assert data.words.shape == (42, 5)  # blue, cap, men, nike, puma
    assert data.words.sum(1).tolist() == [4] * 20 + [3] * 20 + [0, 0]


def test_outliers_come_without_labels_and_without_words():
    products = [Product(Item("a", "A cap", {"kind": "Cap"}), _png(draw("Caps", "#b3262e")))]
    others = [Product(Item("b", "A cloud", {"kind": "Cloud"}), _png(draw("Watches", "#222222")))]
    data = load(products, 32, 24, outliers=others)
    assert data.outliers.tolist() == [False, True]
    assert data.labels["kind"].tolist() == [0, -1]
    assert data.vocabulary == {"kind": ["Cap"]}


def test_products_of_rare_types_come_up_oftener(data):
    labels = torch.tensor([0] * 990 + [1] * 10)
    uneven = replace(data, ids=[""] * 1000, labels={"articleType": labels}, groups=torch.arange(1000))
    counts = torch.bincount(epoch_order(uneven, replace(SMALL, balance=0.5), 0), minlength=1000)
    assert counts.sum() == 1000
    assert counts[990:].float().mean() > 5 * counts[:990].float().mean()
    even = torch.bincount(epoch_order(uneven, replace(SMALL, balance=0.0), 0), minlength=1000)
    assert (even == 1).all()


def test_a_report_with_scores_and_pictures_is_left_behind(data, tmp_path):
    loop.train(replace(SMALL, epochs=1), data, data, tmp_path)
    report = json.loads((tmp_path / "report.json").read_text())
    assert report["recipe"]["seed"] == 0
    assert set(report["held_out"]["label"]) == {"accuracy", "macro_f1", "weighted_f1", "majority", "products"}
    for name in ("learning_curves.png", "confusion_label.png"):
        assert (tmp_path / "plots" / name).read_bytes().startswith(b"\x89PNG")


@pytest.mark.slow
def test_heads_are_as_right_and_as_sure_as_the_report_says(data, pictures, tmp_path):
    config = replace(SMALL, epochs=20, ema_decay=0.8, clutter=0.0, learning_rate=5e-3)
    report = loop.train(config, data, data, tmp_path)
    encoder = Encoder.from_pretrained(tmp_path)
    assert encoder.split == "product"
    products = list(Catalog.open(str(pictures)))
    logits = encoder.logits(encoder.encode([decode(product.picture) for product in products]))["label"]
    right = [encoder.values["label"][best] for best in logits.argmax(1)]
    accuracy = sum(told == product.item.attributes["label"] for told, product in zip(right, products, strict=True)) / 30
    assert accuracy == pytest.approx(report["held_out"]["label"]["accuracy"], abs=0.07)
    assert not torch.allclose(torch.from_numpy(encoder.heads.weights["label"]).norm(dim=1), torch.tensor(config.scale))


def test_another_precision_is_refused(data, tmp_path):
    with pytest.raises(EncoderError, match="no precision 'float8'"):
        loop.train(replace(SMALL, precision="float8"), data, data, tmp_path)


@pytest.mark.slow
def test_half_precision_trains(data, tmp_path):
    report = loop.train(replace(SMALL, precision="bfloat16", epochs=1), data, data, tmp_path)
    assert report["epochs"][0]["loss"] > 0


def test_a_split_keeps_its_products_out_and_is_remembered(pictures, tmp_path, monkeypatch):
    seen = {}
    monkeypatch.setattr(
        "recsys.train.__main__.train", lambda config, data, held, folder, datasets: seen.update(data=data)
    )
    assert main(["--dataset", str(pictures), "--output", str(tmp_path), "--split", "colour"]) == 1
    monkeypatch.setattr(
        "recsys.train.__main__.unseen", lambda split: lambda item: split == "type" and "Caps" in item.id
    )
    monkeypatch.setattr("recsys.train.__main__.held_out", lambda item_id: True)
    assert main(["--dataset", str(pictures), "--output", str(tmp_path), "--split", "type"]) == 0
    assert not any("Caps" in item_id for item_id in seen["data"].ids)


@pytest.mark.parametrize("epochs", [random.randint(1, 9)])  # a moment drawn anew, and told where it fails
@pytest.mark.slow
def test_a_killed_run_continues_to_the_weights_of_an_unbroken_one(data, pictures, tmp_path, epochs, monkeypatch):
    monkeypatch.setattr(grounds, "EACH", ALL_TEXTURES)  # as many as the other process draws …
    monkeypatch.setattr(loop, "textures", grounds.textures.__wrapped__)  # … and not those of another test
    options = {"epochs": 12, "architecture": "test_resnet", "model_args": "{}", "dim": 8, "batch_size": 10}
    options |= {"height": 32, "width": 24}
    flags = [part for name, value in options.items() for part in (f"--{name.replace('_', '-')}", str(value))]
    command = [sys.executable, "-m", "recsys.train", "--dataset", str(pictures), *flags, "--output"]
    killed = subprocess.Popen([*command, str(tmp_path / "killed")], stdout=subprocess.PIPE)
    for _ in range(epochs):
        killed.stdout.readline()
    killed.kill()
    killed.communicate()
    assert not (tmp_path / "killed" / "model.safetensors").exists()
    for name in ("killed", "unbroken"):
        assert main([*command[3:], str(tmp_path / name)]) == 0
    ours, theirs = weights(tmp_path / "killed"), weights(tmp_path / "unbroken")
    assert all(torch.equal(ours[name], theirs[name]) for name in theirs)
