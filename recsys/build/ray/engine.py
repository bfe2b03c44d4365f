"""Runs a job of Ray Data over the rows of a catalogue, and restarts it at the next row if machines are lost."""

from __future__ import annotations

import logging
import time
import warnings
from collections.abc import Callable, Iterator

import numpy as np
import ray
import ray.data
from ray.exceptions import RayError

from recsys.build.embed import SHARD_BATCHES, EmbeddedProduct, VectorWriter, progress
from recsys.build.previous import PreviousIndex
from recsys.build.ray.actor import FAILED, OUT_OF_MEMORY, EmbeddingActor, EncoderFiles, Job, Row, from_columns
from recsys.build.ray.failures import CONTINUES, explain, is_final, is_out_of_memory
from recsys.build.ray.one_by_one import embed_one_by_one
from recsys.build.ray.pool import ActorPool
from recsys.build.vector_cache import KeySet
from recsys.catalog import Catalog
from recsys.encoder import Encoder
from recsys.errors import EngineError
from recsys.types import Skipped

RESTART_DELAYS_S = (1, 5, 20)
"""The delays before the restarts of a job that yields no further row. After the last one, the engine gives up."""
FAILURES_BEFORE_ONE_BY_ONE = 2
"""A picture that ends its process does so in every restart, and a lost machine in one."""

logger = logging.getLogger(__name__)


class RayEngine:
    """An `Engine` on the cluster that is connected."""

    def __call__(
        self, catalog: Catalog, encoder: Encoder, writer: VectorWriter, reusable: PreviousIndex | None, batch_size: int
    ) -> Iterator[EmbeddedProduct | Skipped]:
        """See `Engine`. Raises EngineError if the cluster gives up, or cannot run the encoder."""
        files = EncoderFiles.from_encoder(encoder)

        def job(cores: int, size: int) -> Job:
            reusable_keys = reusable.keys if reusable else KeySet.empty()
            return Job(files, catalog.pictures, writer.cache.keys, reusable_keys, size, cores)

        rows = progress(self._rows(len(catalog), encoder.runtime, job, batch_size), len(catalog))
        for item, row in zip(catalog.items(), rows, strict=True):
            if row.reason:
                yield Skipped(item.id, row.reason)
                continue
            if row.vector and row.key not in writer:
                writer.add([row.key], np.frombuffer(row.vector, np.float32)[None])
            yield EmbeddedProduct(item, row.key, row.thumbnail)

    def _rows(self, count: int, runtime: str, job: Callable[[int, int], Job], batch_size: int) -> Iterator[Row]:
        """Each row once, in order."""
        done = failures = 0
        chunk = SHARD_BATCHES * batch_size
        while done < count:
            pool, before = ActorPool.from_cluster(runtime), done
            try:
                for row in _attempt(job(pool.cores, batch_size), pool, range(done, count), chunk, failures):
                    _check(row)
                    if row.number == done:
                        done, failures = done + 1, 0
                        yield row
                if done == before:
                    raise EngineError(f"Ray ended after {done:,} of {count:,} products. {CONTINUES}")
            except (RayError, MemoryError) as error:
                if is_out_of_memory(error) and batch_size > 1:
                    batch_size //= 2
                    logger.warning(
                        "The memory of a machine ran out at product %s; continuing with batches of %s pictures.",
                        done,
                        batch_size,
                    )
                    continue
                failures += 1
                if is_final(error) or failures > len(RESTART_DELAYS_S):
                    raise explain(error, done, count) from error
                logger.warning("An actor or a machine was lost at product %s of %s; continuing.", done, count)
                time.sleep(RESTART_DELAYS_S[failures - 1])


def _check(row: Row) -> None:
    """Raises EngineError or MemoryError if this is no row but says why a machine failed."""
    if row.number == FAILED:
        raise EngineError(f"{row.reason} {CONTINUES}")
    if row.number == OUT_OF_MEMORY:
        raise MemoryError(row.reason)


def _attempt(job: Job, pool: ActorPool, rows: range, chunk: int, failures: int) -> Iterator[Row]:
    """The results for these rows. After repeated failures at the first row: for `chunk` rows, one by one."""
    if failures < FAILURES_BEFORE_ONE_BY_ONE:
        return _run(job, pool, rows, chunk)
    logger.warning(
        "Reading %s products from %s on one by one, to find a picture that ends its process.", chunk, rows.start
    )
    return embed_one_by_one(job, pool, rows[:chunk])


def _run(job: Job, pool: ActorPool, rows: range, chunk: int) -> Iterator[Row]:
    """The results of the actors for these rows, in order. An actor is given `chunk` rows at a time."""
    context = ray.data.DataContext.get_current()
    context.enable_progress_bars = False
    context.execution_options.preserve_order = True
    logging.getLogger("ray.data").setLevel(logging.CRITICAL)
    warnings.filterwarnings("ignore", message=".*ray_remote_args.*")  # Ray has no other parameter for restarts
    chunks = [(first, min(first + chunk, rows.stop)) for first in rows[::chunk]]
    found = ray.data.from_items(chunks, override_num_blocks=len(chunks)).map_batches(
        EmbeddingActor,
        fn_constructor_args=(ray.put(job),),
        batch_size=None,
        batch_format="numpy",
        **pool.options(),
    )
    for batch in found.iter_batches(batch_size=None, batch_format="numpy"):
        yield from from_columns(batch)
