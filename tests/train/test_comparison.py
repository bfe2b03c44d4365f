"""P@5 of a trained encoder beside its start and beside thumbnails."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch

from recsys.catalog import Catalog
from recsys.train import loop
from recsys.train.comparison import NEW, START, THUMBNAIL, as_table, compare, warnings
from recsys.train.config import TrainConfig
from recsys.train.data import load

SMALL = TrainConfig(architecture="test_resnet", dim=16, height=32, width=24, epochs=1, batch_size=10, memory=20)


@pytest.fixture(scope="module")
def data(pictures):
    return load(Catalog.open(str(pictures)), SMALL.height, SMALL.width)


class Knowing:
    """An encoder that gives the vector of each picture by its place in the data."""

    def __init__(self, data, vectors):
        self.known = {
            picture.permute(1, 2, 0).numpy().tobytes(): row for picture, row in zip(data.pictures, vectors, strict=True)
        }

    def encode(self, pictures):
        return np.stack([self.known[np.asarray(picture).tobytes()] for picture in pictures])


@pytest.fixture(scope="module")
def encoders(data):
    by_label = torch.eye(6)[data.labels["label"]].numpy()
    rest = np.random.default_rng(0).normal(size=(30, 6)).astype(np.float32)
    return Knowing(data, by_label), Knowing(data, rest / np.linalg.norm(rest, axis=1, keepdims=True))


def test_an_encoder_that_knows_the_label_finds_it_and_one_at_random_does_not(data, encoders):
    right, wrong = encoders
    scores = compare({NEW: right, START: wrong}, data, data)["label"]
    assert scores[NEW] == 1.0
    assert scores[START] < 0.6
    assert 0.2 < scores[THUMBNAIL] < 1.0


def test_outliers_and_missing_labels_take_no_part(data, encoders):
    labels = data.labels["label"].clone()
    labels[:10] = -1
    outliers = torch.zeros(30, dtype=torch.bool)
    outliers[25:] = True
    partial = replace(data, labels={"label": labels}, outliers=outliers)
    assert compare({NEW: encoders[0]}, data, partial)["label"][NEW] == 1.0
    assert compare({NEW: encoders[0]}, data, replace(data, labels={"label": torch.full((30,), -1)})) == {}


def test_type_colour_and_gender_are_scored_together(data, encoders):
    numbers = data.labels["label"]
    names = {"articleType": numbers, "baseColour": numbers % 2, "gender": torch.zeros_like(numbers)}
    more = replace(data, labels=names, vocabulary={name: ["a"] * 6 for name in names})
    scores = compare({NEW: encoders[0]}, more, more)
    assert scores["articleType ∧ baseColour ∧ gender"][NEW] == 1.0


def test_a_warning_names_what_the_trained_encoder_lost_to():
    scores = {"label": {NEW: 0.5, START: 0.6, THUMBNAIL: 0.4}, "kind": {NEW: 0.5, START: 0.5, THUMBNAIL: 0.5}}
    found = warnings(scores)
    assert len(found) == 1
    assert "by label" in found[0]
    assert "worse than the start: P@5 0.500 < 0.600" in found[0]
    assert "| label | 0.500 | 0.600 | 0.400 |" in as_table(scores)
    assert "nothing is compared" in as_table({})


def test_training_ends_with_the_comparison_and_its_warning(data, encoder_folder, tmp_path, capsys):
    config = replace(SMALL, start_from=str(encoder_folder), learning_rate=0.0)
    report = loop.train(config, data, data, tmp_path)
    told = capsys.readouterr()
    assert "| P@5 | trained | start | 16×16 thumbnail |" in told.out
    scores = json.loads((tmp_path / "report.json").read_text())["comparison"]["label"]
    assert scores == report["comparison"]["label"]
    assert ("warning: by label" in told.err) == (scores[NEW] < max(scores[START], scores[THUMBNAIL]))


def test_progress_is_told_within_an_epoch(data, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(loop, "PROGRESS_EVERY", 2)
    loop.train(SMALL, data, data, tmp_path)
    assert "step 2 of 3, loss " in capsys.readouterr().err
