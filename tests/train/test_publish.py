"""Publishing a trained encoder as a model repository that timm opens, and the licence that it states."""

import json
import shutil

import numpy as np
import pytest
import torch
import yaml
from huggingface_hub import ModelCard, parse_eval_result_entries

from recsys.build.pipeline import build_index
from recsys.catalog import Catalog
from recsys.encoder import Encoder
from recsys.encoder.torch_network import timm
from recsys.format.layout import CONFIG
from recsys.format.weights_origin import WeightsOrigin
from recsys.recommend.recommender import Recommender
from recsys.train.__main__ import main as train_main
from recsys.train.publish import main
from recsys.words.tower import TowerInfo
from testkit.fake_shop import draw
from tests.support.towers import random_tower

LICENCE = ["--license", "apache-2.0", "--origin-url", "https://example.com/weights", "--origin", "Weights of Somebody."]
REPORT = {
    "recipe": {"start_from": "test_resnet.r160_in1k"},
    "datasets": ["me/my-shop"],
    "comparison": {"label": {"trained": 0.75, "start": 0.5}},
    "held_out": {"label": {"accuracy": 0.875}},
}


@pytest.fixture
def trained(encoder_folder, tmp_path):
    folder = shutil.copytree(encoder_folder, tmp_path / "trained")
    (folder / "report.json").write_text(json.dumps(REPORT))
    return folder


def test_timm_and_this_library_open_what_was_published(hub, trained, capsys):
    name = hub.new_name()
    assert main([str(trained), name, "--private", *LICENCE]) == 0
    assert "Published: " in capsys.readouterr().out
    assert hub.repo("models", name).private
    picture = draw("Tshirts", "#26355e", (60, 80))
    ours = Encoder.from_pretrained(name, device="cpu")
    assert ours.trained and ours.values.keys() == {"label"}
    theirs = timm.create_model(f"hf-hub:{name}", pretrained=True).eval()
    transform = timm.data.create_transform(**timm.data.resolve_data_config(theirs.pretrained_cfg))
    with torch.inference_mode():
        vector = torch.nn.functional.normalize(theirs(transform(picture)[None]))[0].numpy()
    assert np.vecdot(vector, ours.encode([picture])[0]) > 0.9999


@pytest.mark.slow
def test_the_text_tower_is_published_with_its_encoder_and_comes_with_it(hub, trained, pictures, tmp_path):
    spec = Encoder.from_pretrained(trained).spec
    random_tower(dim=spec.dim, info=TowerInfo.of_encoder(spec)).save(trained)
    name = hub.new_name()
    assert main([str(trained), name, *LICENCE]) == 0
    build_index(Catalog.open(str(pictures)), Encoder.from_pretrained(name, device="cpu"), tmp_path / "shop")
    assert Recommender.from_pretrained(tmp_path / "shop").text_tower is not None


def test_the_card_has_what_the_hub_shows(hub, trained):
    name = hub.new_name()
    assert main([str(trained), name, "--benchmark", "me/benchmark", *LICENCE]) == 0
    files = hub.files("models", name)
    assert files.keys() >= {"config.json", "model.safetensors", "heads.safetensors", "NOTICE", "README.md"}
    assert "report.json" not in files
    card = ModelCard(files["README.md"].decode())
    card.validate()
    data = card.data
    assert (data.library_name, data.pipeline_tag, data.license) == ("timm", "image-feature-extraction", "apache-2.0")
    assert (data.datasets, data.base_model) == ("me/my-shop", "timm/test_resnet.r160_in1k")
    measured = {(result.metric_name, result.metric_value) for result in data.eval_results}
    assert measured == {("P@5 by label", 0.75), ("accuracy of the label head", 0.875)}
    assert f'timm.create_model("hf-hub:{name}"' in card.text
    assert "Weights of Somebody." in card.text
    entries = parse_eval_result_entries(yaml.safe_load(files[".eval_results/search.yaml"]))
    assert {(entry.dataset_id, entry.value) for entry in entries} == {("me/benchmark", 0.75), ("me/benchmark", 0.875)}


def test_an_encoder_without_report_or_origin_has_a_card_too(hub, encoder_folder, built):
    for folder in (encoder_folder, built):
        name = hub.new_name()
        assert main([str(folder), name]) == 0
        card = ModelCard(hub.files("models", name)["README.md"].decode())
        assert card.data.eval_results is None and card.data.license is None
        assert "NOTICE" not in hub.files("models", name)
        assert "no report of its training" in card.text


def test_what_is_not_a_trained_encoder_is_refused(hub, encoder_folder, tmp_path, capsys):
    from testkit.small_shop import as_frozen

    assert main([str(as_frozen(encoder_folder, tmp_path / "frozen")), hub.new_name()]) == 1
    assert "is not a trained encoder" in capsys.readouterr().err
    assert main([str(tmp_path), hub.new_name()]) == 1
    assert "has no config.json" in capsys.readouterr().err
    assert hub.requests == []


@pytest.mark.slow
def test_training_publishes_and_its_encoder_states_the_origin_of_its_start(hub, pictures, trained, tmp_path):
    WeightsOrigin("apache-2.0", "https://example.com/weights", "Weights of Somebody.").write(trained)
    name, output = hub.new_name(), tmp_path / "child"
    options = {"--start-from": trained, "--dim": 16, "--epochs": 1, "--batch-size": 10, "--output": output}
    options |= {"--instance": 0, "--scenes": 0, "--push-to-hub": name, "--origin": "Weights of Somebody else."}
    flags = [str(part) for option in options.items() for part in option]
    assert train_main(["--dataset", str(pictures), *flags]) == 0
    stated = WeightsOrigin.from_config(json.loads((output / CONFIG).read_text()))
    assert stated == WeightsOrigin("apache-2.0", "https://example.com/weights", "Weights of Somebody else.")
    assert "https://www.apache.org/licenses/LICENSE-2.0" in hub.files("models", name)["NOTICE"].decode()
    card = ModelCard(hub.files("models", name)["README.md"].decode())
    assert {result.metric_type for result in card.data.eval_results} == {"accuracy", "precision"}
    assert str(tmp_path) not in card.content


def test_a_push_that_must_fail_is_refused_before_training(hub, pictures, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("HF_TOKEN", "hf_wrong")
    assert train_main(["--dataset", str(pictures), "--output", str(tmp_path), "--push-to-hub", "me/encoder"]) == 1
    assert "does not accept the token" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_an_index_carries_the_notice_of_its_encoder(trained, pictures, tmp_path):
    from recsys.build.pipeline import build_index
    from recsys.catalog import Catalog
    from recsys.index.folder import IndexFolder

    WeightsOrigin("apache-2.0", None, "Weights of Somebody.").write(trained)
    build_index(Catalog.open(str(pictures)), Encoder.from_pretrained(trained), tmp_path / "index")
    folder = IndexFolder.open(tmp_path / "index")
    assert "encoder/NOTICE" in folder.manifest.files
    assert "Weights of Somebody." in folder.card and "apache-2.0" in folder.card
