"""A box names a part of a picture and crops it."""

import pytest
from PIL import Image

from recsys.errors import QueryError
from recsys.images.box import Box
from tests.support.drawn_pictures import PRODUCT, SIZE, drawn


def test_a_crop_is_every_pixel_that_the_box_touches():
    picture = drawn((*PRODUCT, "#333333"))
    assert Box(0, 0, 1, 1).crop(picture).size == SIZE
    part = Box(0.1, 0.25, 0.4, 0.75).crop(picture)
    assert part.size == (135, 300) and part.tobytes() == picture.crop((45, 150, 180, 450)).tobytes()
    assert Box(0.9999, 0.9999, 1, 1).crop(picture).size == (1, 1)
    assert Box(0.05, 0.05, 0.55, 0.95).crop(Image.new("RGB", (10, 10))).size == (6, 10)


@pytest.mark.parametrize(
    "edges",
    [(0.5, 0, 0.5, 1), (0.6, 0, 0.4, 1), (0, 0.2, 1, 0.1), (-0.1, 0, 1, 1), (0, 0, 1, 1.01), (0, 0, float("nan"), 1),
     (0, 0, float("inf"), 1), ("0", 0, 1, 1), (None, 0, 1, 1), (False, False, True, True), (10, 20, 300, 400)],
)  # fmt: skip
def test_a_box_that_is_none_is_refused(edges):
    with pytest.raises(QueryError, match="shares of the picture"):
        Box(*edges)
