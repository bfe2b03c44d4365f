from dataclasses import astuple

import numpy as np
import pytest
from PIL import Image

from recsys.recommend.options import SearchOptions
from testkit.fake_shop import draw, fake_shop

RED_DRESS = draw("Dresses", "#b3262e")
BESIDE = Image.new("RGB", (900, 700), "white")
BESIDE.paste(RED_DRESS.resize((180, 240)), (600, 380))
"""A phone's picture of a small red dress on a white wall."""


@pytest.fixture(scope="module")
def shop():
    return fake_shop()


def test_a_small_product_on_a_plain_ground_is_searched_with_by_every_method(shop):
    look = shop.look(BESIDE)
    assert look.box is not None and 0.6 < look.box.left < 0.75 and look.box.right < 0.95
    assert np.allclose(look.embedding, shop.embed(look.box.crop(BESIDE)))
    assert np.allclose(look.whole, shop.embed(BESIDE))

    answer = shop.recommend(BESIDE, 3)
    assert answer.box == astuple(look.box)
    assert shop.recommend_batch([RED_DRESS, BESIDE], 3) == [shop.recommend(RED_DRESS, 3), answer]
    assert shop.search(look, 3) == answer
    assert shop.describe(BESIDE) == answer.seen


def test_a_picture_that_the_product_fills_is_searched_with_whole(shop):
    for picture in (RED_DRESS, RED_DRESS.resize((900, 1200))):
        look = shop.look(picture)
        assert look.box is None and (look.whole == look.embedding).all()
        assert shop.recommend(picture).box is None


def test_without_refinement_the_whole_picture_is_searched_with(shop):
    plain = shop.recommend(BESIDE, 3, refine=False)
    assert plain.box is None
    assert list(plain) == list(shop.search(shop.embed(BESIDE), 3))
    assert shop.recommend_batch([BESIDE], 3, refine=False) == [plain]
    assert shop.search(BESIDE, 3, SearchOptions(refine=False)) == plain
