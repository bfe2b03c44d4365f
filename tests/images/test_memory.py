"""Memory of pictures that the next ones use."""

from PIL import Image

from recsys.images.decode import decode
from recsys.images.memory import keep_picture_memory
from testkit.fake_shop import draw, encoded


def test_the_next_picture_is_decoded_into_the_memory_of_the_one_before():
    keep_picture_memory()
    try:
        picture = encoded(draw("Dresses", "#b3262e"))
        decode(picture)
        before = Image.core.get_stats()
        decode(picture)
        after = Image.core.get_stats()
        assert after["reused_blocks"] > before["reused_blocks"]
        assert after["allocated_blocks"] == before["allocated_blocks"]
    finally:
        Image.core.clear_cache()
        Image.core.set_blocks_max(0)
