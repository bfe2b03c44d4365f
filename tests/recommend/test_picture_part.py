from concurrent.futures import ThreadPoolExecutor
from dataclasses import astuple
from threading import Barrier

import numpy as np
import pytest
from PIL import Image

from recsys.core.calibration import Calibration
from recsys.core.crops import CropCalibration
from recsys.images.box import Box
from recsys.images.segment import Segmentation
from recsys.recommend.options import SearchOptions
from testkit.fake_shop import draw, fake_shop

CALIBRATION = Calibration("articleType", (0.0, 1.0), (0.0, 0.9), threshold=0.95, refused=0.05, queries=60, nearest=3)
RED_DRESS = draw("Dresses", "#b3262e")
BESIDE = Image.new("RGB", (900, 700), "white")
BESIDE.paste(RED_DRESS.resize((180, 240)), (600, 380))
"""A phone's picture of a small red dress on a white wall."""


@pytest.fixture(scope="module")
def shop():
    return fake_shop()


def test_a_small_product_on_a_plain_ground_is_searched_with_by_every_method(shop):
    part = shop.choose_part(BESIDE)
    assert part.box is not None and 0.6 < part.box.left < 0.75 and part.box.right < 0.95
    assert np.allclose(part.embedding, shop.embed(part.box.crop(BESIDE)))
    assert np.allclose(part.whole, shop.embed(BESIDE))

    answer = shop.recommend(BESIDE, 3)
    assert answer.box == astuple(part.box)
    assert shop.recommend_batch([RED_DRESS, BESIDE], 3) == [shop.recommend(RED_DRESS, 3), answer]
    assert shop.search(part, 3) == answer
    assert shop.describe(BESIDE) == answer.seen


def test_a_picture_that_the_product_fills_is_searched_with_whole(shop):
    for picture in (RED_DRESS, RED_DRESS.resize((900, 1200))):
        part = shop.choose_part(picture)
        assert part.box is None and (part.whole == part.embedding).all()
        assert shop.recommend(picture).box is None


def test_without_refinement_the_whole_picture_is_searched_with(shop):
    plain = shop.recommend(BESIDE, 3, refine=False)
    assert plain.box is None
    assert list(plain) == list(shop.search(shop.embed(BESIDE), 3))
    assert shop.recommend_batch([BESIDE], 3, refine=False) == [plain]
    assert shop.search(BESIDE, 3, SearchOptions(refine=False)) == plain


def test_pictures_of_two_requests_are_segmented_at_the_same_time(shop, monkeypatch):
    both, segment = Barrier(2, timeout=10), Segmentation.from_picture

    def segment_together(picture):
        both.wait()
        return segment(picture)

    monkeypatch.setattr(Segmentation, "from_picture", segment_together)
    with ThreadPoolExecutor(2) as pool:
        parts = list(pool.map(shop.choose_part, [BESIDE, BESIDE]))
    assert parts[0].box and parts[0].box == parts[1].box


def cluttered(product=None):
    """A phone's picture of coloured tiles, with a picture of the product, if any, on half of its height."""
    tiles = np.random.default_rng(0).integers(0, 256, (10, 8, 3), dtype=np.uint8)
    picture = Image.fromarray(tiles).resize((480, 640), Image.Resampling.NEAREST)
    if product:
        picture.paste(product, (240, 160))
    return picture


def calibrated(crops=None):
    shop = fake_shop(calibration=CALIBRATION)
    shop.crops = crops
    return shop


def kinds(answer):
    return {match.item.attributes["articleType"] for match in answer}


class TestClutter:
    def test_the_part_whose_products_are_closest_is_searched_with(self, shop):
        picture = cluttered(RED_DRESS)
        part = shop.choose_part(picture)
        assert part.box.overlap(Box(0.5, 0.25, 1, 0.75)) > 0.8 * 0.25
        assert np.allclose(part.whole, shop.embed(picture))
        assert kinds(shop.recommend(picture, 3)) == {"Dresses"} != kinds(shop.recommend(picture, 3, refine=False))
        assert shop.recommend(picture, 3).box == astuple(part.box)

    def test_several_pictures_are_answered_as_each_alone(self, shop):
        pictures = [cluttered(RED_DRESS), RED_DRESS, BESIDE, cluttered(draw("Watches", "#222222"))]
        assert shop.recommend_batch(pictures, 4) == [shop.recommend(picture, 4) for picture in pictures]

    def test_a_small_picture_is_searched_with_whole(self, shop):
        assert shop.choose_part(cluttered(RED_DRESS).resize((60, 80))).box is None

    def test_a_part_is_close_by_the_threshold_of_parts(self):
        near, far = (calibrated(CropCalibration(threshold, 0.03, 120)) for threshold in (0.9, 0.99))
        assert near.recommend(cluttered(RED_DRESS)).close is True
        assert far.recommend(cluttered(RED_DRESS)).close is False
        assert near.recommend(cluttered(RED_DRESS), where={"articleType": "Watches"}).close is False
        assert far.recommend(RED_DRESS).close is True

    def test_a_whole_picture_that_is_close_is_not_scanned(self):
        shop = calibrated(CropCalibration(0.0, 0.03, 120))
        assert shop.recommend(cluttered(RED_DRESS)).box is None

    def test_without_that_threshold_a_part_answers_and_is_never_close(self):
        answer = calibrated().recommend(cluttered(RED_DRESS), 3)
        assert kinds(answer) == {"Dresses"} and answer.close is False

    def test_without_any_calibration_nothing_is_said_of_how_close(self, shop):
        assert shop.recommend(cluttered(RED_DRESS)).close is None


class TestSeveralThings:
    @pytest.fixture
    def two(self):
        """A red dress and a black watch on a white wall."""
        wall = Image.new("RGB", (900, 700), "white")
        wall.paste(RED_DRESS.resize((240, 320)), (80, 200))
        wall.paste(draw("Watches", "#222222", (240, 320)), (560, 200))
        return wall

    def test_each_product_on_a_plain_background_has_its_own_answer(self, shop, two):
        answers = shop.recommend_parts(two, 3)
        assert {frozenset(kinds(answer)) for answer in answers} == {frozenset({"Dresses"}), frozenset({"Watches"})}
        assert [answer.box for answer in answers] == [astuple(box) for box in shop.choose_part(two).things]

    def test_one_thing_has_the_answer_of_the_picture(self, shop):
        for picture in (RED_DRESS, BESIDE, cluttered(RED_DRESS)):
            assert shop.recommend_parts(picture, 3) == [shop.recommend(picture, 3)]

    def test_in_clutter_the_close_parts_that_lie_apart_are_things(self):
        shop = calibrated(CropCalibration(0.9, 0.03, 120))
        picture = cluttered(RED_DRESS)
        picture.paste(draw("Trousers", "#222222"), (0, 320))
        answers = shop.recommend_parts(picture, 3)
        assert {"Dresses", "Trousers"} <= {kind for answer in answers for kind in kinds(answer)}
        assert all(answer.close for answer in answers)
        boxes = [Box(*answer.box) for answer in answers]
        assert all(
            one.overlap(other) <= 0.2 * min(one.area, other.area) for one in boxes for other in boxes if one != other
        )

    def test_an_empty_wall_of_an_older_index_has_no_things(self):
        assert calibrated().choose_part(cluttered()).things == ()
