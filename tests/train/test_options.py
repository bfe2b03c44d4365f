"""The command line of training: defaults, help, and the encoder that training starts from."""

import re
import shutil
from dataclasses import fields

import pytest
import torch
from safetensors.torch import load_file

from recsys.encoder.loading import embedding_network
from recsys.train.__main__ import main
from recsys.train.config import TrainConfig
from recsys.train.options import HELP, config_from


def given(**options):
    return {field.name: None for field in fields(TrainConfig) if field.name in ("start_from", "architecture")} | options


def test_the_help_tells_every_option_with_its_default(capsys):
    with pytest.raises(SystemExit):
        main(["--help"])
    text = re.sub(r"\s+", " ", capsys.readouterr().out)
    assert set(HELP) == {field.name for field in fields(TrainConfig)}
    for field in fields(TrainConfig):
        assert f"--{field.name.replace('_', '-')}" in text
    for default in ("(default: 12)", "(default: 4096)", "(default: 0.002)", "(otherwise: 96)", "(default: product)"):
        assert default in text


def test_training_starts_from_the_shipped_encoder_where_there_is_one(built, tmp_path):
    config = config_from(given(), built)
    assert config.start_from == str(built)
    assert (config.height, config.width) == (32, 32)
    assert config_from(given(), tmp_path).start_from is None
    assert config_from(given(architecture="resnet18"), built).start_from is None
    assert config_from(given(start_from="none"), built).start_from is None


def test_the_input_size_is_that_of_a_trained_start_unless_it_is_given(encoder_folder, built, tmp_path):
    for start in (encoder_folder, built):
        config = config_from(given(start_from=str(start)))
        assert (config.height, config.width) == (32, 32)
    assert config_from(given(start_from=str(encoder_folder), height=64)).height == 64
    for start in ("none", "resnet10t", str(tmp_path)):
        assert config_from(given(start_from=start)).height == TrainConfig.height


def test_the_encoder_of_an_index_folder_is_a_start(built, encoder_folder, tmp_path):
    network, heads = embedding_network("", 16, str(built))
    ours, theirs = network.state_dict(), load_file(encoder_folder / "model.safetensors")
    assert all(torch.equal(ours[name].float(), theirs[name].float()) for name in theirs)
    assert set(heads.values) == {"label"}
    moved = shutil.copytree(built, tmp_path / "shop")
    assert embedding_network("", 4, str(moved))[0].get_classifier().out_features == 4


def test_the_command_line_trains_from_an_index(built, pictures, tmp_path, capsys):
    options = {"--start-from": built, "--dim": 16, "--epochs": 1, "--batch-size": 10, "--output": tmp_path}
    flags = [str(part) for option in options.items() for part in option]
    assert main(["--dataset", str(pictures), *flags]) == 0
    assert "| trained | start |" in capsys.readouterr().out
