import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file, save_file

from recsys.encoder import Encoder
from recsys.encoder.parts import EncoderParts
from recsys.encoder.projection import Projection
from recsys.encoder.torch_network import TorchNetwork, describe, save_pretrained, timm
from recsys.errors import EncoderError, HubNotFoundError, IndexDamagedError, IndexMismatchError
from testkit.fake_shop import draw
from testkit.small_shop import DIM, write_encoder

TINY = "test_resnet.r160_in1k"


@pytest.fixture
def images():
    return [draw("Tshirts", "#b3262e"), draw("Watches", "#222222"), draw("Caps", "#26355e", (60, 80))]


@pytest.fixture(scope="module")
def tiny_weights(tmp_path_factory):
    torch.manual_seed(3)
    path = tmp_path_factory.mktemp("weights") / "model.safetensors"
    save_file(timm.create_model("test_resnet").state_dict(), path)
    return path


def test_vectors_are_unit_float32_rows_whatever_the_batch(encoder_folder, images):
    encoder = Encoder.from_pretrained(encoder_folder)
    vectors = encoder.encode(images)
    assert vectors.shape == (3, DIM) == (3, encoder.dim)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    for image, vector in zip(images, vectors, strict=True):
        np.testing.assert_allclose(encoder.encode([image])[0], vector, atol=1e-5)
    assert encoder.encode(images * 15).shape == (45, DIM)


@pytest.mark.parametrize("mode", ["L", "P", "RGBA", "CMYK", "I;16", "1", "LA"])
def test_pictures_of_every_mode_are_encoded(encoder_folder, images, mode):
    image = Image.new("I;16", (40, 40), 30000) if mode == "I;16" else images[0].convert(mode)
    assert np.isfinite(Encoder.from_pretrained(encoder_folder).encode([image])).all()


def test_a_trained_folder_is_loadable_by_timm_alone(encoder_folder, images):
    network = timm.create_model(f"local-dir:{encoder_folder}", pretrained=True).eval()
    transform = timm.data.create_transform(**timm.data.resolve_data_config(network.pretrained_cfg))
    with torch.inference_mode():
        alone = torch.nn.functional.normalize(network(transform(images[0])[None]))[0].numpy()
    np.testing.assert_allclose(Encoder.from_pretrained(encoder_folder).encode(images[:1])[0], alone, atol=1e-5)


def test_timm_weights_come_from_the_hub_pinned_to_a_commit(hub, tiny_weights, images):
    sha = hub.seed("models", f"timm/{TINY}", {"model.safetensors": tiny_weights.read_bytes()})
    encoder = Encoder.from_pretrained(TINY)
    assert encoder.spec.architecture == TINY
    assert (encoder.spec.source.repo, encoder.spec.source.revision) == (f"timm/{TINY}", sha)
    weights = {"file": str(tiny_weights)}
    network = timm.create_model("test_resnet", num_classes=0, pretrained=True, pretrained_cfg_overlay=weights).eval()
    transform = timm.data.create_transform(**timm.data.resolve_data_config(network.pretrained_cfg))
    with torch.inference_mode():
        alone = torch.nn.functional.normalize(network(transform(images[0])[None]))[0].numpy()
    np.testing.assert_allclose(encoder.encode(images[:1])[0], alone, atol=1e-5)


def test_a_timm_name_without_its_tag_is_the_tagged_one(hub, tiny_weights):
    hub.seed("models", f"timm/{TINY}", {"model.safetensors": tiny_weights.read_bytes()})
    assert Encoder.from_pretrained("test_resnet").spec == Encoder.from_pretrained(TINY).spec


def test_a_model_repository_in_timms_format_is_an_encoder(hub, encoder_folder, images):
    name = hub.new_name()
    files = {path.name: path.read_bytes() for path in encoder_folder.iterdir()}
    sha = hub.seed("models", name, files)
    encoder = Encoder.from_pretrained(name)
    assert encoder.spec.source.revision == sha
    np.testing.assert_array_equal(encoder.encode(images), Encoder.from_pretrained(encoder_folder).encode(images))


@pytest.mark.slow
def test_an_index_folder_is_an_encoder(built, encoder_folder, images):
    encoder = Encoder.from_pretrained(built)
    compiled = Encoder.from_pretrained(encoder_folder).compiled()
    np.testing.assert_array_equal(encoder.encode(images), compiled.encode(images))


def test_a_projection_is_part_of_the_encoder(encoder_folder, images, tmp_path):
    encoder = Encoder.from_pretrained(encoder_folder)
    projected = encoder.with_projection(Projection.fit([encoder.features(encoder.pixels(images))], 2))
    assert (projected.dim, projected.encode(images).shape) == (2, (3, 2))
    assert projected.spec.projection
    assert projected.spec.fingerprint == encoder.spec.fingerprint
    assert encoder.spec.projection is None


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("no_such_net", "no_such_net is not an encoder: neither a folder .* nor a model of timm"),
        ("resnet50.no_tag", "timm has no weights named resnet50.no_tag.*resnet50.a1_in1k"),
        ("./nowhere", "nowhere is not an encoder"),
    ],
)
def test_a_source_that_is_no_encoder_is_refused_with_what_is_one(source, message):
    with pytest.raises(EncoderError, match=message):
        Encoder.from_pretrained(source)


