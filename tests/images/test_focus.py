"""A box lies around the product of a plain picture, or around what was clicked, and never cuts anything off."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFilter

from recsys.errors import QueryError
from recsys.images.focus import Box, around, automatic, crop, items
from testkit.fake_shop import draw

SIZE = (450, 600)
COLOURS = {"white": "#ffffff", "black": "#101010", "grey": "#8c8c8c", "pink": "#f0b8c8", "blue": "#2b4a9c"}


def seen(*shapes, ground="#ffffff"):
    """A picture of these ellipses: (left, top, right, bottom in pixels, colour)."""
    image = Image.new("RGB", SIZE, ground)
    pen = ImageDraw.Draw(image)
    for *corners, colour in shapes:
        pen.ellipse(corners, fill=colour)
    return image


def noisy(image, level):
    noise = np.random.default_rng(0).normal(0, level, (image.height, image.width, 1))
    return Image.fromarray((np.asarray(image) + noise).clip(0, 255).astype(np.uint8))


def compressed(image, quality=70):
    file = io.BytesIO()
    image.save(file, "JPEG", quality=quality)
    return Image.open(file).convert("RGB")


def vignetted(image, strength=0.3):
    x, y = np.meshgrid(np.linspace(-1, 1, image.width), np.linspace(-1, 1, image.height))
    light = 1 - strength * (x * x + y * y) / 2
    return Image.fromarray((np.asarray(image) * light[..., None]).astype(np.uint8))


def shadowed(image, shape):
    """In the soft shadow of an ellipse."""
    shade = Image.new("L", image.size)
    ImageDraw.Draw(shade).ellipse(shape, fill=255)
    shade = np.asarray(shade.filter(ImageFilter.GaussianBlur(30)), dtype=np.float32) / 255
    return Image.fromarray((np.asarray(image) * (1 - 0.15 * shade[..., None])).astype(np.uint8))


def textured():
    """A ground with as many edges as a carpet."""
    tiles = np.random.default_rng(0).integers(0, 256, (24, 18, 3), dtype=np.uint8)
    return Image.fromarray(tiles).resize(SIZE, Image.Resampling.NEAREST)


def covers(box, corners):
    left, top, right, bottom = box.pixels(SIZE)
    return left <= corners[0] and top <= corners[1] and right > corners[2] and bottom > corners[3]


def aspect(box):
    left, top, right, bottom = box.pixels(SIZE)
    return (right - left) / (bottom - top)


PRODUCT = (250, 100, 340, 220)
COLOURED = {"white": "#b3262e", "black": "#b3262e", "grey": "#e8e0d0", "pink": "#f8f8f8", "blue": "#3f66c4"}


@pytest.mark.parametrize("ground", COLOURS)
def test_a_small_product_on_any_plain_ground_gets_a_box_with_a_margin(ground):
    picture = compressed(noisy(seen((*PRODUCT, COLOURED[ground]), ground=COLOURS[ground]), 6))
    box = automatic(picture)
    assert covers(box, PRODUCT)
    assert aspect(box) == pytest.approx(3 / 4, abs=0.02)
    left, top, right, bottom = box.pixels(SIZE)
    assert 1.1 < (right - left) / 90 < 1.5 and 1.05 < (bottom - top) / 120 < 1.5


def test_uneven_light_is_still_a_plain_ground():
    box = automatic(compressed(noisy(vignetted(seen((*PRODUCT, "#274e13"), ground="#c8c0b0")), 4)))
    assert covers(box, PRODUCT) and box.area < 0.1


def test_a_soft_shadow_is_not_the_product():
    lit = seen((*PRODUCT, "#8a1c2b"), ground="#e0e0e0")
    shadow = (175, 250, 425, 450)
    box = automatic(shadowed(lit, shadow))
    assert covers(box, PRODUCT) and box.bottom < 0.55
    hard = automatic(seen((*shadow, "#bebebe"), (*PRODUCT, "#8a1c2b"), ground="#e0e0e0"))
    assert hard is None or hard.bottom > 0.7


def test_a_pale_product_is_kept_whole():
    assert covers(automatic(compressed(seen((*PRODUCT, "#f0f0f0")), 85)), PRODUCT)
    left, *_, bottom = PRODUCT
    half_pale = seen((*PRODUCT, "#efefef"))
    half_pale.paste("#202020", (280, 150, 300, 170))
    box = automatic(half_pale)
    assert covers(box, PRODUCT) and box.left * SIZE[0] < left and box.bottom * SIZE[1] > bottom


def test_a_product_of_several_parts_is_kept_whole():
    pair = [(150, 250, 200, 350), (240, 255, 290, 355)]
    box = automatic(seen(*[(*shoe, "#553311") for shoe in pair]))
    assert all(covers(box, shoe) for shoe in pair)


def test_dust_does_not_widen_the_box():
    clean, dusty = (seen((*PRODUCT, "#333333"), *dust) for dust in ([], [(15, 550, 21, 556, "#999999")]))
    assert automatic(dusty) == automatic(clean)


def test_a_product_at_the_edge_keeps_its_box_within_the_picture():
    corner = (0, 500, 75, 599)
    box = automatic(seen((*corner, "#333333")))
    assert covers(box, corner) and (box.left, box.bottom) == (0, 1)


@pytest.mark.parametrize("kind", ["Tshirts", "Dresses", "Trousers", "Handbags", "Watches"])
@pytest.mark.parametrize("size", [(240, 320), (60, 80)])
def test_the_picture_of_a_shop_stays_whole(kind, size):
    assert automatic(draw(kind, "#b3262e", size)) is None
    assert len(items(draw(kind, "#b3262e", size))) == 1


def test_a_product_of_half_the_width_and_height_fills_its_picture():
    product = (112, 150, 337, 450)
    assert automatic(seen((*product, "#b3262e"))) is None
    assert covers(items(seen((*product, "#b3262e")))[0], product)


def test_no_plain_ground_no_box():
    scene = textured()
    scene.paste("#b3262e", PRODUCT)
    assert automatic(scene) is None and items(scene) == []
    assert automatic(noisy(Image.new("RGB", (160, 120), "#808080"), 40)) is None
    thirds = Image.fromarray(np.eye(3, dtype=np.uint8)[np.arange(90) % 3][None].repeat(60, axis=0) * 255)
    assert automatic(thirds) is None


def test_nothing_on_a_plain_ground_is_no_product():
    for ground in COLOURS.values():
        assert automatic(Image.new("RGB", (300, 200), ground)) is None
        assert items(compressed(vignetted(noisy(Image.new("RGB", (300, 200), ground), 3)))) == []


def test_products_side_by_side_are_told_apart_the_largest_first():
    small, large, middle = (30, 250, 100, 320), (150, 150, 280, 400), (320, 225, 430, 350)
    shapes = [(*small, "#553311"), (*large, "#1c3f94"), (*middle, "#0f0f0f")]
    picture = compressed(noisy(vignetted(seen(*shapes, ground="#d8c8b8"), 0.15), 4))
    boxes = items(picture)
    assert len(boxes) == 3
    for box, product in zip(boxes, (large, middle, small), strict=True):
        assert covers(box, product)
        others = [other for other in (large, middle, small) if other != product]
        left, top, right, bottom = box.pixels(SIZE)
        assert all(right <= o[0] or left > o[2] or bottom <= o[1] or top > o[3] for o in others)


def test_neighbours_leave_each_other_as_much_margin_as_there_is():
    left, right = (100, 200, 200, 500), (230, 200, 330, 500)
    for box in items(seen((*left, "#1c3f94"), (*right, "#1c3f94"))):
        product, other = (left, right) if box.left < 0.3 else (right, left)
        start, _, end, _ = box.pixels(SIZE)
        assert covers(box, product) and end - start > 120
        assert end <= other[0] or start > other[2]


def test_a_print_inside_a_pale_product_is_no_product_of_its_own():
    ring = seen((150, 150, 300, 400, "#222222"), (160, 160, 290, 390, "#ffffff"), (200, 250, 250, 300, "#b3262e"))
    (box,) = items(ring)
    assert covers(box, (150, 150, 300, 400))


def test_a_click_means_the_product_under_it():
    left, right = (50, 200, 175, 400), (275, 200, 400, 400)
    picture = seen((*left, "#1c3f94"), (*right, "#b3262e"), ground="#eeeeee")
    assert around(picture, 0.25, 0.5) == next(box for box in items(picture) if covers(box, left))
    assert around(picture, 0.75, 0.5) == next(box for box in items(picture) if covers(box, right))
    beside = around(picture, right[2] / SIZE[0] + 0.02, 0.5)
    assert beside == around(picture, 0.75, 0.5)


def test_a_click_on_bare_ground_means_the_place():
    picture = seen((50, 50, 150, 150, "#1c3f94"), ground="#eeeeee")
    box = around(picture, 0.6, 0.7)
    assert ((box.left + box.right) / 2, (box.top + box.bottom) / 2) == pytest.approx((0.6, 0.7))
    assert aspect(box) == pytest.approx(3 / 4, abs=0.01) and 0.1 < box.area < 0.5


def test_a_click_in_a_scene_means_the_patch_of_colour_there_in_all_its_light():
    lit = np.full((250, 150, 3), (60, 90, 160)) + np.linspace(-30, 30, 250)[:, None, None]
    scene = textured()
    scene.paste(Image.fromarray(lit.astype(np.uint8)), (150, 200))
    box = around(noisy(scene, 10), 0.5, 0.6)
    assert covers(box, (150, 200, 299, 449)) and box.area < 0.4


def test_a_click_where_nothing_has_an_edge_means_the_place():
    rough = Image.fromarray(np.random.default_rng(0).integers(0, 256, (160, 120, 3), dtype=np.uint8))
    box = around(rough, 0.5, 0.5)
    assert (box.left + box.right, box.top + box.bottom) == pytest.approx((1, 1)) and 0.1 < box.area < 0.5
    corner = around(rough, 1, 0)
    assert (corner.right, corner.top) == (1, 0) and corner.area == pytest.approx(box.area)


@pytest.mark.parametrize("mode", ["L", "1", "P", "RGBA", "LA", "CMYK", "I;16"])
def test_pictures_of_any_mode_are_seen(mode):
    picture = seen((*PRODUCT, "#202020"))
    if mode == "I;16":
        picture = Image.fromarray(np.asarray(picture.convert("L")).astype(np.uint16) * 257)
    else:
        picture = picture.convert(mode)
    assert covers(automatic(picture), PRODUCT)


@pytest.mark.parametrize("size", [(1, 1), (2, 1), (1, 2), (3, 3), (2000, 1), (1, 2000), (7, 5)])
def test_tiny_pictures_and_strips_have_answers(size):
    picture = Image.new("RGB", size, "#aa3322")
    assert automatic(picture) is None and items(picture) == []
    for x, y in ((0, 0), (0.5, 0.5), (1, 1)):
        assert all(side >= 1 for side in crop(picture, around(picture, x, y)).size)
    random = Image.fromarray(np.random.default_rng(1).integers(0, 256, (size[1], size[0], 3), dtype=np.uint8))
    assert isinstance(around(random, 0.3, 0.9), Box)
    assert automatic(random) is None or automatic(random).area < 1


def test_a_crop_is_every_pixel_that_the_box_touches():
    picture = seen((*PRODUCT, "#333333"))
    assert crop(picture, Box(0, 0, 1, 1)).size == SIZE
    part = crop(picture, Box(0.1, 0.25, 0.4, 0.75))
    assert part.size == (135, 300) and part.tobytes() == picture.crop((45, 150, 180, 450)).tobytes()
    assert crop(picture, Box(0.9999, 0.9999, 1, 1)).size == (1, 1)
    assert crop(Image.new("RGB", (10, 10)), Box(0.05, 0.05, 0.55, 0.95)).size == (6, 10)


@pytest.mark.parametrize(
    "edges",
    [(0.5, 0, 0.5, 1), (0.6, 0, 0.4, 1), (0, 0.2, 1, 0.1), (-0.1, 0, 1, 1), (0, 0, 1, 1.01), (0, 0, float("nan"), 1),
     (0, 0, float("inf"), 1), ("0", 0, 1, 1), (None, 0, 1, 1), (False, False, True, True), (10, 20, 300, 400)],
)  # fmt: skip
def test_a_box_that_is_none_is_refused(edges):
    with pytest.raises(QueryError, match="shares of the picture"):
        Box(*edges)


@pytest.mark.parametrize("point", [(-0.1, 0.5), (0.5, 1.1), (float("nan"), 0.5), ("a", 0.5), (300, 200)])
def test_a_point_outside_the_picture_is_refused(point):
    with pytest.raises(QueryError, match="from 0 to 1"):
        around(seen(), *point)
