import pickle

import numpy as np
import pytest

from recsys.build import vector_cache
from recsys.build.vector_cache import KeyList, KeySet, VectorCache, key_table
from recsys.runtime.hashing import sha256


def keys_of(count, start=0):
    return [sha256(str(number).encode()) for number in range(start, start + count)]


def gather(cache, keys, dim):
    vectors = np.full((len(keys), dim), np.nan, dtype=np.float32)
    for places, chunk in cache.chunks(keys):
        vectors[places] = chunk
    return vectors


def test_vectors_are_found_by_key_in_any_order_and_repeatedly(tmp_path):
    cache, keys = VectorCache(tmp_path), keys_of(10)
    vectors = np.random.default_rng(0).normal(size=(10, 4)).astype(np.float32)
    cache.add(keys[:6], vectors[:6])
    cache.add(keys[6:], vectors[6:])
    asked = [7, 2, 2, 9, 0]
    np.testing.assert_array_equal(gather(cache, [keys[place] for place in asked], 4), vectors[asked])


def test_a_reopened_cache_contains_its_keys(tmp_path):
    VectorCache(tmp_path).add(keys_of(3), np.ones((3, 2), np.float32))
    cache = VectorCache(tmp_path)
    assert all(key in cache for key in keys_of(3))
    assert keys_of(1, start=99)[0] not in cache


def test_a_damaged_shard_is_deleted_and_the_others_are_kept(tmp_path):
    cache = VectorCache(tmp_path)
    cache.add(keys_of(3), np.ones((3, 2), np.float32))
    cache.add(keys_of(3, start=3), np.ones((3, 2), np.float32))
    shard = sorted(tmp_path.glob("*.safetensors"))[0]
    shard.write_bytes(shard.read_bytes()[:20])
    again = VectorCache(tmp_path)
    assert keys_of(1)[0] not in again
    assert keys_of(1, start=3)[0] in again
    again.add(keys_of(3), np.ones((3, 2), np.float32))
    assert all(key in VectorCache(tmp_path) for key in keys_of(6))


def test_a_missing_vector_raises_an_error(tmp_path):
    cache = VectorCache(tmp_path)
    cache.add(keys_of(2), np.ones((2, 2), np.float32))
    with pytest.raises(KeyError, match="1 of 3 vectors are not in the cache"):
        gather(cache, keys_of(3), 2)


def test_two_caches_of_one_folder_do_not_overwrite_each_others_shards(tmp_path):
    one, two = VectorCache(tmp_path), VectorCache(tmp_path)
    one.add(keys_of(2), np.ones((2, 2), np.float32))
    two.add(keys_of(2, start=2), np.zeros((2, 2), np.float32))
    assert all(key in VectorCache(tmp_path) for key in keys_of(4))


def test_a_key_set_contains_its_keys_and_no_others():
    keys = keys_of(100) + ["00" * 32, "ab" + "00" * 31, "ff" * 32]
    held = pickle.loads(pickle.dumps(KeySet(key_table(keys))))
    assert len(held) == 103
    assert all(key in held for key in keys)
    assert not any(key in held for key in [*keys_of(200)[100:], "00" * 31 + "01", "ab" + "00" * 30 + "01"])
    assert keys[0] not in KeySet.empty()


def test_a_cache_lists_its_keys(tmp_path):
    cache = VectorCache(tmp_path)
    assert len(cache.keys) == 0
    cache.add(keys_of(5), np.zeros((5, 2), np.float32))
    assert len(cache.keys) == 5
    assert keys_of(5)[3] in cache.keys


def test_keys_in_an_array_are_those_that_were_added():
    keys, found = keys_of(5), KeyList()
    for key in keys:
        found.append(key)
    assert list(found) == keys and found[1:4] == keys[1:4] and found[-1] == keys[-1] and len(found) == 5
    np.testing.assert_array_equal(key_table(found), key_table(keys))


def test_keys_are_known_before_and_after_they_are_sorted(tmp_path, monkeypatch):
    monkeypatch.setattr(vector_cache, "MIN_SORTED", 4)
    cache, keys = VectorCache(tmp_path), keys_of(30)
    for start in range(0, 30, 3):
        cache.add(keys[start : start + 3], np.full((3, 2), start, np.float32))
        assert all((key in cache) == (place < start + 3) for place, key in enumerate(keys))
    wanted = [*keys[::-1], keys[4]]
    found = np.empty((31, 2), np.float32)
    for places, vectors in cache.chunks(wanted):
        found[places] = vectors
    assert found[:, 0].tolist() == [3 * (keys.index(key) // 3) for key in wanted]
    assert all(key in cache.keys for key in keys)
    with pytest.raises(KeyError, match="1 of 2 vectors"):
        list(cache.chunks([keys[0], keys_of(31)[30]]))