def test_a_repository_that_is_not_there_is_told(hub):
    with pytest.raises(HubNotFoundError):
        Encoder.from_pretrained("me/no-encoder-here")


def test_a_folder_without_weights_is_refused(encoder_folder, tmp_path):
    shutil.copy(encoder_folder / "config.json", tmp_path)
    with pytest.raises(EncoderError, match=r"has no model.safetensors"):
        Encoder.from_pretrained(tmp_path)


def test_weights_that_do_not_fit_are_refused(encoder_folder, tmp_path):
    folder = shutil.copytree(encoder_folder, tmp_path / "wrong")
    config = json.loads((folder / "config.json").read_text())
    config["architecture"] = "test_vit"
    (folder / "config.json").write_text(json.dumps(config))
    with pytest.raises(EncoderError, match="timm cannot build wrong"):
        Encoder.from_pretrained(folder)


def test_a_network_that_gives_a_map_is_refused_when_it_is_loaded(tmp_path):
    save_pretrained(timm.create_model("test_resnet", num_classes=0, global_pool=""), tmp_path)
    config = json.loads((tmp_path / "config.json").read_text())
    (tmp_path / "config.json").write_text(json.dumps(config | {"model_args": {"global_pool": ""}}))
    with pytest.raises(EncoderError, match=r'test_resnet gives a map of \d+ × \d+ × \d+.*"global_pool" to "avg"'):
        Encoder.from_pretrained(tmp_path)


def test_weights_that_are_not_numbers_are_refused(tmp_path, images):
    folder = write_encoder(tmp_path / "nan")
    weights = load_file(folder / "model.safetensors")
    weights["fc.weight"][:] = float("nan")
    save_file(weights, folder / "model.safetensors")
    with pytest.raises(EncoderError, match="not finite"):
        Encoder.from_pretrained(folder).encode(images)


def test_an_index_does_not_open_with_another_encoder(index, tmp_path):
    write_encoder(tmp_path / "other", seed=1)
    shutil.copy(tmp_path / "other" / "model.safetensors", index / "encoder" / "model.safetensors")
    (index / "encoder" / "compiled.xml").unlink()
    with pytest.raises(IndexMismatchError, match=r"weights \w+… against \w+….*build_index.py"):
        Encoder.from_pretrained(index)


def damage(folder, name, how):
    path = folder / name
    if how == "truncated":
        path.write_bytes(path.read_bytes()[:100])
    else:
        path.write_text(how)


@pytest.mark.parametrize(
    ("name", "how"),
    [
        ("model.safetensors", "truncated"),
        ("model.safetensors", "no weights"),
        ("config.json", "{"),
        ("config.json", "[]"),
        ("config.json", "{}"),
        ("config.json", '{"architecture": "test_resnet", "model_args": {"no_such": 1}, "pretrained_cfg": {}}'),
        ("config.json", '{"architecture": "no_such_net", "pretrained_cfg": {}}'),
    ],
)
def test_a_damaged_encoder_folder_is_refused(encoder_folder, tmp_path, name, how):
    folder = shutil.copytree(encoder_folder, tmp_path / "damaged")
    damage(folder, name, how)
    with pytest.raises(EncoderError, match="damaged") as caught:
        Encoder.from_pretrained(folder)
    assert str(tmp_path) not in str(caught.value)


@pytest.mark.parametrize("how", ["truncated", "{}", "[]", "no json"])
def test_an_index_with_a_damaged_manifest_is_refused_as_an_encoder(index, how):
    damage(index, "index.json", how)
    with pytest.raises(IndexDamagedError, match=r"index.json cannot be read"):
        Encoder.from_pretrained(index)


@pytest.mark.parametrize("device", ["nonsense", "cuda:7"])
def test_a_device_that_is_not_there_is_refused(encoder_folder, device):
    with pytest.raises(EncoderError, match=f"no device '{device}' here. Choose auto, cpu, or cuda"):
        Encoder.from_pretrained(encoder_folder, device=device)


def test_a_long_strip_costs_no_more_than_a_picture(hub, tiny_weights):
    hub.seed("models", f"timm/{TINY}", {"model.safetensors": tiny_weights.read_bytes()})
    encoder = Encoder.from_pretrained(TINY)
    asked = []
    resize = Image.Image.resize
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            Image.Image, "resize", lambda self, size, *a, **k: asked.append(size) or resize(self, size, *a, **k)
        )
        vectors = encoder.encode([Image.new("RGB", (65_000, 1), "red"), Image.new("RGB", (2, 30_000), "red")])
    assert np.isfinite(vectors).all()
    assert asked
    assert max(max(size) for size in asked) < 2000


def test_no_pictures_give_no_vectors(encoder_folder):
    assert Encoder.from_pretrained(encoder_folder).encode([]).shape == (0, DIM)


