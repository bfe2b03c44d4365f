"""The table of an index with offers, groups, dates and lists, in more products than one row group has."""

from dataclasses import replace

import numpy as np
import pytest

from recsys.core.items import Items
from recsys.format.layout import sample_index
from recsys.format.manifest import Manifest
from recsys.index.items_table import PICTURE_BYTES, open_table, read_items, read_thumbnail_group, read_thumbnails
from recsys.index.writer import ItemsWriter
from recsys.types import Item, Offer


def test_large_thumbnails_are_read_from_row_groups_of_any_size(tmp_path):
    pictures = [np.random.default_rng(number).bytes(30_000) for number in range(500)]
    with ItemsWriter(tmp_path / "items.parquet", []) as writer:
        for number, picture in enumerate(pictures):
            writer.add(Item(f"S{number}", None, {}), picture)
    table = open_table(tmp_path / "items.parquet", [PICTURE_BYTES])
    groups = [read_thumbnail_group(table, group) for group in range(table.num_row_groups)]
    assert [picture.as_py() for group in groups for picture in group] == pictures
    assert list(read_thumbnails(tmp_path / "items.parquet")) == pictures


@pytest.mark.parametrize("count", [1, 60, 700, 3_000])
@pytest.mark.parametrize("characters", [20, 5_000])
def test_offers_groups_dates_and_lists_are_read_as_they_were_written(count, characters, tmp_path):
    items = [
        Item(
            f"S{number:05}",
            f"Product {number}",
            {"type": ("Cap", "Shoe", None)[number % 3], "sizes": ("S", "M", str(number))[: number % 4]},
            Offer(price=9.5, currency="EUR", url=f"https://shop.example/{number}", description=f"{number}" * characters)
            if number % 5 or count == 1
            else None,
            f"group {number // 2}",
            f"2024-0{number % 9 + 1}-11",
        )
        for number in range(min(count, 3_000 * 20 // characters + 60))
    ]
    columns = Items.from_items(items, ["type", "sizes"])
    with ItemsWriter.for_items(tmp_path / "items.parquet", columns) as writer:
        for item in items:
            writer.add(item, b"picture")
    lists = tuple(columns.lists)
    manifest = replace(
        Manifest.read(sample_index()),
        count=len(items),
        attributes=("type", "sizes"),
        lists=lists,
        has_offers=columns.offers is not None,
        has_groups=True,
        has_added=True,
    )
    assert list(read_items(tmp_path / "items.parquet", manifest)) == list(columns)
