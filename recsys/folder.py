"""The index folder: one format for `index/`, for a local build and for a repository on the Hub.

index.json      manifest: format, encoder, dataset, search, size and sha256 of every other file, a hash of itself
vectors.ann     the Annoy index
items.parquet   a row per product, in index order: id, name, attributes, thumbnail
encoder/        weights trained here, or the projection of a frozen network
README.md       the card

Opening a folder checks all of it, since Annoy checks nothing and then answers wrongly or ends the process.
"""

from __future__ import annotations

import json
import os
import shutil
import threading
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import Any, Self

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from recsys.digest import file_sha256, sha256
from recsys.errors import IndexDamagedError, IndexFolderError, IndexFormatError, IndexMismatchError
from recsys.index import AnnoySearcher
from recsys.items import Items
from recsys.recipe import EncoderRecipe
from recsys.types import Item, Value

FORMAT = 1
MANIFEST, VECTORS, ITEMS, ENCODER, CARD = "index.json", "vectors.ann", "items.parquet", "encoder", "README.md"
ID, NAME, THUMBNAIL = "id", "name", "thumbnail"
ROWS_A_GROUP = 64
GROUPS_IN_MEMORY = 64
LIBRARIES = ("annoy", "timm", "torch", "pillow", "numpy", "pyarrow")
MEND = "Fetch the index again, or build it anew with build_index.py."


@dataclass(frozen=True)
class DatasetFacts:
    """The catalogue an index was built from; `rows` were read, of which `skipped` had no usable picture."""

    id: str
    revision: str | None
    split: str
    rows: int
    skipped: int


@dataclass(frozen=True)
class SearchFacts:
    """How the Annoy index was built and is searched; `recall` is the measured recall@10 against exact search."""

    dim: int
    n_trees: int
    search_k: int
    recall: float
    metric: str = "angular"


@dataclass(frozen=True)
class Manifest:
    """What an index says of itself."""

    encoder: EncoderRecipe
    dataset: DatasetFacts
    search: SearchFacts
    count: int
    attributes: tuple[str, ...]
    files: Mapping[str, Mapping[str, Any]]
    versions: Mapping[str, str]

    def to_json(self) -> str:
        """The text of index.json; its `sha256` is that of the rest."""
        body = {"format": FORMAT, **asdict(self), "attributes": list(self.attributes)}
        return json.dumps({**body, "sha256": _body_hash(body)}, indent=1, ensure_ascii=False) + "\n"

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Read index.json. Raises IndexFormatError for another format, IndexDamagedError where it was altered."""
        path = folder / MANIFEST
        if not path.is_file():
            raise IndexFolderError(f"The folder {folder.name} has no {MANIFEST}, so it is no index. {MEND}")
        try:
            body = json.loads(path.read_text("utf-8"))
            found, written = body.pop("format"), body.pop("sha256")
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise IndexDamagedError(f"{MANIFEST} cannot be read. {MEND}") from error
        if found != FORMAT:
            raise IndexFormatError(
                f"The index has format {found}; this program reads format {FORMAT}."
                " Use the program's version that built it, or build the index anew with build_index.py."
            )
        if _body_hash({"format": found, **body}) != written:
            raise IndexDamagedError(f"{MANIFEST} was altered: its content does not have the hash it states. {MEND}")
        try:
            return cls(
                encoder=EncoderRecipe.from_json(body["encoder"]),
                dataset=DatasetFacts(**body["dataset"]),
                search=SearchFacts(**body["search"]),
                count=body["count"],
                attributes=tuple(body["attributes"]),
                files=body["files"],
                versions=body["versions"],
            )
        except (TypeError, KeyError) as error:
            raise IndexDamagedError(f"{MANIFEST} lacks fields of format {FORMAT}: {error}. {MEND}") from error


def _body_hash(body: Mapping[str, Any]) -> str:
    return sha256(json.dumps(body, sort_keys=True, ensure_ascii=False).encode())


class IndexFolder:
    """An index on disk that was checked whole."""

    def __init__(self, path: Path, manifest: Manifest, items: Items, searcher: AnnoySearcher):
        self.path, self.manifest, self.items, self.searcher = path, manifest, items, searcher
        self._parquet = pq.ParquetFile(path / ITEMS, memory_map=True)
        sizes = [self._parquet.metadata.row_group(group).num_rows for group in range(self._parquet.num_row_groups)]
        self._group_ends = np.cumsum(sizes)
        self._lock = threading.Lock()
        self._group = lru_cache(GROUPS_IN_MEMORY)(self._read_group)

    @classmethod
    def open(cls, path: Path) -> Self:
        """Check the folder and open it.

        Raises IndexFolderError where it is none, IndexFormatError for another format, IndexDamagedError for a file
        that is missing, cut, swapped or altered.
        """
        manifest = Manifest.read(path)
        for name, facts in manifest.files.items():
            _check_file(path / name, name, facts)
        _check_encoder(manifest)
        items = _read_items(path / ITEMS, manifest)
        searcher = AnnoySearcher(path / VECTORS, items, manifest.search.dim, manifest.search.search_k)
        return cls(path, manifest, items, searcher)

    @property
    def version(self) -> str:
        """Changes with anything in the index."""
        return sha256((self.path / MANIFEST).read_bytes())[:12]

    def thumbnail(self, row: int) -> bytes:
        """The encoded picture of product `row`, read from disk."""
        group = int(np.searchsorted(self._group_ends, row, side="right"))
        first = int(self._group_ends[group - 1]) if group else 0
        with self._lock:
            return self._group(group)[row - first].as_py()

    def _read_group(self, group: int) -> pa.Array:
        table = self._parquet.read_row_group(group, columns=[f"{THUMBNAIL}.bytes"])
        return table.column(THUMBNAIL).combine_chunks().field("bytes")


def _check_file(path: Path, name: str, facts: Mapping[str, Any]) -> None:
    if ".." in Path(name).parts or Path(name).is_absolute():
        raise IndexDamagedError(f"{MANIFEST} names a file outside the index: {name}. {MEND}")
    if not path.is_file():
        raise IndexDamagedError(f"{name} is missing from the index. {MEND}")
    if path.stat().st_size != facts["size"]:
        raise IndexDamagedError(f"{name} has {path.stat().st_size} bytes where {facts['size']} were written. {MEND}")
    if file_sha256(path) != facts["sha256"]:
        raise IndexDamagedError(f"{name} is not the file that was written: its sha256 differs. {MEND}")


def _check_encoder(manifest: Manifest) -> None:
    """Raises IndexMismatchError where the encoder's files are not those that the vectors were made with."""
    recipe = manifest.encoder
    if recipe.dim != manifest.search.dim:
        raise IndexMismatchError(
            f"The encoder gives {recipe.dim} dimensions, the index has {manifest.search.dim}. {MEND}"
        )
    own = {"model.safetensors": recipe.weights, "config.json": recipe.config} if recipe.source is None else {}
    for name, wanted in (own | {"projection.safetensors": recipe.projection}).items():
        found = manifest.files.get(f"{ENCODER}/{name}", {}).get("sha256")
        if wanted != found:
            raise IndexMismatchError(
                f"The index was built with another encoder than the one beside it: {ENCODER}/{name} has sha256"
                f" {str(found)[:12]}…, the vectors were made with {str(wanted)[:12]}…. {MEND}"
            )


