"""A build fits how likely the nearest product is the very product in the picture."""

from dataclasses import replace

import numpy as np
import pytest

from recsys.core.calibration import Calibration
from recsys.core.linalg import unit
from recsys.evaluate.product_chance import fit_product_chance
from testkit.fake_shop import ThumbnailEncoder, draw, encoded, fake_shop

CALIBRATION = Calibration("articleType", (0.0, 1.0), (0.0, 0.9), threshold=0.5, refused=0.05, queries=60)


@pytest.fixture(scope="module")
def drawn():
    """Pictures of 150 caps, each of a colour of its own."""
    rng = np.random.default_rng(0)
    colours = [f"#{red:02x}{green:02x}{blue:02x}" for red, green, blue in rng.integers(0, 200, size=(150, 3))]
    return [draw("Caps", colour, (60, 80)) for colour in colours]


def fit(pictures, vectors, encoder):
    return fit_product_chance(CALIBRATION, encoder, vectors, map(encoded, pictures))


def test_a_nearer_product_is_more_likely_the_very_product(drawn):
    encoder = ThumbnailEncoder()
    fitted = fit(drawn, encoder.encode(drawn), encoder)
    assert fitted == fit(drawn, encoder.encode(drawn), encoder)
    far, near = fitted.product_chance_at(0.5), fitted.product_chance_at(1.0)
    assert 0 <= far < 0.3 < near <= 1
    assert Calibration.from_json(vars(fitted)) == fitted


def test_an_encoder_that_knows_no_products_gives_each_a_low_chance(drawn):
    class Blind(ThumbnailEncoder):
        def encode(self, images):
            return unit(np.random.default_rng(len(images)).normal(size=(len(images), 16))).astype(np.float32)

    gallery = unit(np.random.default_rng(1).normal(size=(150, 16))).astype(np.float32)
    assert fit(drawn, gallery, Blind()).product_chance_at(1.0) < 0.2


def test_a_small_shop_and_an_older_index_say_nothing_of_the_very_product(drawn):
    fitted = fit(drawn[:50], ThumbnailEncoder().encode(drawn[:50]), ThumbnailEncoder())
    assert fitted == CALIBRATION and fitted.product_chance_at(1.0) is None
    assert "product" not in fake_shop(calibration=fitted).recommend(draw("Caps", "#222222"))[0].chances


def test_only_the_nearest_match_of_a_picture_has_the_chance():
    curve = {"product_similarity": (0.5, 1.0), "product_chance": (0.1, 0.9)}
    shop = fake_shop(calibration=replace(CALIBRATION, **curve))
    first, *others = shop.recommend(draw("Dresses", "#b3262e"))
    assert first.chances["product"] == pytest.approx(0.9, abs=0.05)
    assert all("product" not in match.chances for match in others)
    assert all("product" not in match.chances for match in shop.similar(first.item.id))
