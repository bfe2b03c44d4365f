"""The file names of an index folder, and where the sample index is."""

from __future__ import annotations

from pathlib import Path

MANIFEST = "index.json"
VECTORS = "vectors.ann"
NEIGHBOURS = "vectors.neighbours.npy"
"""The nearest products of each product, int32 [count, neighbours]. Older indexes have none."""
PICTURE_HASHES = "pictures.npy"
"""The sha256 of each product's picture, uint8 [count, 32], in index order. Older indexes have none."""
ITEMS = "items.parquet"
ID_COLUMN = "id"
NAME_COLUMN = "name"
PICTURE_COLUMN = "thumbnail"
"""The columns of `items.parquet` beside its attributes."""
CARD = "README.md"
ASSETS = "assets"
ENCODER = "encoder"

# The files in the folder `encoder`:
CONFIG = "config.json"
WEIGHTS = "model.safetensors"
HEADS = "heads.safetensors"
PROJECTION = "projection.safetensors"
COMPILED = ("compiled.xml", "compiled.bin")
"""The network as OpenVINO runs it, and its weights."""

_PACKAGE = Path(__file__).parents[1]


def sample_index() -> Path:
    """The folder of the sample index: `index/` beside the package in a checkout, else the installed copy in it."""
    checkout = _PACKAGE.parent / "index"
    return checkout if (checkout / MANIFEST).is_file() else _PACKAGE / "sample_index"