def test_a_trained_encoder_tells_attributes_by_its_heads(encoder_folder, images):
    encoder = Encoder.from_pretrained(encoder_folder)
    heads = load_file(encoder_folder / "heads.safetensors")["label"].float().numpy()
    vectors = encoder.encode(images)
    np.testing.assert_allclose(encoder.logits(vectors)["label"], vectors @ heads.T, atol=1e-5)
    assert list(encoder.values) == ["label"]
    assert len(encoder.values["label"]) == len(heads)


def test_a_network_that_was_not_trained_here_tells_none(hub, tiny_weights, images):
    hub.seed("models", f"timm/{TINY}", {"model.safetensors": tiny_weights.read_bytes()})
    encoder = Encoder.from_pretrained(TINY)
    assert (encoder.values, encoder.logits(encoder.encode(images))) == ({}, {})


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (lambda path: path.unlink(), "cannot be read"),
        (lambda path: path.write_bytes(b"\x08"), "cannot be read"),
        (lambda path: save_file({"label": torch.zeros(2, DIM)}, path), "does not match its config"),
        (lambda path: save_file({"colour": torch.zeros(6, DIM)}, path), "does not match its config"),
        (lambda path: save_file({"label": torch.full((6, DIM), torch.nan)}, path), "not a number"),
    ],
)
def test_damaged_heads_are_refused(encoder_folder, tmp_path, damage, reason):
    folder = shutil.copytree(encoder_folder, tmp_path / "encoder")
    damage(folder / "heads.safetensors")
    with pytest.raises(EncoderError, match=reason):
        Encoder.from_pretrained(folder)


def test_the_heads_of_a_repository_come_with_it(hub, encoder_folder):
    name = hub.new_name()
    hub.seed("models", name, {path.name: path.read_bytes() for path in encoder_folder.iterdir()})
    assert list(Encoder.from_pretrained(name).values) == ["label"]


def test_a_repository_without_heads_is_an_encoder_too(hub, encoder_folder, tmp_path, images):
    folder = shutil.copytree(encoder_folder, tmp_path / "plain")
    config = json.loads((folder / "config.json").read_text())
    config.pop("values")
    (folder / "config.json").write_text(json.dumps(config))
    name = hub.new_name()
    hub.seed("models", name, {part: (folder / part).read_bytes() for part in ("config.json", "model.safetensors")})
    encoder = Encoder.from_pretrained(name)
    assert encoder.values == {}
    np.testing.assert_array_equal(encoder.encode(images), Encoder.from_pretrained(folder).encode(images))


@pytest.mark.parametrize(
    "values", [5, {"label": 5}, {"label": []}, {"label": ["a"] * 6}, {"label": "sixsix"}, {"label": [1] * 6}]
)
def test_values_that_are_no_list_of_names_are_refused(encoder_folder, tmp_path, values):
    folder = shutil.copytree(encoder_folder, tmp_path / "encoder")
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, "values": values}))
    with pytest.raises(EncoderError, match=r"config.json|of its config"):
        Encoder.from_pretrained(folder)


def test_a_heat_map_shares_out_the_cosine(encoder_folder, images, monkeypatch):
    encoder = Encoder.from_pretrained(encoder_folder)
    item = encoder.encode(images[1:2])[0]
    monkeypatch.setattr("recsys.encoder.torch_network.SCALE", 1)
    heat = encoder.heat(images[0], item)
    assert heat.dtype == np.float32
    assert heat.mean() == pytest.approx(float(encoder.encode(images[:1])[0] @ item), abs=1e-4)


def test_a_heat_map_shares_out_the_cosine_behind_a_projection_too(hub, tiny_weights, images, monkeypatch):
    hub.seed("models", f"timm/{TINY}", {"model.safetensors": tiny_weights.read_bytes()})
    encoder = Encoder.from_pretrained(TINY)
    rng = np.random.default_rng(0)
    projected = encoder.with_projection(
        Projection(
            rng.normal(size=encoder.dim).astype(np.float32) / 9, rng.normal(size=(encoder.dim, 8)).astype(np.float32)
        )
    )
    item = projected.encode(images[1:2])[0]
    monkeypatch.setattr("recsys.encoder.torch_network.SCALE", 1)
    expected = float(projected.encode(images[:1])[0] @ item)
    assert projected.heat(images[0], item).mean() == pytest.approx(expected, abs=1e-4)


def test_a_heat_map_is_finer_than_the_networks_own(encoder_folder, images):
    encoder = Encoder.from_pretrained(encoder_folder)
    item = encoder.encode(images[1:2])[0]
    assert min(encoder.heat(images[0], item).shape) >= 2


def test_a_network_without_a_feature_map_has_no_heat_map(images):
    network = timm.create_model("vit_tiny_patch16_224", num_classes=0, depth=1).eval()
    spec = describe(network, "vit_tiny_patch16_224", Path(__file__))
    encoder = Encoder(EncoderParts(TorchNetwork(network, spec), spec))
    item = np.zeros(spec.dim, np.float32)
    assert encoder.heat(images[0], item) is None
    assert encoder.compiled().heat(images[0], item) is None
