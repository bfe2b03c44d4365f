"""Datasets of the Hub, and what is reported when the Hub does not deliver one."""

from __future__ import annotations

import gc
from pathlib import Path
from typing import Any

import datasets
import pyarrow as pa
import pytest

from recsys.catalog import Catalog
from recsys.errors import CatalogError, HubDownError, HubError, HubNotFoundError, HubTimeoutError, HubTokenError
from recsys.types import Item, Product
from testkit.hub_double import HubDouble
from tests.support.catalog_sources import (
    PARQUET,
    ids,
    leaves_file_open,
    pictures,
    png,
    write_arrow,
    write_pictures,
    write_repository,
)


@pytest.fixture
def seeded(hub: HubDouble, shop: Path) -> str:
    """A dataset of the Hub that is the shop of shirts."""
    name = hub.new_name()
    hub.seed("datasets", name, {PARQUET: (shop / PARQUET).read_bytes()})
    return name


def test_a_hub_dataset_is_read_at_its_commit(hub: HubDouble, seeded: str) -> None:
    commit = hub.repo("datasets", seeded).branches["main"]

    catalog = Catalog.open(seeded)

    assert (catalog.dataset, catalog.revision, catalog.split) == (seeded, commit, "train")
    assert catalog.attributes == ("gender", "colour")
    assert next(iter(catalog)) == Product(Item("101", "Shirt 0", {"gender": "Men", "colour": "Red"}), png(0))
    assert [
        request for request in hub.requests if PARQUET in request and "/resolve/" in request and commit not in request
    ] == []


def test_an_older_revision_of_a_hub_dataset_can_be_asked_for(hub: HubDouble, seeded: str, tmp_path: Path) -> None:
    older = hub.repo("datasets", seeded).branches["main"]
    new = write_repository(tmp_path / "new", {"id": [1, 2], "image": pictures(2)})
    newer = hub.seed("datasets", seeded, {PARQUET: (new / PARQUET).read_bytes()})

    catalogs = [Catalog.open(seeded), Catalog.open(seeded, revision=older), Catalog.open(seeded, revision="main")]

    assert [(catalog.revision, len(catalog)) for catalog in catalogs] == [(newer, 2), (older, 8), (newer, 2)]


def test_a_folder_is_preferred_to_a_hub_dataset_of_the_same_name(
    hub: HubDouble, seeded: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_pictures(tmp_path / seeded, "a.png")
    monkeypatch.chdir(tmp_path)

    assert (ids(Catalog.open(seeded)), hub.requests) == (["a"], [])


@leaves_file_open
def test_pictures_beside_the_tables_of_a_hub_dataset_are_read(hub: HubDouble) -> None:
    name = hub.new_name()
    metadata = b"file_name,id,title\nb.png,71,B\na.png,72,A\n"
    hub.seed("datasets", name, {"a.png": png(0), "b.png": png(1), "metadata.csv": metadata})

    assert {product.item.name: product.picture for product in Catalog.open(name)} == {"A": png(0), "B": png(1)}
    gc.collect()


def test_a_hub_dataset_cannot_read_files_of_this_machine(hub: HubDouble, tmp_path: Path) -> None:
    private = write_pictures(tmp_path, "private.png") / "private.png"
    kind = pa.struct({"bytes": pa.binary(), "path": pa.string()})
    table = write_arrow(tmp_path / "shop", image=pa.array([{"bytes": None, "path": str(private)}], kind)) / PARQUET
    name = hub.new_name()
    hub.seed("datasets", name, {PARQUET: table.read_bytes()})

    assert [product.picture for product in Catalog.open(name)] == [None]


@pytest.mark.parametrize(
    ("revision", "options", "expected", "fact"),
    [
        ("v9", {}, HubNotFoundError, "Revision 'v9' doesn't exist"),
        (None, {"private": True}, HubNotFoundError, "doesn't exist on the Hub or cannot be accessed.*HF_TOKEN"),
        (None, {"gated": True}, HubTokenError, "gated dataset.*HF_TOKEN"),
    ],
)
def test_a_missing_revision_or_permission_is_reported(
    hub: HubDouble,
    monkeypatch: pytest.MonkeyPatch,
    revision: str | None,
    options: dict[str, Any],
    expected: type[HubError],
    fact: str,
) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_other")
    name = hub.new_name()
    hub.seed("datasets", name, {"README.md": b"# Shop"}, **options)

    with pytest.raises(expected, match=fact):
        Catalog.open(name, revision=revision)


def test_a_missing_dataset_is_reported(hub: HubDouble) -> None:
    with pytest.raises(HubNotFoundError, match="'me/nothing' doesn't exist on the Hub.*Check the name"):
        Catalog.open("me/nothing")


def test_a_rejected_token_is_reported(hub: HubDouble, seeded: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_revoked")

    with pytest.raises(HubTokenError, match=r"refuses the token for me/.* \(401\).*HF_TOKEN"):
        Catalog.open(seeded)


def test_a_missing_file_of_a_dataset_is_reported(hub: HubDouble, seeded: str) -> None:
    hub.fault("GET /cdn/", "status", times=-1, status=404)

    with pytest.raises(HubNotFoundError, match="404"):
        Catalog.open(seeded)


def test_a_server_error_of_the_hub_is_reported(hub: HubDouble, seeded: str) -> None:
    hub.fault("GET /cdn/", "status", times=-1, status=503)

    with pytest.raises(HubDownError, match="cannot deliver me/.* now: .*503"):
        Catalog.open(seeded)


@pytest.mark.parametrize(
    ("error", "expected"),
    [(ConnectionError("Couldn't reach the Hub"), HubDownError), (TimeoutError("timed out"), HubTimeoutError)],
)
def test_an_unreachable_hub_is_reported(
    hub: HubDouble, monkeypatch: pytest.MonkeyPatch, error: Exception, expected: type[HubError]
) -> None:
    def fail(*args: object, **options: object) -> None:
        raise error

    monkeypatch.setattr(datasets, "load_dataset_builder", fail)

    with pytest.raises(expected, match="me/shop"):
        Catalog.open("me/shop")


def test_without_the_hub_the_cached_copy_is_read_but_never_as_another_revision(
    hub: HubDouble, seeded: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit = Catalog.open(seeded).revision
    monkeypatch.setenv("HF_TOKEN", "hf_revoked")

    assert Catalog.open(seeded).revision == commit
    with pytest.raises(HubDownError, match=f"only commit {commit} is in the cache"):
        Catalog.open(seeded, revision="f" * 40)


@pytest.mark.parametrize(
    ("files", "fact"),
    [
        ({"README.md": b"# Nothing else"}, "cannot be read as a dataset: .*data files"),
        ({PARQUET: b"PAR1 junk"}, "cannot be read as a dataset: .*[Pp]arquet"),
    ],
)
def test_a_hub_repository_without_a_catalogue_is_refused(hub: HubDouble, files: dict[str, bytes], fact: str) -> None:
    name = hub.new_name()
    hub.seed("datasets", name, files)

    with pytest.raises(CatalogError, match=fact):
        Catalog.open(name)


def test_several_configurations_are_listed_in_the_error(hub: HubDouble, shop: Path) -> None:
    card = b"---\nconfigs:\n- config_name: new\n  data_files: data/*\n- config_name: old\n  data_files: data/*\n---\n"
    name = hub.new_name()
    hub.seed("datasets", name, {"README.md": card, PARQUET: (shop / PARQUET).read_bytes()})

    with pytest.raises(CatalogError, match="new.*old"):
        Catalog.open(name)
