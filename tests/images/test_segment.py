"""Products are found on any plain background, whole and without specks."""

import numpy as np
import pytest
from PIL import Image

from tests.support.drawn_pictures import (
    COLOURED,
    COLOURS,
    PRODUCT,
    SIZE,
    aspect,
    automatic,
    compressed,
    covers,
    drawn,
    items,
    noisy,
    shadowed,
    textured,
    vignetted,
)


@pytest.mark.parametrize("ground", COLOURS)
def test_a_small_product_on_any_plain_ground_gets_a_box_with_a_margin(ground):
    picture = compressed(noisy(drawn((*PRODUCT, COLOURED[ground]), ground=COLOURS[ground]), 6))
    box = automatic(picture)
    assert covers(box, PRODUCT)
    assert aspect(box) == pytest.approx(3 / 4, abs=0.02)
    left, top, right, bottom = box.pixels(SIZE)
    assert 1.1 < (right - left) / 90 < 1.5 and 1.05 < (bottom - top) / 120 < 1.5


def test_uneven_light_is_still_a_plain_ground():
    box = automatic(compressed(noisy(vignetted(drawn((*PRODUCT, "#274e13"), ground="#c8c0b0")), 4)))
    assert covers(box, PRODUCT) and box.area < 0.1


def test_a_soft_shadow_is_not_the_product():
    lit = drawn((*PRODUCT, "#8a1c2b"), ground="#e0e0e0")
    shadow = (175, 250, 425, 450)
    box = automatic(shadowed(lit, shadow))
    assert covers(box, PRODUCT) and box.bottom < 0.55
    hard = automatic(drawn((*shadow, "#bebebe"), (*PRODUCT, "#8a1c2b"), ground="#e0e0e0"))
    assert hard is None or hard.bottom > 0.7


def test_a_pale_product_is_kept_whole():
    assert covers(automatic(compressed(drawn((*PRODUCT, "#f0f0f0")), 85)), PRODUCT)
    left, *_, bottom = PRODUCT
    half_pale = drawn((*PRODUCT, "#efefef"))
    half_pale.paste("#202020", (280, 150, 300, 170))
    box = automatic(half_pale)
    assert covers(box, PRODUCT) and box.left * SIZE[0] < left and box.bottom * SIZE[1] > bottom


def test_a_product_of_several_parts_is_kept_whole():
    pair = [(150, 250, 200, 350), (240, 255, 290, 355)]
    box = automatic(drawn(*[(*shoe, "#553311") for shoe in pair]))
    assert all(covers(box, shoe) for shoe in pair)


def test_dust_does_not_widen_the_box():
    clean, dusty = (drawn((*PRODUCT, "#333333"), *dust) for dust in ([], [(15, 550, 21, 556, "#999999")]))
    assert automatic(dusty) == automatic(clean)


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


def test_products_side_by_side_are_separated_the_largest_first():
    small, large, middle = (30, 250, 100, 320), (150, 150, 280, 400), (320, 225, 430, 350)
    shapes = [(*small, "#553311"), (*large, "#1c3f94"), (*middle, "#0f0f0f")]
    picture = compressed(noisy(vignetted(drawn(*shapes, ground="#d8c8b8"), 0.15), 4))
    boxes = items(picture)
    assert len(boxes) == 3
    for box, product in zip(boxes, (large, middle, small), strict=True):
        assert covers(box, product)
        others = [other for other in (large, middle, small) if other != product]
        left, top, right, bottom = box.pixels(SIZE)
        assert all(right <= o[0] or left > o[2] or bottom <= o[1] or top > o[3] for o in others)


def test_a_print_inside_a_pale_product_is_not_a_separate_product():
    ring = drawn((150, 150, 300, 400, "#222222"), (160, 160, 290, 390, "#ffffff"), (200, 250, 250, 300, "#b3262e"))
    (box,) = items(ring)
    assert covers(box, (150, 150, 300, 400))


@pytest.mark.parametrize("mode", ["L", "1", "P", "RGBA", "LA", "CMYK", "I;16"])
def test_pictures_of_any_mode_are_seen(mode):
    picture = drawn((*PRODUCT, "#202020"))
    if mode == "I;16":
        picture = Image.fromarray(np.asarray(picture.convert("L")).astype(np.uint16) * 257)
    else:
        picture = picture.convert(mode)
    assert covers(automatic(picture), PRODUCT)
