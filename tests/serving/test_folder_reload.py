"""A rebuilt index folder takes the place of the one that is served."""

import logging
import shutil
from dataclasses import replace

import pytest

from recsys.build.pipeline import build_index
from recsys.catalog import Catalog
from recsys.core.storefront import Storefront
from recsys.encoder import Encoder
from recsys.serving.folder_reload import FolderReloader, reloader
from recsys.serving.live import LiveRecommender
from recsys.serving.open import open_recommender
from recsys.serving.reload import Reloader
from recsys.settings import Settings
from testkit.fake_shop import draw, fake_shop


@pytest.fixture
def served(index):
    settings = Settings(index_dir=index)
    shop = LiveRecommender(open_recommender(settings))
    assert len(shop.current.recommend(draw("Caps", "#b3262e"))) == 5
    return shop, FolderReloader(shop, settings), index


def test_a_rebuilt_folder_is_served_and_the_encoder_is_kept(served, pictures, encoder_folder, tmp_path):
    shop, watcher, index = served
    encoder = shop.current.encoder
    assert not watcher.check()
    shutil.copytree(pictures, tmp_path / "drawn-shop", ignore=shutil.ignore_patterns("Watches"))
    catalog = Catalog.open(str(tmp_path / "drawn-shop"))
    build_index(catalog, Encoder.from_pretrained(encoder_folder), index, storefront=Storefront(title="Pia"))
    assert watcher.check()
    assert len(shop.current.items) == 25 and shop.current.storefront.title == "Pia"
    assert shop.current.encoder is encoder
    assert not watcher.check()


def test_a_damaged_rebuild_is_not_served_and_tried_again_later(served, caplog):
    shop, watcher, index = served
    serving, manifest = shop.current, (index / "index.json").read_text()
    (index / "index.json").write_text("{")
    with caplog.at_level(logging.WARNING):
        assert not watcher.check()
    assert "The rebuilt index is not served: index.json cannot be read" in caplog.text
    assert shop.current is serving and watcher.wait() == 10
    (index / "index.json").write_text(manifest)
    assert watcher.check() and watcher.wait() == 5


def test_the_hub_is_asked_where_the_settings_name_a_repository(index):
    shop = LiveRecommender(fake_shop())
    assert type(reloader(shop, Settings(index_repo="me/shop"))) is Reloader
    assert type(reloader(shop, Settings(index_dir=index))) is FolderReloader
    assert reloader(shop, replace(Settings(index_dir=index), reload_seconds=2)).wait() == 2
