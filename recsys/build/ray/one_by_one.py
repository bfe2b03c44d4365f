"""Embeds pictures one by one, to find one that ends the process that decodes it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import ray
from ray.exceptions import RayActorError

from recsys.build.ray.actor import EmbeddingActor, Job, Row, from_columns
from recsys.build.ray.failures import is_out_of_memory
from recsys.build.ray.pool import ActorPool

ATTEMPTS = 2
"""The number of actors that must end at a picture before it is left out: one alone may have been on a lost machine."""
ENDED = (
    f"The process that decoded this picture ended unexpectedly, {ATTEMPTS} times. Save it again with another program,"
    " or give another picture."
)


def embed_one_by_one(job: Job, pool: ActorPool, numbers: range) -> Iterator[Row]:
    """The rows, in order. A picture that ends `ATTEMPTS` actors is left out; its row says so."""
    worker = _Worker(job, pool)
    for number in numbers:
        yield worker.row(number)


class _Alone(EmbeddingActor):
    """An actor outside of a job of Ray Data. Ray replaces a reference by its value, unless it is in a list."""

    def __init__(self, job: list[ray.ObjectRef]):
        super().__init__(job[0])


class _Worker:
    """An actor that is replaced when it ends."""

    def __init__(self, job: Job, pool: ActorPool):
        self._job = ray.put(job)
        self._actor: Any = None
        options = {"num_cpus": pool.cores, "num_gpus": pool.gpus, "max_restarts": 0, "max_task_retries": 0}
        self._new: Any = ray.remote(_Alone).options(**options)

    def row(self, number: int) -> Row:
        batch = {"item": np.array([[number, number + 1]])}
        for _ in range(ATTEMPTS):
            self._actor = self._actor or self._new.remote([self._job])
            try:
                (row,) = from_columns(ray.get(self._actor.__call__.remote(batch)))
                return row
            except RayActorError as error:
                self._actor = None
                if is_out_of_memory(error):
                    raise
        return Row(number, reason=ENDED)
