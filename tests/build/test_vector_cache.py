import numpy as np
import pytest

from recsys.build.vector_cache import VectorCache
from recsys.core.linalg import unit
from recsys.encoder.projection import Projection
from recsys.runtime.hashing import sha256


def keys_of(count, start=0):
    return [sha256(str(number).encode()) for number in range(start, start + count)]


def gather(store, keys, dim):
    vectors = np.full((len(keys), dim), np.nan, dtype=np.float32)
    for places, chunk in store.chunks(keys):
        vectors[places] = chunk
    return vectors


def test_vectors_come_back_by_content_in_any_order_and_more_than_once(tmp_path):
    store, keys = VectorCache(tmp_path), keys_of(10)
    vectors = np.random.default_rng(0).normal(size=(10, 4)).astype(np.float32)
    store.add(keys[:6], vectors[:6])
    store.add(keys[6:], vectors[6:])
    asked = [7, 2, 2, 9, 0]
    np.testing.assert_array_equal(gather(store, [keys[place] for place in asked], 4), vectors[asked])


def test_a_store_that_is_opened_again_knows_what_it_holds(tmp_path):
    VectorCache(tmp_path).add(keys_of(3), np.ones((3, 2), np.float32))
    store = VectorCache(tmp_path)
    assert all(key in store for key in keys_of(3))
    assert keys_of(1, start=99)[0] not in store


def test_a_damaged_shard_is_dropped_and_the_others_kept(tmp_path):
    store = VectorCache(tmp_path)
    store.add(keys_of(3), np.ones((3, 2), np.float32))
    store.add(keys_of(3, start=3), np.ones((3, 2), np.float32))
    shard = sorted(tmp_path.glob("*.safetensors"))[0]
    shard.write_bytes(shard.read_bytes()[:20])
    again = VectorCache(tmp_path)
    assert keys_of(1)[0] not in again
    assert keys_of(1, start=3)[0] in again
    again.add(keys_of(3), np.ones((3, 2), np.float32))
    assert all(key in VectorCache(tmp_path) for key in keys_of(6))


def test_a_projection_keeps_the_neighbours_of_data_that_lies_in_few_dimensions(tmp_path):
    rng = np.random.default_rng(0)
    features = unit(rng.normal(size=(300, 5)) @ rng.normal(size=(5, 64)) + 0.01 * rng.normal(size=(300, 64)) + 1)
    projection = Projection.fit([features[:100], features[100:]], 6)
    small = projection(features)
    assert small.shape == (300, 6)
    np.testing.assert_allclose(np.linalg.norm(small, axis=1), 1, atol=1e-5)
    centred = unit(features - features.mean(0))
    kept = np.argsort(-(small @ small.T), axis=1)[:, 1] == np.argsort(-(centred @ centred.T), axis=1)[:, 1]
    assert kept.mean() > 0.9


def test_a_projection_is_what_was_saved(tmp_path):
    features = np.random.default_rng(0).normal(size=(50, 8)).astype(np.float32)
    projection = Projection.fit([features], 3)
    projection.save(tmp_path / "projection.safetensors")
    loaded = Projection.load(tmp_path / "projection.safetensors")
    np.testing.assert_array_equal(loaded(features), projection(features))
    assert loaded.sha256 == projection.sha256
    assert Projection.fit([features], 3).sha256 == projection.sha256


def test_a_vector_that_is_not_there_is_an_error_and_never_garbage(tmp_path):
    store = VectorCache(tmp_path)
    store.add(keys_of(2), np.ones((2, 2), np.float32))
    with pytest.raises(KeyError, match="1 of 3 vectors are not in the cache"):
        gather(store, keys_of(3), 2)


def test_two_builds_at_once_do_not_overwrite_each_others_shards(tmp_path):
    one, two = VectorCache(tmp_path), VectorCache(tmp_path)
    one.add(keys_of(2), np.ones((2, 2), np.float32))
    two.add(keys_of(2, start=2), np.zeros((2, 2), np.float32))
    assert all(key in VectorCache(tmp_path) for key in keys_of(4))


def test_rows_that_vary_in_too_few_directions_are_not_projected():
    features = np.repeat(np.eye(3, 8, dtype=np.float32), 10, axis=0)
    assert Projection.fit([features], 4) is None
    assert Projection.fit([features[:1]], 1) is None
    assert Projection.fit([features], 2) is not None
