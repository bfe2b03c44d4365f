"""Catalogues in a dataset repository, on the Hub or in a folder: the one place that knows `datasets`."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from pathlib import Path

import datasets
import pyarrow as pa
import pyarrow.compute as pc
from datasets.packaged_modules.cache.cache import Cache

from recsys import hub
from recsys.catalog.damage import damaged_download, damaged_folder, no_space
from recsys.catalog.source import Reader, Source, reader, require
from recsys.catalog.values import is_binary
from recsys.errors import (
    CatalogError,
    HubDownError,
    HubNotFoundError,
    HubTimeoutError,
    HubTokenError,
    RecsysError,
)

PICTURE_NAMES = ("image", "img", "picture", "photo", "thumbnail")
"""What the name of a column says where its bytes are pictures."""
REASON = 300
"""Characters that are kept of what another library says."""


def open_hub(repo_id: str, split: str, revision: str | None) -> Source:
    """A dataset of the Hub, read at one commit from its card to its last picture.

    Raises HubError where the Hub does not give it, CatalogError where it is no catalogue.
    """
    hub.limit_waiting()
    commit = revision
    try:
        builder = datasets.load_dataset_builder(repo_id, revision=revision)
        if isinstance(builder, Cache) and revision not in (None, builder.hash):
            raise ConnectionError(f"only commit {builder.hash} is in the cache")
        commit = builder.hash
        splits = _splits(builder)
    except Exception as error:  # datasets, its HTTP client and pyarrow have no base in common
        found = _hub_error(repo_id, revision, error)
        raise (damaged_download(repo_id, commit) if type(found) is CatalogError else None) or found from error
    cache = Path(datasets.config.HF_DATASETS_CACHE).resolve()
    downloads = f"datasets--{repo_id.replace('/', '--')}"

    def is_download(file: Path) -> bool:
        return downloads in file.parts or file.is_relative_to(cache)

    return _source(repo_id, splits, split, reader(cache, is_download), builder.hash)


def open_repository(folder: Path, split: str) -> Source:
    """A folder in the layout of a dataset repository. Raises CatalogError where it cannot be read as one."""
    try:
        splits = _splits(datasets.load_dataset_builder(str(folder)))
    except Exception as error:  # as above
        full = no_space(folder.name, _reason(error), datasets.config.HF_DATASETS_CACHE)
        other = CatalogError(f"{folder.name} cannot be read as a dataset: {_reason(error)}")
        raise full or damaged_folder(folder) or other from error
    return _source(folder.name, splits, split, reader(folder))


def _splits(builder: datasets.DatasetBuilder) -> datasets.DatasetDict:
    builder.download_and_prepare()
    return builder.as_dataset()


def _source(name: str, splits: datasets.DatasetDict, split: str, read: Reader, revision: str | None = None) -> Source:
    require("split", split, list(splits))
    features, table = splits[split].features, splits[split].data.table
    for column, feature in features.items():
        if isinstance(feature, datasets.ClassLabel):
            position = table.column_names.index(column)
            table = table.set_column(position, column, _labels(table[column], feature))
    return Source(name, table, _pictures(features), read, revision)


def _labels(column: pa.ChunkedArray, feature: datasets.ClassLabel) -> pa.ChunkedArray:
    """The names of the classes that the column numbers; -1 is "no label"."""
    return pc.take(pa.array(feature.names, pa.string()), pc.if_else(pc.greater_equal(column, 0), column, None))


def _pictures(features: datasets.Features) -> tuple[str, ...]:
    """The columns of images, or else of structs with bytes, or else of bytes that are named as pictures."""
    images = [name for name, feature in features.items() if isinstance(feature, datasets.Image)]
    structs = [name for name, feature in features.items() if isinstance(feature, dict) and "bytes" in feature]
    named = [
        name
        for name, field in zip(features, features.arrow_schema, strict=True)
        if is_binary(field.type) and any(word in name.lower() for word in PICTURE_NAMES)
    ]
    return tuple(images or structs or named)


def _hub_error(repo_id: str, revision: str | None, error: Exception) -> RecsysError:
    """What went wrong in our words. `datasets` often drops the cause, so its words and the HTTP status must tell."""
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
        return HubDownError(f"The Hub cannot give {dataset} now: {reason} Try again, or give a folder.")
    full = no_space(dataset, reason, datasets.config.HF_DATASETS_CACHE)
    return full or CatalogError(f"{dataset} cannot be read as a dataset: {reason}")


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """The error and those it comes from."""
    seen: list[BaseException] = []
    while error and error not in seen:
        yield error
        seen.append(error)
        error = error.__cause__ or error.__context__


def _reason(error: Exception) -> str:
    """What the error says, or its cause where it says no more than that something failed."""
    told = error.__cause__ if isinstance(error, datasets.exceptions.DatasetGenerationError) else error
    return textwrap.shorten(str(told) or type(told).__name__, REASON).rstrip(".") + "."
