"""A column of links is a column of pictures."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from recsys.catalog import Catalog
from testkit.link_server import LinkServer, picture
from tests.support.catalog_sources import write_arrow


@pytest.fixture
def server() -> Iterator[LinkServer]:
    with LinkServer().running() as server:
        yield server


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("recsys.catalog.catalog.cache_folder", lambda name: tmp_path / "cache" / name)
    return tmp_path / "cache" / "pictures"


def open_shop(tmp_path: Path, links: list[str | None], **options: object) -> Catalog:
    folder = write_arrow(tmp_path / "shop", id=[str(row) for row in range(len(links))], image_url=links)
    return Catalog.open(str(folder), allow_private_hosts=True, **options)


def test_the_pictures_behind_a_column_of_links_are_fetched(server: LinkServer, tmp_path: Path) -> None:
    catalog = open_shop(tmp_path, [f"{server.url}/plain/{number}.png" for number in range(3)])

    assert [product.picture for product in catalog] == [picture(0), picture(1), picture(2)]
    assert [product.picture for product in catalog] == [picture(0), picture(1), picture(2)]
    assert set(server.asked.values()) == {1}


def test_a_link_that_fails_is_reported_with_its_row(server: LinkServer, tmp_path: Path) -> None:
    catalog = open_shop(tmp_path, [f"{server.url}/plain/0.png", None, f"{server.url}/gone/9.png"])

    good, empty, gone = catalog

    assert good.picture == picture(0) and good.problem is None
    assert empty.picture is None and empty.problem == "There is no picture."
    assert gone.picture is None
    assert gone.problem.startswith(f"Row 3, {server.url}/gone/9.png: The server answers this link with status 404")


def test_a_server_in_the_private_network_needs_a_permission(server: LinkServer, tmp_path: Path) -> None:
    folder = write_arrow(tmp_path / "shop", id=["a"], photo=[f"{server.url}/plain/0.png"])

    (product,) = Catalog.open(str(folder))

    assert "--allow-private-hosts" in product.problem and not server.asked


def test_only_the_links_of_the_first_products_are_fetched(server: LinkServer, tmp_path: Path) -> None:
    catalog = open_shop(tmp_path, [f"{server.url}/plain/{number}.png" for number in range(9)], limit=2)

    assert [product.picture for product in catalog] == [picture(0), picture(1)]
    assert len(server.asked) == 2


def test_another_machine_fetches_the_pictures_of_its_rows(server: LinkServer, tmp_path: Path) -> None:
    catalog = open_shop(tmp_path, [f"{server.url}/plain/{number}.png" for number in range(4)])

    assert list(catalog.pictures.open()[2:4]) == [picture(2), picture(3)]
    assert len(server.asked) == 2


def test_a_column_of_links_among_columns_of_pictures_is_not_taken(server: LinkServer, tmp_path: Path) -> None:
    folder = write_arrow(
        tmp_path / "shop", image=[{"bytes": picture(1), "path": "http://shop.example/1.png"}], image_url=["http://x.y/"]
    )

    assert [product.picture for product in Catalog.open(str(folder))] == [picture(1)]


def test_a_file_that_is_not_there_is_reported_by_name(tmp_path: Path) -> None:
    folder = write_arrow(tmp_path / "shop", image=[{"bytes": None, "path": "lost/7.png"}])

    (product,) = Catalog.open(str(folder))

    assert product.problem == "There is no file 'lost/7.png'."
