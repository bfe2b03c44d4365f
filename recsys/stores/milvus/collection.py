"""Names the Milvus collection of an index."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Self

from recsys.format.layout import ITEMS, VECTORS
from recsys.format.manifest import Manifest
from recsys.runtime.hashing import sha256

MAX_DATASET_CHARS = 40
VERSION = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True)
class IndexCollection:
    """The collection of one version of an index.

    `alias` is the same for all versions, and `version` is a hash of the vectors and products.
    """

    alias: str
    version: str

    @classmethod
    def from_manifest(cls, manifest: Manifest) -> Self:
        """The collection of the index with this manifest. Indexes of one split of a dataset share their alias."""
        dataset = manifest.dataset
        name = re.sub(r"[^0-9A-Za-z]+", "_", dataset.id).strip("_")[-MAX_DATASET_CHARS:]
        alias = f"shop_{name}_{sha256(f'{dataset.id}/{dataset.split}'.encode())[:8]}"
        files = "".join(str(manifest.files[name]["sha256"]) for name in (VECTORS, ITEMS))
        return cls(alias, sha256(files.encode())[:32])

    @property
    def name(self) -> str:
        """The name of the collection."""
        return f"{self.alias}_{self.version}"

    def is_other_version(self, name: str) -> bool:
        """Whether `name` is the collection of another version of the same index."""
        alias, _, version = name.rpartition("_")
        return alias == self.alias and version != self.version and VERSION.fullmatch(version) is not None
