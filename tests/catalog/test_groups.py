"""Rows of one product in a catalogue: those with one id, and those of one group."""

import csv

from recsys.catalog import Catalog
from testkit.fake_shop import COLOURS, draw, encoded


def catalog_of(folder, head, rows):
    """A folder with a picture for each row, and a table of these rows."""
    for number, (_, colour) in zip(range(len(rows)), list(COLOURS.items()) * len(rows), strict=False):
        (folder / f"{number}.png").write_bytes(encoded(draw("Caps", colour, (30, 40))))
    with (folder / "metadata.csv").open("w", newline="") as file:
        csv.writer(file).writerows([["file_name", *head], *([f"{n}.png", *row] for n, row in enumerate(rows))])
    return Catalog.open(str(folder))


def test_rows_of_one_id_are_one_product_and_keep_ids_of_their_own(tmp_path):
    items = catalog_of(tmp_path, ["id", "name"], [("A", "a"), ("A", "a"), ("B", "b"), ("C", "c")]).products
    assert items.ids == ["A", "A-2", "B", "C"]
    assert [item.group for item in items] == ["A", "A", None, None]


def test_rows_of_one_group_are_one_product(tmp_path):
    rows = [("1", "a red", "x"), ("2", "a blue", "x"), ("3", "b", "y"), ("4", "c", "")]
    items = catalog_of(tmp_path, ["id", "name", "item_group_id"], rows).products
    assert items.product_of.tolist() == [0, 0, 2, 3]


def test_groups_of_very_many_products_are_not_one_product(tmp_path):
    rows = [(str(number), f"name {number}", "all") for number in range(12)]
    assert catalog_of(tmp_path, ["id", "name", "item_group_id"], rows).products.groups is None
