"""What runs on the machines of a cluster: the encoder, loaded once, over the rows that it is given."""

from __future__ import annotations

import os
import platform
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import ray

from recsys.build.embed import BATCHES_AHEAD, Prepared, features_of, prepare
from recsys.build.vector_cache import KeySet
from recsys.catalog import PictureSource
from recsys.encoder import Encoder
from recsys.errors import EncoderError, PictureError, RecsysError
from recsys.format.encoder_spec import EncoderRecipe
from recsys.runtime.cpus import SHARE
from recsys.runtime.prefetch import ahead
from recsys.types import Pixels


@dataclass(frozen=True, eq=False)
class EncoderFiles:
    """An encoder as it travels: what `Encoder.save` writes, by name, so that every machine runs the very same one."""

    recipe: EncoderRecipe
    runtime: str
    files: dict[str, bytes]

    @classmethod
    def of(cls, encoder: Encoder) -> EncoderFiles:
        """The files of an encoder."""
        with tempfile.TemporaryDirectory() as folder:
            encoder.save(Path(folder))
            files = {path.name: path.read_bytes() for path in Path(folder).iterdir()}
        return cls(encoder.recipe, encoder.runtime, files)

    def load(self) -> Encoder:
        """The encoder without its projection. Raises EncoderError where another runtime computes it here."""
        with tempfile.TemporaryDirectory() as folder:
            for name, data in self.files.items():
                (Path(folder) / name).write_bytes(data)
            device = self.runtime.removeprefix("torch-") if self.runtime.startswith("torch-") else "cpu"
            encoder = Encoder.from_recipe(self.recipe, Path(folder), token=os.environ.get("HF_TOKEN"), device=device)
        if encoder.runtime != self.runtime:
            raise EncoderError(
                f"{platform.node()} runs the encoder by {encoder.runtime}, and the build by {self.runtime}: their"
                " vectors differ by rounding. Install the same requirements.txt on all machines."
            )
        return encoder


@dataclass(frozen=True, eq=False)
class Job:
    """What an actor needs to know; `embedded` and `known` as in `prepare`."""

    encoder: EncoderFiles
    pictures: PictureSource
    embedded: KeySet
    known: KeySet
    batch_size: int
    cores: int


FAILED = -1
"""The number of a row that says why a machine cannot do anything."""


class Row(NamedTuple):
    """A row of a catalogue as it travels back: its number, and the sha256 of its picture or why it is left out.

    `thumbnail` and `vector` (float32, as bytes) are empty where the builder has them.
    """

    number: int
    key: str
    reason: str
    thumbnail: bytes
    vector: bytes


def columns(rows: Iterable[Row]) -> dict[str, Any]:
    """Rows as a batch of Ray Data."""
    return {
        name: np.array(values, dtype=int if name == "number" else object)
        for name, values in zip(Row._fields, zip(*rows, strict=True), strict=True)
    }


def rows_of(batch: dict[str, Any]) -> Iterator[Row]:
    """The inverse of `columns`."""
    return map(Row._make, zip(*(batch[name] for name in Row._fields), strict=True))


class Embedding:
    """An actor: numbers of rows, one after another, to what is in them."""

    def __init__(self, job: ray.ObjectRef):
        """`job` refers to a `Job`. Nothing is loaded yet: what fails here, Ray does not tell."""
        self._reference = job

    def __call__(self, batch: dict[str, Any]) -> dict[str, Any]:
        """The `Row`s of an item (first, end), as columns; where nothing can be done here, one row that says why."""
        try:
            [(first, end)] = batch["item"]
            return columns(self._rows(range(int(first), int(end))))
        except (RecsysError, ImportError) as error:
            return columns([Row(FAILED, "", f"{platform.node()}: {error}", b"", b"")])
        except MemoryError:
            reason = f"The memory of {platform.node()} ran out. Take a smaller --batch-size."
            return columns([Row(FAILED, "", reason, b"", b"")])

    def _rows(self, numbers: range) -> Iterator[Row]:
        pictures = self._pictures[numbers.start : numbers.stop]
        found = list(ahead(self._prepared, pictures, BATCHES_AHEAD * self._job.batch_size))
        vectors = self._vectors({each.key: each.pixels for each in found if isinstance(each, Prepared)})
        for number, each in zip(numbers, found, strict=True):
            if isinstance(each, str):
                yield Row(number, "", each, b"", b"")
            else:
                yield Row(number, each.key, "", each.thumbnail or b"", vectors.get(each.key, b""))

    @cached_property
    def _job(self) -> Job:
        job: Job = ray.get(self._reference)
        os.environ[SHARE] = str(job.cores)
        return job

    @cached_property
    def _encoder(self) -> Encoder:
        return self._job.encoder.load()

    @cached_property
    def _pictures(self) -> Any:
        return self._job.pictures.open()

    def _prepared(self, picture: bytes | None) -> Prepared | str:
        try:
            return prepare(picture, self._encoder, self._job.embedded, self._job.known)
        except PictureError as error:
            return str(error)

    def _vectors(self, pixels: dict[str, Pixels | None]) -> dict[str, bytes]:
        """The vectors of pictures by their sha256, as bytes; none of those without pixels."""
        new = {key: each for key, each in pixels.items() if each is not None}
        vectors: dict[str, bytes] = {}
        for keys in batched(new, self._job.batch_size):
            features = features_of(self._encoder, [new[key] for key in keys], self._job.batch_size)
            vectors.update((key, vector.tobytes()) for key, vector in zip(keys, features, strict=True))
        return vectors


def batched(keys: Iterable[str], size: int) -> Iterator[tuple[str, ...]]:
    """These keys in groups of `size`, the last of what is left."""
    rest = iter(keys)
    while group := tuple(islice(rest, size)):
        yield group
