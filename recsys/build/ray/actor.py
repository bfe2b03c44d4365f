"""The actor that runs on each machine of a cluster: it loads the encoder once, and embeds the rows it is given."""

from __future__ import annotations

import os
import platform
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple, Self

import numpy as np
import ray

from recsys.build.batches import BatchEmbedder
from recsys.build.embed import PREFETCHED_BATCHES, PREPARED_AT_ONCE, PreparedPicture, prepare_picture
from recsys.build.vector_cache import KeySet
from recsys.catalog import PictureSource
from recsys.catalog.pictures import Pictures
from recsys.encoder import Encoder
from recsys.errors import EncoderError, PictureError, RecsysError
from recsys.format.encoder_spec import EncoderSpec
from recsys.runtime.cpus import CORES_VARIABLE
from recsys.runtime.prefetch import prefetch
from recsys.types import Vectors


@dataclass(frozen=True, eq=False)
class EncoderFiles:
    """An encoder to send to other machines: the content of the files that `Encoder.save` writes, by name."""

    spec: EncoderSpec
    runtime: str
    files: dict[str, bytes]

    @classmethod
    def from_encoder(cls, encoder: Encoder) -> Self:
        """The files of an encoder."""
        with tempfile.TemporaryDirectory() as folder:
            encoder.save(Path(folder))
            files = {path.name: path.read_bytes() for path in Path(folder).iterdir()}
        return cls(encoder.spec, encoder.runtime, files)

    def load(self) -> Encoder:
        """The encoder without its projection. Raises EncoderError if this machine runs it with another runtime."""
        with tempfile.TemporaryDirectory() as folder:
            for name, data in self.files.items():
                (Path(folder) / name).write_bytes(data)
            device = self.runtime.removeprefix("torch-") if self.runtime.startswith("torch-") else "cpu"
            encoder = Encoder.from_spec(self.spec, Path(folder), token=os.environ.get("HF_TOKEN"), device=device)
        if encoder.runtime != self.runtime:
            raise EncoderError(
                f"{platform.node()} runs the encoder by {encoder.runtime}, and the build by {self.runtime}: their"
                " vectors differ by rounding. Install the same requirements.txt on all machines."
            )
        return encoder


@dataclass(frozen=True, eq=False)
class Job:
    """What an actor needs to embed pictures.

    `cached` are the keys of pictures whose vector is in the cache, `reusable` of those in the previous index; see
    `prepare_picture`. `cores` is the number of cores that each actor may use.
    """

    encoder: EncoderFiles
    pictures: PictureSource
    cached: KeySet
    reusable: KeySet
    batch_size: int
    cores: int


FAILED = -1
"""The row number of a row that says why a machine cannot run the job."""
OUT_OF_MEMORY = -2
"""The row number of a row that says where the memory ran out."""


class Row(NamedTuple):
    """The result for a row of the catalogue: the key of its picture, or the reason why it is left out.

    `thumbnail` and `vector` (float32, as bytes) are empty if the machine that runs the build has them.
    """

    number: int
    key: str = ""
    reason: str = ""
    thumbnail: bytes = b""
    vector: bytes = b""


def to_columns(rows: Iterable[Row]) -> dict[str, Any]:
    """Rows as a batch of Ray Data."""
    return {
        name: np.array(values, dtype=int if name == "number" else object)
        for name, values in zip(Row._fields, zip(*rows, strict=True), strict=True)
    }


def from_columns(batch: dict[str, Any]) -> Iterator[Row]:
    """The inverse of `to_columns`."""
    return map(Row._make, zip(*(batch[name] for name in Row._fields), strict=True))


class EmbeddingActor:
    """Computes the `Row`s for ranges of row numbers."""

    def __init__(self, job: ray.ObjectRef):
        """`job` refers to a `Job`. It is loaded later, because Ray does not report errors of a constructor."""
        self._reference = job

    def __call__(self, batch: dict[str, Any]) -> dict[str, Any]:
        """The rows of an item (first, end), as columns. If this machine fails, one row that says why."""
        try:
            [(first, end)] = batch["item"]
            return to_columns(self._rows(range(int(first), int(end))))
        except (RecsysError, ImportError) as error:
            return to_columns([Row(FAILED, reason=f"{platform.node()}: {error}")])
        except MemoryError:
            return to_columns([Row(OUT_OF_MEMORY, reason=f"The memory of {platform.node()} ran out.")])

    def _rows(self, numbers: range) -> list[Row]:
        vectors: dict[str, Vectors] = {}

        def store(keys: Sequence[str], found: Vectors) -> None:
            vectors.update(zip(keys, found, strict=True))

        size, rows = self._job.batch_size, []
        pictures = self._pictures[numbers.start : numbers.stop]
        prepared = prefetch(self._prepare, pictures, PREFETCHED_BATCHES * size, PREPARED_AT_ONCE)
        with BatchEmbedder(self._encoder, size, store) as embedder:
            for number, each in zip(numbers, prepared, strict=True):
                if isinstance(each, str):
                    rows.append(Row(number, reason=each))
                    continue
                if each.pixels is not None and each.key not in vectors:
                    embedder.add(each.key, each.pixels)
                rows.append(Row(number, each.key, thumbnail=each.thumbnail))
        return [row._replace(vector=vectors[row.key].tobytes()) if row.key in vectors else row for row in rows]

    @cached_property
    def _job(self) -> Job:
        job: Job = ray.get(self._reference)
        os.environ[CORES_VARIABLE] = str(job.cores)
        return job

    @cached_property
    def _encoder(self) -> Encoder:
        return self._job.encoder.load()

    @cached_property
    def _pictures(self) -> Pictures:
        return self._job.pictures.open()

    def _prepare(self, picture: bytes | PictureError) -> PreparedPicture | str:
        if isinstance(picture, PictureError):
            return str(picture)
        try:
            return prepare_picture(picture, self._encoder, self._job.cached, self._job.reusable)
        except PictureError as error:
            return str(error)
