"""Catalogues: any source of products becomes one description and a stream of `Product`."""

from __future__ import annotations

import os
import platform
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import pyarrow as pa

from recsys.catalog.columns import Columns
from recsys.catalog.dates import parse_dates
from recsys.catalog.folders import open_file, open_folder
from recsys.catalog.offers import OfferColumns, links_from_template
from recsys.catalog.picture_notes import picture_notes
from recsys.catalog.pictures import Pictures
from recsys.catalog.remote import LinkFetcher, Pace
from recsys.catalog.source import ONLY_SPLIT, Source
from recsys.catalog.summary import describe_columns, first_rows
from recsys.catalog.values import attribute_values, cell_texts, texts, to_text, unique_ids
from recsys.catalog.views import FurtherPictures
from recsys.core.items import Items
from recsys.core.large import is_large
from recsys.core.roles import Roles
from recsys.errors import CatalogError, PictureError
from recsys.format.encoder_spec import is_repo_id
from recsys.format.layout import SAMPLE, sample_index
from recsys.hub.cache import cache_folder
from recsys.runtime.memory import release_memory
from recsys.types import Item, Offer, Product, Value

MAX_ROWS_PER_GROUP = 8
"""On average. Products of larger groups have something else in common than being one product."""
DEFAULT_DATASET = "ashraq/fashion-product-images-small"


@dataclass(frozen=True)
class PictureSource:
    """Where the `count` pictures of a catalogue are: a column of a dataset, which another process can open too."""

    dataset: str
    split: str
    revision: str | None
    column: str
    count: int
    allow_private_hosts: bool = False
    further: tuple[str, ...] = ()
    requests_per_second: float = Pace.requests_per_second

    def open(self) -> Pictures:
        """The pictures, in the order of the catalogue.

        Raises as `Catalog.open` does, and CatalogError if the dataset has another number of products here.
        """
        source = _open_source(self.dataset, self.split, self.revision)
        fetcher = _link_fetcher(self.allow_private_hosts, self.requests_per_second)
        pictures = Pictures.from_source(source, self.column, fetcher, self.further)
        if len(pictures) != self.count:
            raise CatalogError(
                f"{self.dataset} has {len(pictures):,} products on {platform.node()}, and {self.count:,} where the"
                " build was started. Give all machines the same files."
            )
        return pictures


@dataclass(frozen=True, eq=False)
class Catalog:
    """The products of a shop, in a stable order, with their pictures as the source has them.

    A catalogue can be iterated any number of times. `dataset` is its name in messages: a Hub id, or the base name of a
    folder. `revision` is the commit that was read, or None if the source has no commits. `role_overrides` maps a role
    to the attribute that has it, where the owner has chosen one (see `Roles`). `rows` is the number of rows that the
    products come from, and `notes` say what was changed or left out.
    """

    dataset: str
    split: str
    revision: str | None
    products: Items = field(repr=False)
    pictures: PictureSource = field(repr=False)
    encoded_pictures: Pictures = field(repr=False)
    role_overrides: Mapping[str, str] = field(default_factory=dict)
    columns: Columns = field(default=Columns("image", None, None, ()), repr=False)
    rows: int = 0
    notes: tuple[str, ...] = ()

    @property
    def attributes(self) -> tuple[str, ...]:
        """The names of the attributes."""
        return tuple(self.products.all_columns)

    def __len__(self) -> int:
        return len(self.products)

    def __iter__(self) -> Iterator[Product]:
        for item, picture in zip(self.products, self.encoded_pictures[: len(self)], strict=True):
            yield Product(item, None, str(picture)) if isinstance(picture, PictureError) else Product(item, picture)

    def items(self) -> Iterator[Item]:
        """The products without their pictures, none of which is read."""
        return iter(self.products)

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
        role_overrides: Mapping[str, str] | None = None,
        allow_private_hosts: bool = False,
        offer_columns: Mapping[str, str] | None = None,
        currency: str | None = None,
        link_template: str | None = None,
        requests_per_second: float = Pace.requests_per_second,
    ) -> Catalog:
        """Open a Hub dataset, a folder, a table, a zip archive, or the `sample` shop.

        A folder is a dataset repository, a Kaggle archive, an index, pictures, or tables beside pictures. The columns
        that are not named are detected (see `recsys.catalog.columns`). `limit` takes only the first products.
        `role_overrides` maps roles to attributes, `offer_columns` facts such as "price" and "link" to columns.
        `currency` is that of prices without one. `link_template` makes the links to the products from columns, such as
        "https://shop.example/products/{Handle}". Pictures that are links are fetched, from servers in the private
        network only with `allow_private_hosts`, and at most `requests_per_second` from one server. Raises CatalogError
        if the source, a column or a role does not exist or cannot be read, and HubError if the Hub does not deliver the
        dataset.
        """
        if limit is not None and limit < 1:
            raise CatalogError(f"The limit is {limit}, and a catalogue needs at least one product.")
        if dataset == SAMPLE and any((image_column, id_column, name_column)):
            raise CatalogError(
                "The sample shop has no columns to choose. Leave --image-column, --id-column, --name-column out."
            )
        source, overrides = _open_source(dataset, split, revision), role_overrides or {}
        if not len(source.table):
            raise CatalogError(f"{source.name} has no rows in its split {split!r}, and so no products.")
        columns = Columns.find(
            source,
            image=image_column,
            id=id_column,
            name=name_column,
            attributes=attributes,
            facts=offer_columns,
            roles=tuple(overrides.values()),
        )
        _check_roles(overrides, columns.attributes)
        fetcher = _link_fetcher(allow_private_hosts, requests_per_second)
        pictures = Pictures.from_source(source, columns.image, fetcher, columns.further)
        place = dataset if source.revision else str(_folder(dataset).resolve())
        return cls(
            source.name,
            split,
            source.revision,
            products=_read_products(source, columns, limit, currency, link_template),
            pictures=PictureSource(
                place,
                split,
                source.revision,
                columns.image,
                len(source.table),
                allow_private_hosts,
                columns.further,
                requests_per_second,
            ),
            encoded_pictures=pictures,
            role_overrides=dict(overrides),
            columns=columns,
            rows=source.file_rows or len(source.table),
            notes=(*source.notes, *picture_notes(source, pictures)),
        )

    @cached_property
    def further_pictures(self) -> FurtherPictures:
        """The further pictures of the products."""
        return FurtherPictures(self.products, self.encoded_pictures)

    def summary(self) -> str:
        """What became of the rows and columns: id, name, filters, prices, and what was left out and why."""
        notes = (*self.notes, *self.further_pictures.notes)
        return describe_columns(self.products, self.columns, self.rows, notes, len(self.further_pictures))

    def preview(self) -> str:
        """The first ten products as they would be indexed."""
        return first_rows(self.products, self.encoded_pictures)

    def with_default_roles(self, defaults: Mapping[str, str]) -> Catalog:
        """The catalogue with these role overrides too, if it has their attribute and no override of the same role."""
        known = {role: attribute for role, attribute in defaults.items() if attribute in self.attributes}
        return replace(self, role_overrides={**known, **self.role_overrides})


