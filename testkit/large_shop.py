"""An index folder with any number of synthetic products, as an app has it that searches in Milvus.

The products are not drawn one by one: their pictures come from a small pool, and their vectors are random, in clusters.
The table, its row groups and the encoder are those of a real index.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image

from recsys.core.items import Items
from recsys.core.linalg import unit
from recsys.encoder import Encoder
from recsys.encoder.projection import Projection
from recsys.format.layout import ENCODER, FULL_TEXT, ITEMS, MANIFEST, PICTURE_COLUMN, PICTURE_HASHES, VECTORS
from recsys.format.manifest import Manifest, SearchFacts
from recsys.index.annoy import build
from recsys.index.annoy.exact import ExactSearch
from recsys.index.items_table import read_items, schema_for, text_leaves
from recsys.index.writer import file_facts, table_options
from recsys.types import Rows, Vectors, Where
from recsys.words.full_text import write_full_text

SIZES = {"masterCategory": 7, "subCategory": 45, "articleType": 140, "gender": 5, "baseColour": 46}
SIZES |= {"season": 4, "usage": 8, "year": 13}
"""Attribute → its number of values. The kinds nest: each article type belongs to one category."""
NESTED = ("masterCategory", "subCategory", "articleType")
WORDS, NAME_WORDS, PICTURES = 8000, 6, 256
BLOCK, GROUP_ROWS = 2**16, 1024
CLUSTER, SPREAD = 100, 0.6


def write_large_shop(folder: Path, count: int, dim: int, sample: Path) -> Path:
    """Write the folder, without the search index, and the vectors beside it; returns the file of the vectors.

    Encoder and calibration are those of the index `sample`; a random projection gives the encoder `dim` dimensions.
    """
    folder.mkdir(parents=True)
    encoder, rng = Encoder.from_pretrained(sample, device="cpu"), np.random.default_rng(0)
    axes = np.linalg.qr(rng.normal(size=(encoder.dim, dim)))[0].astype(np.float32)
    encoder = encoder.with_projection(Projection(np.zeros(encoder.dim, np.float32), axes))
    encoder.save(folder / ENCODER)
    _write_items(folder / ITEMS, count)
    hashes = np.lib.format.open_memmap(folder / PICTURE_HASHES, "w+", np.uint8, (count, 32))
    for start in range(0, count, BLOCK):
        hashes[start : start + BLOCK] = rng.integers(256, size=hashes[start : start + BLOCK].shape, dtype=np.uint8)
    hashes.flush()
    old = Manifest.read(sample)
    facts = replace(old.dataset, id=f"synthetic/{count}x{dim}", rows=count, skipped=0)
    search = SearchFacts(dim, 10, 100, 0.99, "euclidean")
    manifest = replace(old, encoder=encoder.spec, dataset=facts, search=search, count=count)
    manifest = replace(manifest, attributes=tuple(SIZES), roles={}, crops=None, ranking=None)
    write_full_text(folder / FULL_TEXT, read_items(folder / ITEMS, manifest))
    files = file_facts(folder) | {VECTORS: {"size": count * (16 + 4 * dim), "sha256": f"{count:032d}{dim:032d}"}}
    manifest = replace(manifest, files=files)
    (folder / MANIFEST).write_text(manifest.to_json(), encoding="utf-8")
    return write_vectors(folder.with_suffix(".npy"), count, dim)


def add_search_index(folder: Path, vectors: Path) -> None:
    """Write the search index of these vectors to the folder, so that an app searches it by itself."""
    manifest = Manifest.read(folder)
    build(np.load(vectors, mmap_mode="r"), folder / VECTORS, manifest.search.n_trees)
    (folder / MANIFEST).write_text(replace(manifest, files=file_facts(folder)).to_json(), encoding="utf-8")


def write_vectors(file: Path, count: int, dim: int) -> Path:
    """Write random unit vectors in clusters to a .npy file, block by block."""
    rng = np.random.default_rng(0)
    centres = rng.standard_normal((max(1, count // CLUSTER), dim), np.float32)
    vectors = np.lib.format.open_memmap(file, "w+", np.float32, (count, dim))
    for start in range(0, count, BLOCK):
        part = vectors[start : start + BLOCK]
        own = centres[rng.integers(len(centres), size=len(part))]
        part[:] = unit(own + SPREAD * rng.standard_normal(part.shape, np.float32))
    vectors.flush()
    return file


class FileSearcher:
    """An exact search of the vectors in a .npy file."""

    def __init__(self, file: Path, items: Items):
        self._vectors, self._items = np.load(file, mmap_mode="r"), items

    def search(self, vectors: Vectors, k: int, where: Where | None = None) -> tuple[Rows, Vectors]:
        return ExactSearch(self._vectors).nearest(vectors, k, self._items.passing(where) if where else None)

    def vectors(self, rows: Sequence[int] | Rows) -> Vectors:
        return np.array(self._vectors[np.asarray(rows, dtype=np.int64)])


def _write_items(path: Path, count: int) -> None:
    schema = schema_for(list(SIZES))
    texts = [leaf for column in schema if column.name != PICTURE_COLUMN for leaf in text_leaves(column)]
    with pq.ParquetWriter(path, schema, **table_options(texts)) as writer:
        for block in product_blocks(count, schema):
            writer.write_table(block, row_group_size=GROUP_ROWS)


def product_blocks(count: int, schema: pa.Schema) -> Iterator[pa.Table]:
    rng = np.random.default_rng(1)
    vocabulary = [f"{a}{b}{c}" for a in SYLLABLES for b in SYLLABLES for c in SYLLABLES][:WORDS]
    pool = pa.array([{"bytes": _picture(rng), "path": None} for _ in range(PICTURES)], schema.field("thumbnail").type)
    for start in range(0, count, BLOCK):
        size = min(BLOCK, count - start)
        finest = (rng.random(size) ** 2 * SIZES["articleType"]).astype(int)
        columns = [pa.array([f"p{row}" for row in range(start, start + size)])]
        words = rng.zipf(1.3, size=(size, NAME_WORDS)) % WORDS
        columns.append(pa.array([" ".join(vocabulary[word] for word in row) for row in words.tolist()]))
        for name, values in SIZES.items():
            codes = finest * values // SIZES["articleType"] if name in NESTED else rng.integers(values, size=size)
            spelled = [str(2010 + code) if name == "year" else f"{name} {code}" for code in range(values)]
            columns.append(pa.array(spelled).take(pa.array(codes)))
        columns.append(pool.take(pa.array(rng.integers(PICTURES, size=size))))
        yield pa.table(columns, schema=schema)


SYLLABLES = [f"{first}{second}" for first in "bdfgklmnprstvz" for second in "aeiou"]


def _picture(rng: np.random.Generator) -> bytes:
    data = io.BytesIO()
    tile = Image.fromarray(rng.integers(256, size=(4, 3, 3), dtype=np.uint8))
    tile.resize((60, 80), Image.Resampling.BICUBIC).save(data, "JPEG", quality=70)
    return data.getvalue()
