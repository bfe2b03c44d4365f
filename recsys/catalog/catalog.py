"""Catalogues: any source of products becomes one description and a stream of `Product`."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from recsys.catalog.columns import Columns
from recsys.catalog.folders import open_folder
from recsys.catalog.products import Pictures, Products, TableProducts
from recsys.catalog.source import ONLY_SPLIT, Source, require
from recsys.errors import CatalogError
from recsys.format.encoder_spec import is_repo_id
from recsys.types import Item, Product

DEFAULT_DATASET = "ashraq/fashion-product-images-small"
SAMPLE = "sample"


@dataclass(frozen=True)
class PictureSource:
    """Where the pictures of a catalogue are, for another process to read them: `count` in a column of a dataset."""

    dataset: str
    split: str
    revision: str | None
    column: str
    count: int

    def open(self) -> Pictures:
        """The pictures, in the order of the catalogue. Raises as `Catalog.open`, and for another number of them."""
        pictures = Pictures.of(_open_source(self.dataset, self.split, self.revision), self.column)
        if len(pictures) != self.count:
            raise CatalogError(
                f"{self.dataset} has {len(pictures):,} products on {platform.node()}, and {self.count:,} where the"
                " build was started. Give all machines the same files."
            )
        return pictures


@dataclass(frozen=True)
class Catalog:
    """The products of a shop, in a stable order and as often as asked, with their pictures as given.

    `dataset` is a name to print: a Hub id, or the base name of a folder. `revision` is the commit that was read,
    None for what has no commits. `pictures` is None for the sample shop, which is drawn.
    """

    dataset: str
    split: str
    revision: str | None
    attributes: tuple[str, ...]
    products: Products = field(repr=False)
    pictures: PictureSource | None = field(default=None, repr=False)

    def __len__(self) -> int:
        return len(self.products)

    def __iter__(self) -> Iterator[Product]:
        return iter(self.products)

    def items(self) -> Iterator[Item]:
        """The products without their pictures."""
        if isinstance(self.products, TableProducts):
            return self.products.items()
        return (product.item for product in self)

    @classmethod
    def open(
        cls,
        dataset: str = DEFAULT_DATASET,
        *,
        split: str = ONLY_SPLIT,
        revision: str | None = None,
        limit: int | None = None,
        image_column: str | None = None,
        id_column: str | None = None,
        name_column: str | None = None,
        attributes: Sequence[str] | None = None,
    ) -> Catalog:
        """Open a Hub dataset, a folder (dataset repository, Kaggle archive, pictures) or the `sample` shop.

        Columns that are not named are found (see `columns`). `limit` takes the first products only.
        Raises CatalogError where the source or a column is not there or cannot be read, and HubError where the
        Hub does not give the dataset.
        """
        if limit is not None and limit < 1:
            raise CatalogError(f"The limit is {limit}, and a catalogue needs at least one product.")
        if dataset == SAMPLE:
            _require_no_columns(image_column, id_column, name_column)
            return _open_sample(split, revision, limit, attributes)
        source = _open_source(dataset, split, revision)
        if not len(source.table):
            raise CatalogError(f"{source.name} has no rows in its split {split!r}, and so no products.")
        columns = Columns.find(source, image=image_column, id=id_column, name=name_column, attributes=attributes)
        products = TableProducts.of(source, columns, limit)
        place = str(Path(dataset).expanduser().resolve()) if source.revision is None else dataset
        pictures = PictureSource(place, split, source.revision, columns.image, len(source.table))
        return cls(source.name, split, source.revision, columns.attributes, products, pictures)


def _open_source(dataset: str, split: str, revision: str | None) -> Source:
    folder = Path(os.path.expanduser(dataset))
    if dataset and folder.is_dir():
        _require_no_revision(dataset, revision)
        return open_folder(folder.resolve(), split)
    if folder.is_file():
        raise CatalogError(f"{folder.name} is a file. Give a folder: unpack an archive first.")
    if not is_repo_id(dataset):
        raise CatalogError(
            f"There is no folder {dataset!r}, and it is no Hub dataset id either (owner/name). "
            f"Give one of the two, or {SAMPLE!r}."
        )
    from recsys.catalog.hf_datasets import open_hub  # datasets takes seconds to import

    return open_hub(dataset, split, revision)


def _open_sample(split: str, revision: str | None, limit: int | None, attributes: Sequence[str] | None) -> Catalog:
    from sample_shop import products

    _require_no_revision(SAMPLE, revision)
    require("split", split, (ONLY_SPLIT,))
    drawn = tuple(islice(products(), limit))
    known = tuple(dict.fromkeys(name for product in drawn for name in product.item.attributes))
    if attributes is None:
        return Catalog(SAMPLE, split, None, known, drawn)
    for name in attributes:
        require("attribute", name, known)
    chosen = tuple(dict.fromkeys(attributes))
    return Catalog(SAMPLE, split, None, chosen, tuple(_narrowed(product, chosen) for product in drawn))


def _narrowed(product: Product, attributes: Sequence[str]) -> Product:
    item = product.item
    return Product(Item(item.id, item.name, {name: item.attributes.get(name) for name in attributes}), product.picture)


def _require_no_columns(*columns: str | None) -> None:
    if any(columns):
        raise CatalogError(
            "The sample shop has no columns to choose. Leave --image-column, --id-column, --name-column out."
        )


def _require_no_revision(dataset: str, revision: str | None) -> None:
    if revision:
        raise CatalogError(f"{Path(dataset).name} has no revisions, only Hub datasets do. Leave --revision out.")
