"""PCA of the features of a frozen backbone: fewer dimensions with nearly the same neighbours."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file, save

from recsys.core.linalg import unit
from recsys.runtime.hashing import sha256
from recsys.types import Vectors

NO_VARIANCE = 1e-9


@dataclass(frozen=True, eq=False)
class Projection:
    """x → unit((x − mean) · components), with mean [features] and components [features, dim]."""

    mean: Vectors
    components: Vectors

    @property
    def dim(self) -> int:
        return int(self.components.shape[1])

    @property
    def sha256(self) -> str:
        """The sha256 of what `save` writes."""
        return sha256(self._serialize())

    @classmethod
    def fit(cls, chunks: Iterable[Vectors], dim: int) -> Projection | None:
        """The `dim` directions of largest variance of all rows of `chunks`, each [n, features].

        None if the rows vary in fewer than `dim` directions, because the projection would then lose information.
        """
        count, total, product = 0, np.zeros(1), np.zeros((1, 1))
        for chunk in chunks:
            rows = chunk.astype(np.float64)
            count, total, product = count + len(rows), total + rows.sum(0), product + rows.T @ rows
        mean = total / count
        variances, directions = np.linalg.eigh(product / count - np.outer(mean, mean))
        if len(variances) < dim or variances[-dim] <= NO_VARIANCE * max(variances[-1], 0):
            return None
        components = directions[:, ::-1][:, :dim]
        largest = np.abs(components).argmax(0)
        components = components * np.sign(components[largest, np.arange(components.shape[1])])
        return cls(mean.astype(np.float32), np.ascontiguousarray(components, dtype=np.float32))

    def __call__(self, features: Vectors) -> Vectors:
        """Project [n, features] to unit rows [n, dim]."""
        return unit((features - self.mean) @ self.components)

    def save(self, path: Path) -> None:
        """Write to a safetensors file."""
        path.write_bytes(self._serialize())

    def _serialize(self) -> bytes:
        return save({"mean": self.mean, "components": self.components})

    @classmethod
    def load(cls, path: Path) -> Projection:
        """Read what `save` wrote. Raises KeyError or ValueError for anything else."""
        tensors = load_file(path)
        mean, components = tensors["mean"], tensors["components"]
        fits = mean.dtype == components.dtype == np.float32 and mean.ndim == 1 and components.ndim == 2
        if not fits or len(mean) != len(components) or not (np.isfinite(mean).all() and np.isfinite(components).all()):
            raise ValueError("the mean and the components are not those of a projection")
        return cls(mean, components)
