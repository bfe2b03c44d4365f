"""Writes drawn products as a dataset folder."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from recsys.errors import CatalogError
from recsys.index.writer import ItemsWriter
from recsys.types import Product
from sample_shop.shop import ATTRIBUTES

TABLE = Path("data/train-00000-of-00001.parquet")


def write_dataset(products: Iterable[Product], folder: Path) -> None:
    """Write these products to `folder`, in the layout of a dataset repository.

    Raises CatalogError if the folder exists and is not empty.
    """
    if folder.is_file() or (folder.is_dir() and any(folder.iterdir())):
        raise CatalogError(f"{folder} exists and is not empty. Choose another --output, or move it away.")
    table = folder / TABLE
    table.parent.mkdir(parents=True, exist_ok=True)
    unfinished = table.with_suffix(".tmp")
    with ItemsWriter(unfinished, ATTRIBUTES) as writer:
        for product in products:
            writer.add(product.item, product.picture or b"")
    os.replace(unfinished, table)
