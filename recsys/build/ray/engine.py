"""The engine: a job of Ray Data over the rows of a catalogue, begun anew where it was when machines are lost."""

from __future__ import annotations

import logging
import time
import warnings
from collections.abc import Callable, Iterator

import numpy as np
import ray
import ray.data
from ray.exceptions import RayError, RayTaskError

from recsys.build.embed import SHARD_BATCHES, Keeper, Taken, progress
from recsys.build.previous import Baseline
from recsys.build.ray.actor import FAILED, Embedding, EncoderFiles, Job, Row, rows_of
from recsys.build.ray.pool import Pool
from recsys.build.resource_errors import SAYS_MEMORY
from recsys.build.vector_cache import KeySet
from recsys.catalog import Catalog
from recsys.encoder import Encoder
from recsys.errors import EngineError
from recsys.types import Skipped

WAITS = (1, 5, 20)
"""Seconds before a job that gave no further row is begun anew, the second time, the third and the last."""
GOES_ON = "Run the same command: it goes on with the vectors that it has."

logger = logging.getLogger(__name__)


class RayEngine:
    """An `Engine` on the cluster that is connected."""

    def __call__(
        self, catalog: Catalog, encoder: Encoder, keeper: Keeper, known: Baseline | None, batch_size: int
    ) -> Iterator[Taken | Skipped]:
        """See `Engine`. Raises EngineError where the cluster cannot go on, or cannot run the encoder."""
        files = EncoderFiles.of(encoder)

        def job(cores: int) -> Job:
            before = known.keys if known else KeySet.empty()
            return Job(files, catalog.pictures, keeper.store.keys, before, batch_size, cores)

        rows = progress(self._rows(len(catalog), encoder.runtime, job, SHARD_BATCHES * batch_size), len(catalog))
        for item, row in zip(catalog.items(), rows, strict=True):
            if row.reason:
                yield Skipped(item.id, row.reason)
                continue
            if row.vector and row.key not in keeper:
                keeper.add([row.key], np.frombuffer(row.vector, np.float32)[None])
            small = row.thumbnail or (known.thumbnail(row.key) if known else b"")
            yield Taken(item, row.key, small)

    def _rows(self, count: int, runtime: str, job: Callable[[int], Job], chunk: int) -> Iterator[Row]:
        """Each row once, in order."""
        done = tried = 0
        while done < count:
            pool = Pool.of_cluster(runtime)
            try:
                for row in _run(job(pool.cores), pool, range(done, count), chunk):
                    if row.number == FAILED:
                        raise EngineError(f"{row.reason} {GOES_ON}")
                    if row.number == done:
                        done, tried = done + 1, 0
                        yield row
                if done < count:
                    raise EngineError(f"Ray ended after {done:,} of {count:,} products. {GOES_ON}")
            except RayError as error:
                tried += 1
                if isinstance(error, RayTaskError) or tried > len(WAITS):
                    raise _gave_up(error, done, count) from error
                logger.warning("An actor or a machine was lost at product %s of %s; going on.", done, count)
                time.sleep(WAITS[tried - 1])


def _run(job: Job, pool: Pool, rows: range, chunk: int) -> Iterator[Row]:
    """What actors make of these rows, `chunk` of them at a time, in order."""
    context = ray.data.DataContext.get_current()
    context.enable_progress_bars = False
    context.execution_options.preserve_order = True
    logging.getLogger("ray.data").setLevel(logging.CRITICAL)
    warnings.filterwarnings("ignore", message=".*ray_remote_args.*")  # no other way to say how often to start anew
    chunks = [(first, min(first + chunk, rows.stop)) for first in rows[::chunk]]
    found = ray.data.from_items(chunks, override_num_blocks=len(chunks)).map_batches(
        Embedding,
        fn_constructor_args=(ray.put(job),),
        batch_size=None,
        batch_format="numpy",
        **pool.options(),
    )
    for batch in found.iter_batches(batch_size=None, batch_format="numpy"):
        yield from rows_of(batch)


def _gave_up(error: RayError, done: int, count: int) -> EngineError:
    said = str(error)
    reason = (said.strip().splitlines() or [type(error).__name__])[-1].rstrip(".")
    where = f"Ray gave up after {done:,} of {count:,} products: {reason}."
    if SAYS_MEMORY.search(said) or "low on memory" in said:
        return EngineError(f"{where} The memory of its machines ran out: take a smaller --batch-size. {GOES_ON}")
    return EngineError(f"{where} See ray status and its logs. {GOES_ON}")
