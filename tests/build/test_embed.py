import numpy as np
import pytest

from recsys.build.embed import embed_batch


@pytest.mark.parametrize(("count", "batch_size", "given"), [(1, 4, 2), (2, 4, 2), (4, 4, 4), (1, 1, 1)])
def test_a_single_picture_is_embedded_in_a_batch_of_two(count, batch_size, given):
    sizes = []

    class Watched:
        def features(self, pixels):
            sizes.append(len(pixels))
            return pixels.reshape(len(pixels), -1).astype(np.float32)

    pixels = [np.full((2, 2, 3), number, np.uint8) for number in range(count)]
    features = embed_batch(Watched(), pixels, batch_size)
    assert sizes == [given]
    assert features[:, 0].tolist() == list(range(count))
