"""Damaged files of a dataset, and a full disk."""

from __future__ import annotations

import errno
from collections.abc import Callable
from pathlib import Path

import datasets
import pytest
from huggingface_hub import hf_hub_download

from recsys.catalog import Catalog
from recsys.errors import CatalogError
from testkit.hub_double import HubDouble
from tests.support.catalog_sources import (
    SHARD,
    cut,
    ids,
    write_shards,
)


def test_an_unreadable_parquet_file_is_refused_with_the_reason(shop: Path) -> None:
    file = shop / "data" / "train-00000-of-00001.parquet"
    file.write_bytes(file.read_bytes()[:-60])

    with pytest.raises(CatalogError, match="shirts cannot be read as a dataset: .*[Pp]arquet") as refusal:
        Catalog.open(str(shop))

    assert refusal.value.__cause__ is not None


def test_a_damaged_column_is_refused_with_the_reason(shop: Path) -> None:
    file = shop / "data" / "train-00000-of-00001.parquet"
    data = file.read_bytes()
    file.write_bytes(data[:4] + bytes(400) + data[404:])

    with pytest.raises(CatalogError, match="shirts cannot be read as a dataset: (?!An error occurred)") as refusal:
        Catalog.open(str(shop))

    assert isinstance(refusal.value.__cause__, datasets.exceptions.DatasetGenerationError)


def blotted(data: bytes) -> bytes:
    return data[:4] + bytes(400) + data[404:]


@pytest.mark.parametrize("damage", [cut, blotted, lambda data: b""], ids=["cut", "blotted", "empty"])
def test_only_the_damaged_shard_is_named(tmp_path: Path, damage: Callable[[bytes], bytes]) -> None:
    shards = write_shards(tmp_path / "shards")
    (shards / SHARD).write_bytes(damage((shards / SHARD).read_bytes()))

    with pytest.raises(CatalogError, match=rf"damaged, {SHARD} \(.*Copy it there again, and run the same") as refusal:
        Catalog.open(str(shards))

    assert "00000-of" not in str(refusal.value)


def test_a_full_disk_is_reported_with_the_folder_of_the_copy(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: object, **options: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(datasets.arrow_writer.ArrowWriter, "write_table", fail)

    with pytest.raises(CatalogError, match="no space left to read shirts.*set HF_HOME"):
        Catalog.open(str(shop))


def test_a_shard_that_is_damaged_on_the_hub_is_named(hub: HubDouble, tmp_path: Path) -> None:
    name = hub.new_name()
    files = {file.relative_to(tmp_path).as_posix(): file.read_bytes() for file in write_shards(tmp_path).rglob("*.p*")}
    hub.seed("datasets", name, files | {SHARD: cut(files[SHARD])})

    with pytest.raises(CatalogError, match=rf"{name} cannot be read .*{SHARD} \(.*damaged on the Hub: push it again"):
        Catalog.open(name)


def test_a_shard_altered_in_the_cache_is_fetched_again_by_the_next_run(hub: HubDouble, tmp_path: Path) -> None:
    name = hub.new_name()
    files = {file.relative_to(tmp_path).as_posix(): file.read_bytes() for file in write_shards(tmp_path).rglob("*.p*")}
    hub.seed("datasets", name, files)
    copy = Path(hf_hub_download(name, SHARD, repo_type="dataset")).resolve()
    copy.write_bytes(copy.read_bytes()[:-60] + bytes(60))

    with pytest.raises(CatalogError, match=rf"{SHARD} \(.*was altered and has been removed: run the same"):
        Catalog.open(name)
    assert ids(Catalog.open(name)) == [str(number) for number in range(6)]
