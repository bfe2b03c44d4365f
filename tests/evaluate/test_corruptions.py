import numpy as np
import pytest
from PIL import Image

from recsys.evaluate.corruptions import CORRUPTIONS, cut_out
from testkit.fake_shop import COLOURS, KINDS, draw

PICTURES = [draw(kind, colour, (60, 80)) for kind in KINDS for colour in COLOURS.values()]
SHIRT = PICTURES[0]
LOPSIDED = Image.fromarray(np.hstack([np.asarray(SHIRT)[:, :30], np.full((80, 30, 3), 255, np.uint8)]))


def photographed(name, picture=SHIRT, seed=3):
    return CORRUPTIONS[name](picture, PICTURES, np.random.default_rng(seed))


def pixels(image):
    return np.asarray(image, dtype=float)


@pytest.mark.parametrize("name", CORRUPTIONS)
def test_a_photograph_is_another_picture_and_the_same_each_time(name):
    picture = LOPSIDED if name == "mirrored" else SHIRT
    photo = photographed(name, picture)
    assert photo.mode == "RGB"
    assert photo.size != picture.size or (pixels(photo) != pixels(picture)).any()
    assert photo == photographed(name, picture)
    if name in ("cluttered", "rotated", "cropped", "darkened", "all at once"):
        assert photo != photographed(name, seed=4)


def test_a_product_is_cut_out_of_its_white_ground_but_not_hollowed():
    picture = SHIRT.copy()
    picture.paste("white", (27, 40, 33, 50))
    mask = np.asarray(cut_out(picture)) > 127
    assert not mask[0].any()
    assert not mask[:, 0].any()
    assert mask[40:50, 27:33].all(), "white inside the product is the product"
    assert mask.mean() == pytest.approx((pixels(SHIRT).min(2) < 200).mean(), abs=0.05)


def test_a_picture_of_many_pixels_is_cut_out_as_sharply():
    picture = draw("Trousers", "#26355e", (480, 640))
    mask = np.asarray(cut_out(picture)) > 127
    product = pixels(picture).min(2) < 245
    assert (mask != product).mean() < 0.01


def test_a_product_that_is_not_on_white_is_not_put_on_clutter():
    assert cut_out(Image.new("RGB", (60, 80), "grey")) is None
    assert cut_out(Image.new("RGB", (60, 80), "white")) is None
    assert photographed("cluttered", Image.new("RGB", (60, 80), "grey")) is None
    assert photographed("all at once", Image.new("RGB", (60, 80), "grey")) is None


def test_clutter_surrounds_the_product_and_does_not_change_it():
    before, after = pixels(SHIRT), pixels(photographed("cluttered"))
    assert np.abs(after[35:60, 22:38] - before[35:60, 22:38]).max() < 3
    assert np.abs(after[:8] - before[:8]).mean() > 40


def test_each_corruption_does_what_its_name_says():
    assert photographed("mirrored", PICTURES[3]).getpixel((5, 5)) == PICTURES[3].getpixel((54, 5))
    red, green, blue = pixels(photographed("greyscale")).transpose(2, 0, 1)
    assert (red == green).all()
    assert (green == blue).all()
    assert pixels(photographed("darkened")).mean() < 0.75 * pixels(SHIRT).mean()
    assert all(0.7 * old <= new <= old for new, old in zip(photographed("cropped").size, SHIRT.size, strict=True))
    edges = [np.abs(np.diff(pixels(image), axis=1)).max() for image in (photographed("blurred"), SHIRT)]
    assert edges[0] < edges[1]
    assert pixels(photographed("rotated"))[0, 0].tolist() == [255, 255, 255]
