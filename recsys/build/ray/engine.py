"""Runs a job of Ray Data over the rows of a catalogue, and restarts it at the next row if machines are lost."""

from __future__ import annotations

import logging
import time
import warnings
from collections.abc import Callable, Iterator

import numpy as np
import ray
import ray.data
from ray.exceptions import RayError, RayTaskError

from recsys.build.embed import SHARD_BATCHES, EmbeddedProduct, VectorWriter, progress
from recsys.build.previous import PreviousIndex
from recsys.build.ray.actor import FAILED, EmbeddingActor, EncoderFiles, Job, Row, from_columns
from recsys.build.ray.pool import ActorPool
from recsys.build.resource_errors import OUT_OF_MEMORY_MESSAGE
from recsys.build.vector_cache import KeySet
from recsys.catalog import Catalog
from recsys.encoder import Encoder
from recsys.errors import EngineError
from recsys.types import Skipped

RESTART_DELAYS_S = (1, 5, 20)
"""The delays before the restarts of a job that yields no further row. After the last one, the engine gives up."""
CONTINUES = "Run the same command: it continues with the vectors that are already computed."

logger = logging.getLogger(__name__)


class RayEngine:
    """An `Engine` on the cluster that is connected."""

    def __call__(
        self, catalog: Catalog, encoder: Encoder, writer: VectorWriter, reusable: PreviousIndex | None, batch_size: int
    ) -> Iterator[EmbeddedProduct | Skipped]:
        """See `Engine`. Raises EngineError if the cluster gives up, or cannot run the encoder."""
        files = EncoderFiles.from_encoder(encoder)

        def job(cores: int) -> Job:
            reusable_keys = reusable.keys if reusable else KeySet.empty()
            return Job(files, catalog.pictures, writer.cache.keys, reusable_keys, batch_size, cores)

        rows = progress(self._rows(len(catalog), encoder.runtime, job, SHARD_BATCHES * batch_size), len(catalog))
        for item, row in zip(catalog.items(), rows, strict=True):
            if row.reason:
                yield Skipped(item.id, row.reason)
                continue
            if row.vector and row.key not in writer:
                writer.add([row.key], np.frombuffer(row.vector, np.float32)[None])
            yield EmbeddedProduct(item, row.key, row.thumbnail)

    def _rows(self, count: int, runtime: str, job: Callable[[int], Job], chunk: int) -> Iterator[Row]:
        """Each row once, in order."""
        done = failures = 0
        while done < count:
            pool = ActorPool.from_cluster(runtime)
            try:
                for row in _run(job(pool.cores), pool, range(done, count), chunk):
                    if row.number == FAILED:
                        raise EngineError(f"{row.reason} {CONTINUES}")
                    if row.number == done:
                        done, failures = done + 1, 0
                        yield row
                if done < count:
                    raise EngineError(f"Ray ended after {done:,} of {count:,} products. {CONTINUES}")
            except RayError as error:
                failures += 1
                if isinstance(error, RayTaskError) or failures > len(RESTART_DELAYS_S):
                    raise _final_error(error, done, count) from error
                logger.warning("An actor or a machine was lost at product %s of %s; continuing.", done, count)
                time.sleep(RESTART_DELAYS_S[failures - 1])


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


def _final_error(error: RayError, done: int, count: int) -> EngineError:
    message = str(error)
    reason = (message.strip().splitlines() or [type(error).__name__])[-1].rstrip(".")
    where = f"Ray gave up after {done:,} of {count:,} products: {reason}."
    if OUT_OF_MEMORY_MESSAGE.search(message) or "low on memory" in message:
        return EngineError(f"{where} The memory of its machines ran out: take a smaller --batch-size. {CONTINUES}")
    return EngineError(f"{where} See ray status and its logs. {CONTINUES}")
