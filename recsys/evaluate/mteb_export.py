"""Writes the tasks as a dataset in the form of MTEB's retrieval tasks: `corpus`, `queries` and `qrels`, image to image.

MTEB 2 reads it by its default loader; each task is a split of `queries` and of `qrels`.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image

from recsys.errors import CatalogError
from recsys.evaluate.retrieval import roles_of
from recsys.evaluate.same_name import same_name_queries
from recsys.evaluate.search_task import SearchTask
from recsys.evaluate.task_inputs import TaskInputs
from recsys.evaluate.very_product import CASES
from recsys.types import Product

SAME_NAME, KIND_COLOUR = "same_name", "type_colour"
ROWS_PER_GROUP = 1000
IMAGE = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
PICTURE_SCHEMA = pa.schema([("id", pa.string()), ("image", IMAGE), ("modality", pa.string())])
QRELS_SCHEMA = pa.schema([("query-id", pa.string()), ("corpus-id", pa.string()), ("score", pa.int32())])
TEMPLATE = Path(__file__).with_name("mteb_card.md")
"""A format string; its fields are filled in `_card`."""

Judgement = tuple[str, str, int]
"""The id of a query, the id of a product, and how relevant that is."""


@dataclass(frozen=True)
class QuerySet:
    """The queries of a split, by their id as encoded pictures, and what is relevant to each."""

    split: str
    pictures: Mapping[str, bytes]
    judgements: Iterable[Judgement]


def check_export(folder: Path) -> None:
    """Raise CatalogError for a folder that holds something."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise CatalogError(f"{folder} is not an empty folder. Choose another one for --export.")


def export_tasks(inputs: TaskInputs, products: Iterable[Product], source: str, folder: Path) -> None:
    """Write the dataset to the folder. `products` have the encoded pictures, `source` names their catalogue."""
    check_export(folder)
    indexed = {item.id for item in inputs.pool.items}
    wanted = {inputs.pool.items[row].id for row in [*inputs.rows, *same_name_queries(inputs)[0]]}
    pictures: dict[str, bytes] = {}

    def corpus() -> Iterator[tuple[Any, ...]]:
        for product in products:
            if product.item.id in indexed:
                pictures.update({product.item.id: product.picture or b""} if product.item.id in wanted else {})
                yield _picture_row(product.item.id, product.picture or b"")

    _write(folder / "corpus" / "corpus.parquet", PICTURE_SCHEMA, corpus())
    splits = []
    for queries in _query_sets(inputs, pictures):
        if queries.pictures:
            splits.append(queries.split)
            rows = (_picture_row(query_id, picture) for query_id, picture in queries.pictures.items())
            _write(folder / "queries" / f"{queries.split}.parquet", PICTURE_SCHEMA, rows)
            _write(folder / "qrels" / f"{queries.split}.parquet", QRELS_SCHEMA, queries.judgements)
    (folder / "README.md").write_text(_card(source, len(indexed), splits), "utf-8")


def _query_sets(inputs: TaskInputs, pictures: Mapping[str, bytes]) -> Iterator[QuerySet]:
    yield from (_changed(inputs, case) for case in CASES)
    yield _same_name(inputs, pictures)
    yield _kind_colour(inputs, pictures)


def _changed(inputs: TaskInputs, case: str) -> QuerySet:
    photos, rows = inputs.photos(case, CASES[case])
    ids = [inputs.pool.items[row].id for row in rows]
    encoded = {f"{case}-{item_id}": _png(photo) for item_id, photo in zip(ids, photos, strict=True)}
    return QuerySet(case, encoded, [(f"{case}-{item_id}", item_id, 1) for item_id in ids])


def _same_name(inputs: TaskInputs, pictures: Mapping[str, bytes]) -> QuerySet:
    (rows, names), items = same_name_queries(inputs), inputs.pool.items
    judgements = [
        (items[row].id, items[other].id, 1)
        for row in rows
        for other in np.flatnonzero(names == names[row])
        if other != row
    ]
    return QuerySet(SAME_NAME, {items[row].id: pictures[items[row].id] for row in rows}, judgements)


def _kind_colour(inputs: TaskInputs, pictures: Mapping[str, bytes]) -> QuerySet:
    """Products of the query's kind have the grade 1, those of its colour too the grade 2."""
    roles, pool = roles_of(inputs.pool), inputs.pool
    if not (roles.kind and roles.colour):
        return QuerySet(KIND_COLOUR, {}, ())
    task = SearchTask(pool.take(inputs.rows), pool, inputs.rows)
    kinds, both = task.label([roles.kind]), task.label([roles.kind, roles.colour])
    asked = np.flatnonzero(both.queries >= 0)
    ids = [pool.items[inputs.rows[place]].id for place in asked]

    def judgements() -> Iterator[Judgement]:
        for place, query_id in zip(asked, ids, strict=True):
            for row in np.flatnonzero(kinds.gallery == kinds.queries[place]):
                if row != inputs.rows[place]:
                    yield query_id, pool.items[row].id, 1 + int(both.gallery[row] == both.queries[place])

    return QuerySet(KIND_COLOUR, {query_id: pictures[query_id] for query_id in ids}, judgements())


def _picture_row(picture_id: str, encoded: bytes) -> tuple[str, dict[str, Any], str]:
    return picture_id, {"bytes": encoded, "path": None}, "image"


def _png(picture: Image.Image) -> bytes:
    file = io.BytesIO()
    picture.save(file, "PNG")
    return file.getvalue()


def _write(path: Path, schema: pa.Schema, rows: Iterable[tuple[Any, ...]]) -> None:
    """Write the rows as a Parquet file, whose metadata tells `datasets` which column holds pictures."""
    features = {
        field.name: {"_type": "Image"} if field.type == IMAGE else {"dtype": str(field.type), "_type": "Value"}
        for field in schema
    }
    schema = schema.with_metadata({"huggingface": json.dumps({"info": {"features": features}})})
    path.parent.mkdir(parents=True, exist_ok=True)
    remaining = iter(rows)
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        while group := list(islice(remaining, ROWS_PER_GROUP)):
            columns = zip(*group, strict=True)
            arrays = [pa.array(column, field.type) for column, field in zip(columns, schema, strict=True)]
            writer.write_table(pa.table(arrays, schema=schema))


def _card(source: str, count: int, splits: list[str]) -> str:
    files = {
        name: "\n".join(f"  - split: {split}\n    path: {name}/{split}.parquet" for split in splits)
        for name in ("queries", "qrels")
    }
    return TEMPLATE.read_text("utf-8").format(source=source, count=f"{count:,}", splits=json.dumps(splits), **files)
