"""Which collection of Milvus belongs to which index."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Self

from recsys.format.layout import ITEMS, VECTORS
from recsys.format.manifest import Manifest
from recsys.runtime.hashing import sha256

LONGEST_NAME = 40
VERSION = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True)
class Edition:
    """One version of a shop's index: `shop` is the same for all of them, `version` a hash of vectors and products."""

    shop: str
    version: str

    @classmethod
    def of(cls, manifest: Manifest) -> Self:
        """That of the index with this manifest. A shop is a split of a dataset."""
        dataset = manifest.dataset
        name = re.sub(r"[^0-9A-Za-z]+", "_", dataset.id).strip("_")[-LONGEST_NAME:]
        shop = f"shop_{name}_{sha256(f'{dataset.id}/{dataset.split}'.encode())[:8]}"
        files = "".join(str(manifest.files[name]["sha256"]) for name in (VECTORS, ITEMS))
        return cls(shop, sha256(files.encode())[:32])

    @property
    def collection(self) -> str:
        """The name of its collection."""
        return f"{self.shop}_{self.version}"

    def is_another(self, collection: str) -> bool:
        """Whether the collection of this name is of another version of the same shop."""
        shop, _, version = collection.rpartition("_")
        return shop == self.shop and version != self.version and VERSION.fullmatch(version) is not None
