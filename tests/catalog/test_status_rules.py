"""Drafts, archived and unpublished products are left out of a catalogue, and counted."""

from __future__ import annotations

import pytest

from recsys.catalog import Catalog
from testkit.fake_shop import draw, encoded


@pytest.fixture
def shop(tmp_path):
    """Write a table beside five pictures; gives its products and the summary."""

    def write(header, *rows):
        for number in range(5):
            (tmp_path / f"{number}.png").write_bytes(encoded(draw("Caps", "#222222", (60, 80 + number))))
        lines = [f"id,title,type,image,{header}"]
        lines += [f"P{number},Cap {number},Caps,{number}.png,{row}" for number, row in enumerate(rows)]
        (tmp_path / "products.csv").write_text("\n".join(lines), "utf-8")
        catalog = Catalog.open(str(tmp_path))
        return catalog.products.ids, catalog.summary()

    return write


def test_drafts_and_archived_products_of_shopify_are_left_out(shop):
    ids, summary = shop("Status", "active", "draft", "Archived", "active", "")
    assert ids == ["P0", "P3", "P4"]
    assert "2 products are drafts, archived or not published, says 'Status'. They are left out" in summary


def test_products_that_woocommerce_does_not_publish_are_left_out(shop):
    assert shop("Published", "1", "0", "-1", "1", "1")[0] == ["P0", "P3", "P4"]


def test_a_catalogue_of_drafts_alone_is_taken_and_this_is_said(shop):
    ids, summary = shop("Status", *["draft"] * 5)
    assert len(ids) == 5 and "They are taken all the same" in summary


def test_other_values_of_a_status_leave_nothing_out(shop):
    assert len(shop("Status", "new", "used", "new", "used", "used")[0]) == 5


def test_the_pace_of_links_can_be_chosen(shop, tmp_path, monkeypatch):
    paces = []
    monkeypatch.setattr("recsys.catalog.catalog.LinkFetcher", lambda *_, pace, **__: paces.append(pace))
    shop("Status", "new")
    Catalog.open(str(tmp_path), requests_per_second=3.0)
    assert [pace.requests_per_second for pace in paces] == [20.0, 3.0]
