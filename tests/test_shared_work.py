"""What machines that share a build are told: which vectors are there, where the pictures are, how many cores."""

import hashlib
import pickle
import shutil

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from recsys.build.embed import embed_batch
from recsys.build.vector_cache import KeySet, VectorCache, key_table
from recsys.catalog import Catalog
from recsys.errors import CatalogError
from recsys.runtime.cpus import usable_cores


def keys_of(count):
    return [hashlib.sha256(str(number).encode()).hexdigest() for number in range(count)]


def test_a_set_of_keys_has_those_and_no_others():
    keys = keys_of(100) + ["00" * 32, "ab" + "00" * 31, "ff" * 32]
    held = pickle.loads(pickle.dumps(KeySet(key_table(keys))))
    assert len(held) == 103
    assert all(key in held for key in keys)
    assert not any(key in held for key in [*keys_of(200)[100:], "00" * 31 + "01", "ab" + "00" * 30 + "01"])
    assert keys[0] not in KeySet.empty()


def test_a_store_gives_the_keys_that_it_has(tmp_path):
    store = VectorCache(tmp_path)
    assert len(store.keys) == 0
    store.add(keys_of(5), np.zeros((5, 2), np.float32))
    assert len(store.keys) == 5 and keys_of(5)[3] in store.keys


def parquet(pictures, folder):
    files = sorted(pictures.rglob("*.png"))
    table = pa.table({"id": range(len(files)), "image": [{"bytes": file.read_bytes(), "path": None} for file in files]})
    (folder / "data").mkdir(parents=True)
    pq.write_table(table[:20], folder / "data" / "train-00000-of-00002.parquet")
    pq.write_table(table[20:], folder / "data" / "train-00001-of-00002.parquet")
    return folder


@pytest.mark.parametrize("kind", ["pictures", "parquet"])
def test_another_process_finds_the_pictures_of_a_catalogue_in_its_order(kind, pictures, tmp_path):
    folder = pictures if kind == "pictures" else parquet(pictures, tmp_path / "shop")
    catalog = Catalog.open(str(folder), limit=25)
    source = pickle.loads(pickle.dumps(catalog.pictures))
    products = list(catalog)
    found = source.open()
    assert [*found[0:10], *found[10:25]] == [product.picture for product in products]
    assert list(catalog.items()) == [product.item for product in products]


def test_a_machine_with_other_files_is_refused(pictures, tmp_path):
    folder = shutil.copytree(pictures, tmp_path / "shop")
    source = Catalog.open(str(folder)).pictures
    next(folder.rglob("*.png")).unlink()
    with pytest.raises(CatalogError, match="has 29 products on .*, and 30 where the build was started"):
        source.open()


def test_a_process_takes_the_share_of_the_cores_that_it_is_told(tmp_path, monkeypatch):
    monkeypatch.setenv("RECSYS_CORES", "1")
    assert usable_cores(tmp_path / "none") == 1
    monkeypatch.setenv("RECSYS_CORES", "100000")
    most = usable_cores(tmp_path / "none")
    monkeypatch.delenv("RECSYS_CORES")
    assert usable_cores(tmp_path / "none") == most


@pytest.mark.parametrize(("count", "batch_size", "given"), [(1, 4, 2), (2, 4, 2), (4, 4, 4), (1, 1, 1)])
def test_a_picture_that_is_left_alone_is_embedded_as_one_of_a_batch(count, batch_size, given):
    sizes = []

    class Watched:
        def features(self, pixels):
            sizes.append(len(pixels))
            return pixels.reshape(len(pixels), -1).astype(np.float32)

    pixels = [np.full((2, 2, 3), number, np.uint8) for number in range(count)]
    features = embed_batch(Watched(), pixels, batch_size)
    assert sizes == [given]
    assert features[:, 0].tolist() == list(range(count))
