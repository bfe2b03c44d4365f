"""A build fits when a part of a picture is close, on drawn pictures without a product."""

from dataclasses import replace

import numpy as np
import pytest

from recsys.core.crops import CropCalibration
from recsys.errors import IndexDamagedError
from recsys.evaluate.crop_threshold import clutter_and_textures, fit_crops
from recsys.format.manifest import Manifest
from recsys.recommend.picture_part import PartChooser
from testkit.fake_shop import fake_shop
from testkit.manifests import rewrite


def test_the_threshold_is_that_which_few_drawn_pictures_reach():
    shop = fake_shop()
    chooser = PartChooser(shop.encoder, shop.searcher)
    fitted = fit_crops(chooser, 40)
    assert fitted == fit_crops(chooser, 40) and 36 <= fitted.pictures <= 40
    others = chooser.scan(clutter_and_textures(20, np.random.default_rng(1)))
    assert np.mean([fitted.is_close(part.closeness, part.size) for part in others]) <= 0.1


def test_the_drawn_pictures_differ_and_have_no_plain_background():
    pictures = clutter_and_textures(20, np.random.default_rng(0))
    assert len({picture.tobytes() for picture in pictures}) == 20


def test_the_manifest_keeps_the_threshold_and_an_older_one_has_none(index):
    manifest = Manifest.read(index)
    assert manifest.crops is None and '"crops"' not in manifest.to_json()
    crops = CropCalibration(0.91, 0.03, 120)
    (index / "index.json").write_text(replace(manifest, crops=crops).to_json(), "utf-8")
    assert Manifest.read(index).crops == crops and Manifest.read(index).format == manifest.format
    rewrite(index, lambda body: body["crops"].update(threshold="high"))
    with pytest.raises(IndexDamagedError):
        Manifest.read(index)
