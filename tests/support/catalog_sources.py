"""Writes small catalogues in each layout that `Catalog.open` reads."""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import datasets
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from datasets import Dataset
from PIL import Image

from recsys.catalog import Catalog

PARQUET = "data/train-00000-of-00001.parquet"
SHARD = "data/train-00001-of-00003.parquet"

leaves_file_open = pytest.mark.filterwarnings("ignore::ResourceWarning")
"""For tests in which `datasets` reads metadata beside pictures: it does not close the table. End them with
`gc.collect()`.
"""


def png(shade: int = 0) -> bytes:
    out = io.BytesIO()
    Image.new("L", (2, 2), shade % 256).save(out, "PNG")
    return out.getvalue()


def pictures(count: int) -> list[dict[str, object]]:
    return [{"bytes": png(shade), "path": None} for shade in range(count)]


def write_repository(
    folder: Path,
    columns: Mapping[str, Any],
    features: Mapping[str, object] | None = None,
    split: str = "train",
) -> Path:
    """A folder in the layout of a dataset repository. Columns without a feature keep the type of their cells."""
    (folder / "data").mkdir(parents=True, exist_ok=True)
    table = Dataset.from_dict(dict(columns))
    for name, feature in (features or {"image": datasets.Image()}).items():
        table = table.cast_column(name, feature)
    table.to_parquet(folder / "data" / f"{split}-00000-of-00001.parquet")
    return folder


def write_arrow(folder: Path, **columns: object) -> Path:
    """The same layout, from columns with Arrow types and without features."""
    (folder / "data").mkdir(parents=True)
    pq.write_table(pa.table(columns), folder / PARQUET)
    return folder


def write_shards(folder: Path) -> Path:
    """A dataset repository of three shards with two products each."""
    for number in range(3):
        write_repository(folder, {"id": [2 * number, 2 * number + 1], "image": pictures(2)})
        (folder / PARQUET).rename(folder / "data" / f"train-{number:05d}-of-00003.parquet")
    return folder


def write_pictures(folder: Path, *names: str) -> Path:
    for shade, name in enumerate(names):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(png(shade))
    return folder


def cut(data: bytes) -> bytes:
    """The data without its last 60 bytes."""
    return data[:-60]


def ids(catalog: Catalog) -> list[str]:
    return [product.item.id for product in catalog]


def column(catalog: Catalog, name: str) -> list[str | None]:
    return [product.item.attributes[name] for product in catalog]
