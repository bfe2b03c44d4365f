"""The memory that opening a catalogue takes, which a large one must not multiply."""

import tracemalloc
from pathlib import Path

from recsys.catalog import Catalog
from tests.support.catalog_sources import png, write_arrow

COUNT = 20_000
MAX_BYTES_PER_PRODUCT = 340
"""281 were measured, 482 while attributes were lists of texts and each id had a counter: the id and the name as texts,
their places in lists, 24 attributes as codes, and what finds an id again."""


def test_opening_takes_little_more_than_the_ids_and_names(tmp_path: Path) -> None:
    rows = range(COUNT)
    attributes = {f"attribute {number}": [f"value {row % 7}" for row in rows] for number in range(24)}
    ids, names = [f"p{row}" for row in rows], [f"Blue shirt {row}" for row in rows]
    write_arrow(tmp_path / "shop", image=[png(1)] * COUNT, id=ids, name=names, **attributes)
    Catalog.open(str(tmp_path / "shop"), limit=1)
    tracemalloc.start()
    try:
        catalog = Catalog.open(str(tmp_path / "shop"))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert catalog.products[COUNT - 1].name == f"Blue shirt {COUNT - 1}"
    assert peak / COUNT <= MAX_BYTES_PER_PRODUCT
