import threading
import time

import numpy as np
import pytest

from recsys.build.batches import BatchEmbedder, embed_batch


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


class Encoder:
    """An encoder whose features are the first pixels of each picture."""

    def __init__(self, streams=2, fastest_batch=4, fails_at=None):
        self.network, self.streams, self.fastest_batch = self, streams, fastest_batch
        self.fails_at, self.batches, self.at_once, self.most_at_once = fails_at, [], 0, 0
        self.lock = threading.Lock()

    def features(self, pixels):
        with self.lock:
            self.batches.append(len(pixels))
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
        time.sleep(0.001 * (int(pixels.flat[0]) % 5))
        with self.lock:
            self.at_once -= 1
        if self.fails_at in pixels[:, 0, 0, 0].tolist():
            raise MemoryError
        return pixels[:, 0, 0, :1].astype(np.float32)


def embedded(encoder, numbers, batch_size=8):
    passed_on = []
    with BatchEmbedder(encoder, batch_size, lambda keys, vectors: passed_on.append((keys, vectors))) as embedder:
        for number in numbers:
            embedder.add(str(number), np.full((2, 2, 3), number, np.uint8))
    return passed_on


def test_batches_are_embedded_at_once_and_passed_on_in_order():
    encoder = Encoder()
    passed_on = embedded(encoder, range(50))
    assert [key for keys, _ in passed_on for key in keys] == [str(number) for number in range(50)]
    assert np.concatenate([vectors for _, vectors in passed_on])[:, 0].tolist() == list(range(50))
    assert encoder.batches.count(4) == 12
    assert encoder.most_at_once == 2


def test_a_picture_that_comes_twice_is_embedded_once_while_its_vector_is_awaited():
    encoder = Encoder()
    assert [key for keys, _ in embedded(encoder, [1, 2, 1, 3, 1, 4]) for key in keys] == ["1", "2", "3", "4"]
    assert encoder.batches == [4]


def test_an_error_of_the_encoder_comes_after_the_vectors_before_it():
    encoder, passed_on = Encoder(streams=1, fails_at=9), []
    with pytest.raises(MemoryError), BatchEmbedder(encoder, 8, lambda keys, _: passed_on.extend(keys)) as embedder:
        for number in range(50):
            embedder.add(str(number), np.full((2, 2, 3), number, np.uint8))
    assert passed_on == [str(number) for number in range(8)]
    assert "embed" not in " ".join(thread.name for thread in threading.enumerate())
