"""Query pictures as visitors send them: catalogue pictures, resized to what a phone sends."""

from __future__ import annotations

import io
from collections.abc import Iterator
from functools import cache
from itertools import islice
from pathlib import Path

import numpy as np
from PIL import Image

from recsys.catalog import Catalog
from recsys.images.decode import decode
from recsys.index.folder import IndexFolder

SIDE_PX = 640
SMALL_PX = 96


def photos(index: Path, count: int, queries: str | None = None) -> list[bytes]:
    """At most `count` pictures as JPEG of 640 px, from the catalogue `queries` or else from the index itself."""
    return [_resized(picture, SIDE_PX) for picture in islice(_pictures(index, queries), count)]


def write_small(index: Path, folder: Path) -> None:
    """Write the pictures of an index to a new folder as JPEG of 96 px: a small catalogue."""
    folder.mkdir()
    for number, picture in enumerate(_pictures(index, None)):
        (folder / f"{number:06}.jpg").write_bytes(_resized(picture, SMALL_PX))


@cache
def synthetic_jpeg(seed: int) -> bytes:
    """A random JPEG of 640 px that compresses like a photo."""
    rng = np.random.default_rng(seed)
    small = Image.fromarray(rng.integers(0, 255, (SIDE_PX // 16, SIDE_PX // 16, 3), dtype=np.uint8))
    return _jpeg(small.resize((SIDE_PX, SIDE_PX), Image.Resampling.BICUBIC))


def _pictures(index: Path, queries: str | None) -> Iterator[bytes]:
    if queries:
        yield from (product.picture for product in Catalog.open(queries) if product.picture)
    else:
        folder = IndexFolder.open(index)
        yield from map(folder.thumbnail, range(len(folder.items)))


def _resized(picture: bytes, side: int) -> bytes:
    """The picture as JPEG whose longer side is `side` px."""
    image = decode(picture)
    scale = side / max(image.size)
    size = max(1, round(scale * image.width)), max(1, round(scale * image.height))
    return _jpeg(image.resize(size, Image.Resampling.BICUBIC))


def _jpeg(image: Image.Image) -> bytes:
    out = io.BytesIO()
    image.save(out, "JPEG", quality=90)
    return out.getvalue()
