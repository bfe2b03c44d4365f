"""Pictures as visitors bring them: those of a catalogue in the size that a phone sends after it was shared."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from PIL import Image

from recsys.catalog import Catalog
from recsys.images.decode import decode
from recsys.index.folder import IndexFolder

SIDE = 640
SMALL = 96


def photos(index: Path, count: int, queries: str | None = None) -> list[bytes]:
    """At most `count` pictures as JPEG of 640 px: those of the catalogue `queries`, else the index's own."""
    return [_resized(picture, SIDE) for picture in islice(_pictures(index, queries), count)]


def write(index: Path, folder: Path) -> None:
    """Write the pictures of an index to a new folder, as JPEG of 96 px: a catalogue in small."""
    folder.mkdir()
    for number, picture in enumerate(_pictures(index, None)):
        (folder / f"{number:06}.jpg").write_bytes(_resized(picture, SMALL))


def _pictures(index: Path, queries: str | None) -> Iterator[bytes]:
    if queries:
        yield from (product.picture for product in Catalog.open(queries) if product.picture)
    else:
        folder = IndexFolder.open(index)
        yield from map(folder.thumbnail, range(len(folder.items)))


def _resized(picture: bytes, side: int) -> bytes:
    """The picture as JPEG, so large that its longer side is `side` px."""
    image, out = decode(picture), io.BytesIO()
    scale = side / max(image.size)
    size = max(1, round(scale * image.width)), max(1, round(scale * image.height))
    image.resize(size, Image.Resampling.BICUBIC).save(out, "JPEG", quality=90)
    return out.getvalue()
