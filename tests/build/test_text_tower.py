"""The text tower of a build: that of the encoder, one of the catalogue's own words, or none."""

import json
import re
import shutil
from functools import partial

import numpy as np
import pytest

from recsys.build.pipeline import build_index
from recsys.build.text_tower import fit_own_tower
from recsys.catalog import Catalog
from recsys.encoder import Encoder
from recsys.errors import IndexDamagedError, IndexMismatchError
from recsys.format.manifest import Manifest
from recsys.index.tower import add_tower
from recsys.recommend.recommender import Recommender
from recsys.train.text_tower import fit_tower
from recsys.types import Item
from recsys.words.tower import TextTower, TowerInfo
from tests.support.towers import random_tower
from tests.support.worded_shop import TINY, spec_of_vectors, worded_items, worded_vectors

FIT = partial(fit_tower, config=TINY)


def encoder_with_tower(encoder_folder, folder, weights=None):
    copied = shutil.copytree(encoder_folder, folder)
    encoder = Encoder.from_pretrained(copied)
    info = TowerInfo(weights or encoder.spec.weights, None, 7)
    random_tower(dim=encoder.dim, info=info).save(copied)
    return encoder


def never(*_):
    raise AssertionError("the encoder has a tower")


@pytest.mark.slow
def test_an_index_gets_the_tower_of_its_encoder_and_is_served_with_it(pictures, encoder_folder, tmp_path):
    encoder = encoder_with_tower(encoder_folder, tmp_path / "encoder")
    report = build_index(Catalog.open(str(pictures)), encoder, tmp_path / "shop", fit_tower=never)
    assert "comes with the encoder" in "\n".join(report.quality.lines())
    shop = Recommender.from_pretrained(tmp_path / "shop")
    assert shop.text_tower.info.products == 7
    again = build_index(Catalog.open(str(pictures)), Encoder.from_pretrained(tmp_path / "shop"), tmp_path / "other")
    assert again.quality and Recommender.from_pretrained(tmp_path / "other").text_tower


@pytest.mark.slow
def test_the_tower_of_another_encoder_is_left_behind(pictures, encoder_folder, tmp_path):
    encoder = encoder_with_tower(encoder_folder, tmp_path / "encoder", weights="f" * 64)
    report = build_index(Catalog.open(str(pictures)), encoder, tmp_path / "shop", fit_tower=FIT)
    assert "30 products are too few" in "\n".join(report.quality.lines())
    assert Recommender.from_pretrained(tmp_path / "shop").text_tower is None


def test_an_index_without_a_tower_has_none(built):
    assert Recommender.from_pretrained(built).text_tower is None


def test_a_tower_is_fitted_on_the_words_of_the_catalogue_and_its_figures_are_printed(tmp_path):
    items = worded_items(600)
    (tmp_path / "encoder").mkdir()
    lines = fit_own_tower(items, worded_vectors(items), spec_of_vectors(), FIT, tmp_path)
    assert "a text tower was fitted on 5" in lines[0]
    assert re.search(r"\n  baseColour articleType: P@10 of text tower alone (1\.0|0\.9)", "\n".join(lines))
    tower = TextTower.load(tmp_path / "encoder")
    assert tower.fits(spec_of_vectors())
    assert tower.info.measured["baseColour articleType: P@10"] > 0.8


@pytest.mark.parametrize(
    ("items", "why"),
    [
        (worded_items(100), "100 products are too few"),
        ([Item(str(number), None, {}) for number in range(600)], "no words"),
        ([Item(str(number), f"{number * 7919 % 599}", {}) for number in range(600)], "no better than chance"),
    ],
)
def test_there_is_no_tower_of_a_catalogue_with_too_few_words_and_the_build_says_why(tmp_path, items, why):
    (tmp_path / "encoder").mkdir()
    vectors = worded_vectors(worded_items(len(items)))
    lines = fit_own_tower(items, vectors, spec_of_vectors(), FIT, tmp_path)
    assert why in lines[0]
    assert not list((tmp_path / "encoder").iterdir())


def test_a_tower_of_another_encoder_is_not_served(index):
    spec = Manifest.read(index).encoder
    with pytest.raises(IndexMismatchError, match=r"text_tower\.json belongs to another encoder"):
        add_tower(index, random_tower(dim=spec.dim, info=TowerInfo("f" * 64, None)))
    assert Recommender.from_pretrained(index).text_tower is None


def test_an_altered_tower_is_not_served(index):
    spec = Manifest.read(index).encoder
    add_tower(index, random_tower(dim=spec.dim, info=TowerInfo.of_encoder(spec)))
    assert np.isfinite(Recommender.from_pretrained(index).text_tower.encode(["red"])).all()
    facts = json.loads((index / "encoder/text_tower.json").read_text())
    (index / "encoder/text_tower.json").write_text(json.dumps(facts | {"products": 1}))
    with pytest.raises(IndexDamagedError, match="text_tower"):
        Recommender.from_pretrained(index)
