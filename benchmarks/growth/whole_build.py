"""The memory of a whole build, from the dataset to the finished index, of synthetic products of growing number.

Each product has its own picture of 8 × 8 grey pixels, which are also its vector: a network would add its own constant
memory, and hours. Everything else is what `build_index.py` does: the dataset is opened, each picture is decoded, its
vector is cached, and the search index, the evaluation and the manifest are made. Each size runs in a process of its
own. What counts is anonymous memory, which the system cannot write to a file when memory runs short: the peak of the
whole build and of each of its stages. The law is a constant and a part in proportion to the products, with its 95 %
prediction interval; the constant includes the sample of 200,000 products that the evaluation looks at.
"""

from __future__ import annotations

import argparse
import os
import struct
import tempfile
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.core.processes import in_fresh_process, peak_memory_mb
from benchmarks.core.results import Result
from benchmarks.core.timing import ms
from benchmarks.growth.laws import Line
from recsys.build import draft, pipeline
from recsys.catalog import Catalog
from recsys.encoder import BATCH_SIZE, Encoder
from recsys.encoder.parts import EncoderParts
from recsys.format.encoder_spec import EncoderSpec, HubSource
from recsys.format.layout import PICTURE_COLUMN
from recsys.index.items_table import schema_for
from recsys.types import Pixels, Vectors
from testkit.large_shop import CLUSTER, SPREAD, product_blocks
from testkit.large_shop import SIZES as ATTRIBUTES
from testkit.memory import memory_mb

SIZES = (210_000, 350_000, 600_000, 1_000_000)
RECALL = 0.9
"""Less than a build reaches by default, which saves time: the trees lie in a file, so that more take no memory."""
PREDICTED = (2_000_000, 10_000_000, 100_000_000)
SIDE_PX = 8
CONTRAST = 50
"""Grey levels of one standard deviation."""
STAGES = {"embed_catalog": pipeline, "build_for_recall": draft, "quick_report": draft, "fit_product_chance": draft}
"""Stages of a build, and the module that calls each."""
MEMORY = "memory beside the files, MB"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES)


def run(options: argparse.Namespace) -> Result:
    rows = [_row(count) for count in options.sizes]
    return Result({"": rows, " ": [_prediction(rows, count) for count in PREDICTED] if len(rows) > 2 else []})


def _row(count: int) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        in_fresh_process("growth.whole_build.write_shop", Path(folder) / "shop", count)
        return in_fresh_process("growth.whole_build.measure", Path(folder), count)


def write_shop(folder: Path, count: int) -> None:
    """Write a dataset of `count` products, each with a picture of its own, as a folder with a Parquet file."""
    (folder / "data").mkdir(parents=True)
    rng, schema = np.random.default_rng(0), schema_for(list(ATTRIBUTES))
    centres = rng.normal(size=(count // CLUSTER, SIDE_PX**2))
    with pq.ParquetWriter(folder / "data" / "train.parquet", schema) as writer:
        for block in product_blocks(count, schema):
            grey = centres[rng.integers(len(centres), size=len(block))]
            grey = 128 + CONTRAST * (grey + SPREAD * rng.normal(size=grey.shape))
            pictures = [{"bytes": _png(each), "path": None} for each in grey.clip(0, 255).astype(np.uint8)]
            place = schema.get_field_index(PICTURE_COLUMN)
            writer.write_table(
                block.set_column(place, schema.field(place), pa.array(pictures, schema.field(place).type))
            )


def measure(folder: Path, count: int) -> dict[str, Any]:
    """Build the index of the shop in a folder, and return the row of the table."""
    os.environ["HF_DATASETS_CACHE"] = str(folder / "cache")
    encoder, stages = _encoder(), dict.fromkeys(["open the dataset", *STAGES], 0.0)
    before = memory_mb("self", "RssAnon")
    with peak_memory_mb("RssAnon") as held:
        with _peak_of(stages, "open the dataset"):
            opened_ms, catalog = ms(lambda: Catalog.open(str(folder / "shop")))
        with ExitStack() as stack:
            for name, module in STAGES.items():
                stack.enter_context(_watched(stages, name, module))
            report = pipeline.build_index(catalog, encoder, folder / "index", recall=RECALL)
    return {
        "products": report.count,
        MEMORY: held[0] - before,
        **{f"{name.replace('_', ' ')}, MB": peak - before for name, peak in stages.items()},
        "opening, s": opened_ms / 1000,
        "to the last vector, s": report.seconds,
        "whole build, s": report.total_seconds,
        "n_trees": report.search.n_trees,
        "recall@10": report.search.recall,
    }


@contextmanager
def _peak_of(stages: dict[str, float], name: str) -> Iterator[None]:
    with peak_memory_mb("RssAnon") as held:
        yield
    stages[name] = held[0]


def _watched(stages: dict[str, float], name: str, module: Any) -> Any:
    """Replaces a function of a module by itself with its peak of memory recorded."""
    function = getattr(module, name)

    def call(*args: Any, **options: Any) -> Any:
        with _peak_of(stages, name):
            return function(*args, **options)

    return mock.patch.object(module, name, call)


class _GreyNetwork:
    """Takes the grey pixels of a picture for its features."""

    runtime, parameters, scale, streams, fastest_batch = "pixels", 0, 1, 1, BATCH_SIZE

    def features(self, pixels: Pixels) -> Vectors:
        return pixels[..., 0].reshape(len(pixels), -1).astype(np.float32) - 127.5

    def regions(self, pixels: Pixels) -> None:
        return None

    def save(self, folder: Path) -> None:
        """There is nothing to write: the network has no weights."""


def _encoder() -> Encoder:
    size, even, source = (3, SIDE_PX, SIDE_PX), (0.5, 0.5, 0.5), HubSource("synthetic/grey-pixels", "main")
    spec = EncoderSpec("grey", "none", SIDE_PX**2, size, even, even, "bilinear", 1.0, "squash", source=source)
    return Encoder(EncoderParts(_GreyNetwork(), spec))


def _png(grey: np.ndarray) -> bytes:
    """A grey picture [side²] as a PNG."""
    rows = np.pad(grey.reshape(SIDE_PX, SIDE_PX), ((0, 0), (1, 0))).tobytes()
    header = struct.pack(">IIBBBBB", SIDE_PX, SIDE_PX, 8, 0, 0, 0, 0)
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(rows, 1)), (b"IEND", b"")]
    parts = [
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data)) for name, data in chunks
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def _prediction(rows: list[dict[str, Any]], count: int) -> dict[str, Any]:
    """The memory for `count` products by the law of the measured sizes."""
    found = Line.fit([row["products"] for row in rows], [row[MEMORY] for row in rows]).at(count)
    return {"products": count, MEMORY: found.value, "from": max(0.0, found.low), "to": found.high}
