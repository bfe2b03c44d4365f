"""Opens a dataset repository, on the Hub or in a folder, with the library `datasets`."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import datasets
import pyarrow as pa
import pyarrow.compute as pc
from datasets.packaged_modules.cache.cache import Cache

from recsys import hub
from recsys.catalog.damage import damaged_download_error, damaged_folder_error, disk_full_error
from recsys.catalog.remote import is_link
from recsys.catalog.source import ONLY_SPLIT, PictureReader, Source, picture_reader, require
from recsys.catalog.values import is_binary, is_text
from recsys.errors import CatalogError, HubDownError, HubNotFoundError, HubTimeoutError, HubTokenError, RecsysError

PICTURE_WORDS = ("image", "img", "picture", "photo", "thumbnail")
"""A column of bytes whose name contains one of these holds pictures."""
MAX_REASON_CHARACTERS = 300
"""How much of another library's message is quoted."""
MAX_ROWS_WITHOUT_LINK = 1000
"""The rows at the start of a column that may be empty before its first link."""


def open_hub(repo_id: str, split: str, revision: str | None) -> Source:
    """A dataset of the Hub. Everything is read at one commit, from its card to its last picture.

    Raises HubError if the Hub does not deliver it, CatalogError if it is not a catalogue.
    """
    hub.configure_client()
    commit = revision
    try:
        builder = datasets.load_dataset_builder(repo_id, revision=revision)
        if isinstance(builder, Cache) and revision not in (None, builder.hash):
            raise ConnectionError(f"only commit {builder.hash} is in the cache")
        commit = builder.hash
        splits = _prepare_splits(builder)
    except Exception as error:  # datasets, its HTTP client and pyarrow share no base class
        found = _hub_error(repo_id, revision, error)
        damage = damaged_download_error(repo_id, commit) if type(found) is CatalogError else None
        raise damage or found from error
    cache = Path(datasets.config.HF_DATASETS_CACHE).resolve()
    downloads = f"datasets--{repo_id.replace('/', '--')}"

    def is_download(file: Path) -> bool:
        return downloads in file.parts or file.is_relative_to(cache)

    return _source(repo_id, splits, split, picture_reader(cache, is_download), builder.hash)


def open_repository(folder: Path, split: str) -> Source:
    """A folder in the layout of a dataset repository. Raises CatalogError if it cannot be read as one."""
    return _open_local(folder, split, lambda: datasets.load_dataset_builder(str(folder)))


def open_dataset_files(folder: Path, files: Sequence[Path], split: str) -> Source:
    """Parquet or Arrow files, all of one split whatever their names. Pictures may be beside them, in `folder`."""
    kind = "parquet" if all(file.suffix == ".parquet" for file in files) else "arrow"
    paths = {ONLY_SPLIT: [str(file) for file in files]}
    return _open_local(folder, split, lambda: datasets.load_dataset_builder(kind, data_files=paths))


def _open_local(folder: Path, split: str, load: Callable[[], datasets.DatasetBuilder]) -> Source:
    try:
        splits = _prepare_splits(load())
    except Exception as error:  # datasets and pyarrow share no base class
        full = disk_full_error(folder.name, _reason(error), datasets.config.HF_DATASETS_CACHE)
        other = CatalogError(f"{folder.name} cannot be read as a dataset: {_reason(error)}")
        raise full or damaged_folder_error(folder) or other from error
    return _source(folder.name, splits, split, picture_reader(folder))


def _prepare_splits(builder: datasets.DatasetBuilder) -> datasets.DatasetDict:
    builder.download_and_prepare()
    return builder.as_dataset()


def _source(
    name: str, splits: datasets.DatasetDict, split: str, read: PictureReader, revision: str | None = None
) -> Source:
    require("split", split, list(splits))
    features, table = splits[split].features, splits[split].data.table
    for column, feature in features.items():
        if isinstance(feature, datasets.ClassLabel):
            position = table.column_names.index(column)
            table = table.set_column(position, column, _class_names(table[column], feature))
    pictures = _picture_columns(features) or _link_columns(table)
    others = ", ".join(repr(other) for other in splits if other != split)
    notes = (f"the splits {others} are not read: --split takes one",) if others else ()
    return Source(name, table, pictures, read, revision, notes=notes)


def _class_names(column: pa.ChunkedArray, feature: datasets.ClassLabel) -> pa.ChunkedArray:
    """The names of the classes whose numbers the column holds. The number -1 stands for no label."""
    return pc.take(pa.array(feature.names, pa.string()), pc.if_else(pc.greater_equal(column, 0), column, None))


def _picture_columns(features: datasets.Features) -> tuple[str, ...]:
    """The columns of images, or else those of structs with bytes, or else those of bytes that are named as pictures."""
    images = [name for name, feature in features.items() if isinstance(feature, datasets.Image)]
    structs = [name for name, feature in features.items() if isinstance(feature, dict) and "bytes" in feature]
    named = [
        name
        for name, field in zip(features, features.arrow_schema, strict=True)
        if is_binary(field.type) and any(word in name.lower() for word in PICTURE_WORDS)
    ]
    return tuple(images or structs or named)


def _link_columns(table: pa.Table) -> tuple[str, ...]:
    """The columns that are named as pictures and hold links."""
    named = [
        name
        for name in table.column_names
        if is_text(table[name].type) and any(word in name.lower() for word in PICTURE_WORDS)
    ]
    starts = {name: table[name][:MAX_ROWS_WITHOUT_LINK].to_pylist() for name in named}
    return tuple(name for name in named if is_link(next(filter(None, starts[name]), None)))


def _hub_error(repo_id: str, revision: str | None, error: Exception) -> RecsysError:
    """The error of this library for an error of `datasets`, by its type, its message and the HTTP status."""
    dataset = f"{repo_id} at revision {revision}" if revision else repo_id
    reason, chain = _reason(error), list(_chain(error))
    responses = (getattr(each, "response", None) for each in chain)
    status = next((response.status_code for response in responses if response is not None), None)
    if "is a gated dataset" in reason:
        return HubTokenError(f"{reason} Accept its terms there, and set HF_TOKEN to a token of that account.")
    if isinstance(error, datasets.exceptions.DatasetNotFoundError) or status == 404:
        return HubNotFoundError(
            f"{reason} Check the name; for a private one, set HF_TOKEN to a token that may read it."
        )
    if status in (401, 403):
        return HubTokenError(f"The Hub refuses the token for {dataset} ({status}). Renew HF_TOKEN, or unset it.")
    if any("Timeout" in type(each).__name__ for each in chain):
        return HubTimeoutError(f"The Hub gave no answer in time for {dataset}. Try again, or give a folder.")
    if isinstance(error, ConnectionError) or any(type(each).__module__.startswith("http") for each in chain):
        return HubDownError(f"The Hub cannot deliver {dataset} now: {reason} Try again, or give a folder.")
    full = disk_full_error(dataset, reason, datasets.config.HF_DATASETS_CACHE)
    return full or CatalogError(f"{dataset} cannot be read as a dataset: {reason}")


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """The error and its causes."""
    seen: list[BaseException] = []
    while error and error not in seen:
        yield error
        seen.append(error)
        error = error.__cause__ or error.__context__


def _reason(error: Exception) -> str:
    """The message of the error, or that of its cause if `datasets` only says that something failed."""
    source = error.__cause__ if isinstance(error, datasets.exceptions.DatasetGenerationError) else error
    return textwrap.shorten(str(source) or type(source).__name__, MAX_REASON_CHARACTERS).rstrip(".") + "."
