"""The file names of an index folder, and where the sample index is."""

from __future__ import annotations

from pathlib import Path

MANIFEST = "index.json"
VECTORS = "vectors.ann"
NEIGHBOURS = "vectors.neighbours.npy"
"""The nearest products of each product, int32 [count, neighbours]. Older indexes have none."""
VIEWS, VIEW_VECTORS = "views.parquet", "views.npy"
"""Further pictures of products, and their embeddings. An index without further pictures has neither."""
PICTURE_HASHES = "pictures.npy"
"""The sha256 of each product's picture, uint8 [count, 32], in index order. Older indexes have none."""
FULL_TEXT = "words.sqlite"
"""The words of the names and descriptions, as SQLite's FTS5. Small catalogues and older indexes have none."""
ITEMS = "items.parquet"
EMBEDDINGS = "embeddings.parquet"
"""The embedding of each product for other programs; the library itself does not read it. Older indexes have none."""
ID_COLUMN = "id"
NAME_COLUMN = "name"
PICTURE_COLUMN = "thumbnail"
OFFER_COLUMN = "offer"
GROUP_COLUMN = "group"
ADDED_COLUMN = "added"
"""The columns of `items.parquet` beside its attributes. Catalogues without offers, groups or dates lack theirs."""
CARD = "README.md"
ASSETS = "assets"
ENCODER = "encoder"

# The files in the folder `encoder`:
CONFIG = "config.json"
WEIGHTS = "model.safetensors"
HEADS = "heads.safetensors"
NOTICE = "NOTICE"
"""The origin and licence of the weights that training started from."""
PROJECTION = "projection.safetensors"
COMPILED = ("compiled.xml", "compiled.bin")
"""The network as OpenVINO runs it, and its weights."""
TOWER, TOWER_WEIGHTS = "text_tower.json", "text_tower.safetensors"
"""The text tower of the encoder: its vocabulary and figures, and its weights. Not every encoder has one."""

_PACKAGE = Path(__file__).parents[1]

SAMPLE = "sample"
"""The name of the sample shop, as a dataset and as an index."""
OWN_INDEX = Path("my-index")
"""Where a build writes by default. The sample index of the repository is never replaced."""


def default_index() -> Path:
    """The folder that is served where none is named: `my-index` in the current folder, else the sample index."""
    return OWN_INDEX if (OWN_INDEX / MANIFEST).is_file() else sample_index()


def sample_index() -> Path:
    """The folder of the sample index: `index/` beside the package in a checkout, else the installed copy in it."""
    checkout = _PACKAGE.parent / "index"
    return checkout if (checkout / MANIFEST).is_file() else _PACKAGE / "sample_index"