def _read_products(
    source: Source, columns: Columns, limit: int | None, currency: str | None, link_template: str | None
) -> Items:
    """The products without their pictures. The memory that reading many of them took is returned to the system."""
    products = _products(source, columns, limit, currency, link_template)
    if is_large(len(products)):
        pa.default_memory_pool().release_unused()
        release_memory()
    return products


def _products(
    source: Source, columns: Columns, limit: int | None, currency: str | None, link_template: str | None
) -> Items:
    table = source.table
    given = table[columns.id].to_pylist() if columns.id else range(len(table))
    ids = unique_ids(given)[:limit]
    names = texts(table[columns.name][:limit]) if columns.name else [None] * len(ids)
    cells = {attribute: attribute_values(table[attribute][:limit]) for attribute in columns.attributes}
    groups = _groups(given, ids, texts(table[columns.group][:limit]) if columns.group else [None] * len(ids))
    added = parse_dates(cell_texts(table[columns.added][:limit])) if columns.added else None
    if source.offers:
        read = _offers(table[source.offers][:limit].to_pylist())
        return Items(ids, names, cells, offers=read, groups=groups, added=added)
    if not (columns.offer or link_template):
        return Items(ids, names, cells, groups=groups, added=added)
    offer_cells = {fact: cell_texts(table[column][:limit]) for fact, column in columns.offer.items()}
    if link_template:
        offer_cells["link"] = links_from_template(table[:limit], link_template)
    offers = OfferColumns.of(columns.offer, offer_cells, currency)
    made = [offers.offer(row) for row in range(len(ids))]
    return Items(ids, names, cells, offers=made, groups=groups, added=added)


def _groups(cells: Iterable[object], ids: Sequence[str], groups: Sequence[Value]) -> list[Value] | None:
    """The group of each row: the cell of its id if another row has the same one, else its own `groups` cell.

    None where the groups are so large that they cannot be the rows of one product.
    """
    given = [to_text(cell) for cell, _ in zip(cells, ids, strict=False)]
    altered = {text for text, id in zip(given, ids, strict=True) if text != id}
    counts = Counter(text for text in given if text in altered)
    found = [text if text and counts[text] > 1 else group for text, group in zip(given, groups, strict=True)]
    known = [group for group in found if group is not None]
    return found if len(known) <= MAX_ROWS_PER_GROUP * len(set(known)) else None


def _offers(cells: Sequence[Mapping[str, Any] | None]) -> list[Offer | None]:
    try:
        return [Offer(**cell) if cell else None for cell in cells]
    except (TypeError, ValueError) as error:
        raise CatalogError(f"The column of offers cannot be read: {error}.") from error


def _check_roles(overrides: Mapping[str, str], attributes: Sequence[str]) -> None:
    Roles.from_names(attributes, overrides)
    for role, attribute in overrides.items():
        if attribute not in attributes:
            raise CatalogError(
                f"There is no attribute {attribute!r} to have the role {role!r}. The attributes are:"
                f" {', '.join(attributes) or 'none'}. Name other columns with --attributes."
            )


def _link_fetcher(allow_private_hosts: bool, requests_per_second: float) -> LinkFetcher:
    pace = Pace(requests_per_second=requests_per_second)
    return LinkFetcher(cache_folder("pictures"), allow_private_hosts=allow_private_hosts, pace=pace)


def _folder(dataset: str) -> Path:
    return sample_index() if dataset == SAMPLE else Path(os.path.expanduser(dataset))


def _open_source(dataset: str, split: str, revision: str | None) -> Source:
    folder = _folder(dataset)
    if dataset and folder.is_dir():
        name = SAMPLE if dataset == SAMPLE else folder.resolve().name
        if revision:
            raise CatalogError(f"{name} has no revisions, only Hub datasets do. Leave --revision out.")
        return replace(open_folder(folder.resolve(), split), name=name)
    if folder.is_file():
        return open_file(folder.resolve(), split)
    if not is_repo_id(dataset):
        raise CatalogError(
            f"There is no folder {dataset!r}, and this is not a Hub dataset id (owner/name) either."
            f" Give a folder, a Hub dataset, or {SAMPLE!r}."
        )
    from recsys.catalog.hf_datasets import open_hub  # datasets takes seconds to import

    return open_hub(dataset, split, revision)
