"""Catalogues: any source of products becomes one description and a stream of `Product`."""

from recsys.catalog.catalog import DEFAULT_DATASET, Catalog, PictureSource
from recsys.format.layout import SAMPLE

__all__ = ["DEFAULT_DATASET", "SAMPLE", "Catalog", "PictureSource"]
