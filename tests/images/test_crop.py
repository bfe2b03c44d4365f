"""Boxes have the margins of a shop's picture, and a click means a product, a patch of colour or a place."""

from dataclasses import astuple

import numpy as np
import pytest
from PIL import Image

from recsys.errors import QueryError
from recsys.images.box import Box
from recsys.images.crop import closer_boxes, relative_size, scan_boxes
from testkit.fake_shop import draw
from tests.support.drawn_pictures import SIZE, around, aspect, automatic, covers, drawn, items, noisy, textured


@pytest.mark.parametrize("kind", ["Tshirts", "Dresses", "Trousers", "Handbags", "Watches"])
@pytest.mark.parametrize("size", [(240, 320), (60, 80)])
def test_the_picture_of_a_shop_stays_whole(kind, size):
    assert automatic(draw(kind, "#b3262e", size)) is None
    assert len(items(draw(kind, "#b3262e", size))) == 1


def test_a_product_of_half_the_width_and_height_fills_its_picture():
    product = (112, 150, 337, 450)
    assert automatic(drawn((*product, "#b3262e"))) is None
    assert covers(items(drawn((*product, "#b3262e")))[0], product)


def test_a_product_at_the_edge_keeps_its_box_within_the_picture():
    corner = (0, 500, 75, 599)
    box = automatic(drawn((*corner, "#333333")))
    assert covers(box, corner) and (box.left, box.bottom) == (0, 1)


def test_neighbours_leave_each_other_as_much_margin_as_there_is():
    left, right = (100, 200, 200, 500), (230, 200, 330, 500)
    for box in items(drawn((*left, "#1c3f94"), (*right, "#1c3f94"))):
        product, other = (left, right) if box.left < 0.3 else (right, left)
        start, _, end, _ = box.pixels(SIZE)
        assert covers(box, product) and end - start > 120
        assert end <= other[0] or start > other[2]


def test_a_click_means_the_product_under_it():
    left, right = (50, 200, 175, 400), (275, 200, 400, 400)
    picture = drawn((*left, "#1c3f94"), (*right, "#b3262e"), ground="#eeeeee")
    assert around(picture, 0.25, 0.5) == next(box for box in items(picture) if covers(box, left))
    assert around(picture, 0.75, 0.5) == next(box for box in items(picture) if covers(box, right))
    beside = around(picture, right[2] / SIZE[0] + 0.02, 0.5)
    assert beside == around(picture, 0.75, 0.5)


def test_a_click_on_bare_ground_means_the_place():
    picture = drawn((50, 50, 150, 150, "#1c3f94"), ground="#eeeeee")
    box = around(picture, 0.6, 0.7)
    assert ((box.left + box.right) / 2, (box.top + box.bottom) / 2) == pytest.approx((0.6, 0.7))
    assert aspect(box) == pytest.approx(3 / 4, abs=0.01) and 0.1 < box.area < 0.5


def test_a_click_in_a_scene_means_the_patch_of_colour_there_in_all_its_light():
    lit = np.full((250, 150, 3), (60, 90, 160)) + np.linspace(-30, 30, 250)[:, None, None]
    scene = textured()
    scene.paste(Image.fromarray(lit.astype(np.uint8)), (150, 200))
    box = around(noisy(scene, 10), 0.5, 0.6)
    assert covers(box, (150, 200, 299, 449)) and box.area < 0.4


def test_a_click_near_no_edge_selects_a_box_around_the_point():
    rough = Image.fromarray(np.random.default_rng(0).integers(0, 256, (160, 120, 3), dtype=np.uint8))
    box = around(rough, 0.5, 0.5)
    assert (box.left + box.right, box.top + box.bottom) == pytest.approx((1, 1)) and 0.1 < box.area < 0.5
    corner = around(rough, 1, 0)
    assert (corner.right, corner.top) == (1, 0) and corner.area == pytest.approx(box.area)


@pytest.mark.parametrize("point", [(-0.1, 0.5), (0.5, 1.1), (float("nan"), 0.5), ("a", 0.5), (300, 200)])
def test_a_point_outside_the_picture_is_refused(point):
    with pytest.raises(QueryError, match="from 0 to 1"):
        around(drawn(), *point)


@pytest.mark.parametrize("size", [(1, 1), (2, 1), (1, 2), (3, 3), (2000, 1), (1, 2000), (7, 5)])
def test_tiny_pictures_and_strips_have_answers(size):
    picture = Image.new("RGB", size, "#aa3322")
    assert automatic(picture) is None and items(picture) == []
    for x, y in ((0, 0), (0.5, 0.5), (1, 1)):
        assert all(side >= 1 for side in around(picture, x, y).crop(picture).size)
    random = Image.fromarray(np.random.default_rng(1).integers(0, 256, (size[1], size[0], 3), dtype=np.uint8))
    assert isinstance(around(random, 0.3, 0.9), Box)
    assert automatic(random) is None or automatic(random).area < 1


@pytest.mark.parametrize("size", [(480, 640), (640, 480), (500, 500), (900, 200)])
def test_the_boxes_of_a_scan_have_a_shops_proportions_and_cover_the_picture(size):
    boxes = scan_boxes(size)
    width, height = size
    assert {round((box.right - box.left) * width / ((box.bottom - box.top) * height), 3) for box in boxes} == {0.75}
    for x, y in np.random.default_rng(0).uniform(0, 1, (50, 2)):
        assert any(box.contains(x, y) for box in boxes)
    assert relative_size(boxes[0], size) == pytest.approx(0.7) and relative_size(boxes[-1], size) == pytest.approx(0.5)


def test_a_portrait_takes_thirteen_boxes():
    assert len(scan_boxes((480, 640))) == 13


def test_closer_boxes_lie_within_their_box_and_cover_it():
    outer = Box(0.2, 0.4, 0.6, 1.0)
    boxes = closer_boxes(outer)
    assert len(boxes) == 9 and all(box.overlap(outer) == pytest.approx(box.area) for box in boxes)
    assert all(any(box.contains(x, y) for box in boxes) for x in (0.2, 0.4, 0.6) for y in (0.4, 0.7, 1.0))


def test_the_boxes_of_a_scan_are_plain_numbers():
    boxes = [*scan_boxes((800, 600)), *closer_boxes(Box(0.2, 0.1, 0.9, 0.8))]
    assert {type(side) for box in boxes for side in astuple(box)} <= {float, int}