def _read_items(path: Path, manifest: Manifest) -> Items:
    try:
        file = pq.ParquetFile(path)
        names = file.schema_arrow.names
        table = file.read(columns=[name for name in names if name != THUMBNAIL])
    except (pa.ArrowException, OSError) as error:
        raise IndexDamagedError(f"{ITEMS} cannot be read. {MEND}") from error
    if names != _columns(manifest.attributes) or table.num_rows != manifest.count:
        raise IndexDamagedError(
            f"{ITEMS} has {table.num_rows} rows with columns {', '.join(names)}, where the manifest states"
            f" {manifest.count} with {', '.join(_columns(manifest.attributes))}. {MEND}"
        )
    ids, item_names, *columns = (table.column(index).to_pylist() for index in range(table.num_columns))
    return Items(ids, item_names, dict(zip(manifest.attributes, columns, strict=True)))


def _columns(attributes: Sequence[str]) -> list[str]:
    """The columns of items.parquet; an attribute whose name is taken gets an underscore."""
    taken = {ID, NAME, THUMBNAIL}
    return [ID, NAME, *(f"{name}_" if name in taken else name for name in attributes), THUMBNAIL]


class ItemsWriter:
    """Writes items.parquet, a row group at a time, so that the Hub's viewer shows the pictures."""

    def __init__(self, path: Path, attributes: Sequence[str]):
        columns = _columns(attributes)
        picture = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
        features = {name: {"dtype": "string", "_type": "Value"} for name in columns} | {THUMBNAIL: {"_type": "Image"}}
        fields = [(name, pa.string()) for name in columns[:-1]] + [(THUMBNAIL, picture)]
        metadata = {"huggingface": json.dumps({"info": {"features": features}})}
        self._schema = pa.schema(fields).with_metadata(metadata)
        self._attributes = tuple(attributes)
        self._writer = pq.ParquetWriter(path, self._schema, compression="zstd")
        self._rows: list[list[Any]] = []

    def add(self, item: Item, thumbnail: bytes) -> None:
        """Write one product."""
        values: list[Value] = [item.attributes.get(name) for name in self._attributes]
        self._rows.append([item.id, item.name, *values, {"bytes": thumbnail, "path": None}])
        if len(self._rows) == ROWS_A_GROUP:
            self._flush()

    def close(self) -> None:
        """Write what is left and end the file."""
        if self._rows:
            self._flush()
        self._writer.close()

    def _flush(self) -> None:
        columns = zip(*self._rows, strict=True)
        arrays = [pa.array(column, field.type) for column, field in zip(columns, self._schema, strict=True)]
        self._writer.write_table(pa.table(arrays, schema=self._schema), row_group_size=ROWS_A_GROUP)
        self._rows = []


def file_facts(folder: Path) -> dict[str, dict[str, Any]]:
    """Size and sha256 of every file of the folder but the manifest, by its path."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file() and path.name != MANIFEST)
    return {
        path.relative_to(folder).as_posix(): {"size": path.stat().st_size, "sha256": file_sha256(path)}
        for path in paths
    }


def library_versions() -> dict[str, str]:
    """The versions of the libraries that decide what an index holds."""
    return {name: version(name) for name in LIBRARIES}


def check_replaceable(output: Path) -> None:
    """Raises IndexFolderError where `output` holds something else than an index, which must not be lost."""
    if output.is_file() or (output.is_dir() and any(output.iterdir()) and not (output / MANIFEST).is_file()):
        raise IndexFolderError(f"{output} exists and is no index. Choose another --output, or move it away.")


def replace_folder(new: Path, output: Path) -> None:
    """Put the finished folder `new` in the place of `output`."""
    old = output.with_name(f".{output.name}.old")
    shutil.rmtree(old, ignore_errors=True)
    if output.exists():
        os.rename(output, old)
    os.rename(new, output)
    shutil.rmtree(old, ignore_errors=True)
