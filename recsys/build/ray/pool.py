"""Divides the resources of a cluster among actors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import ray

from recsys.errors import EngineError

MAX_CORES_PER_ACTOR = 4
"""More cores speed up one network only a little, and fewer mean that more actors load the encoder."""


@dataclass(frozen=True)
class ActorPool:
    """`size` actors with `cores` cores and `gpus` GPUs (0 or 1) each."""

    size: int
    cores: int
    gpus: int

    @classmethod
    def from_cluster(cls, runtime: str) -> Self:
        """A pool that uses all machines of the connected cluster. `runtime` is that of the encoder.

        Raises EngineError if no machine can run an actor.
        """
        machines = [machine["Resources"] for machine in ray.nodes() if machine["Alive"]]
        cpus, gpus = ([int(machine.get(kind, 0)) for machine in machines] for kind in ("CPU", "GPU"))
        return cls._on_gpus(cpus, gpus) if runtime == "torch-cuda" else cls._on_cpus(cpus)

    @classmethod
    def _on_gpus(cls, cpus: list[int], gpus: list[int]) -> Self:
        usable = [(cpu // gpu, gpu) for cpu, gpu in zip(cpus, gpus, strict=True) if 0 < gpu <= cpu]
        if not usable:
            raise EngineError(
                f"None of the {len(cpus)} machines of the cluster has a GPU, and a core for each of its GPUs. Add"
                " such a machine with ray start --address, or run the same command with --device cpu."
            )
        return cls(sum(gpu for _, gpu in usable), min(cores for cores, _ in usable), 1)

    @classmethod
    def _on_cpus(cls, cpus: list[int]) -> Self:
        usable = [cpu for cpu in cpus if cpu]
        if not usable:
            raise EngineError(
                f"None of the {len(cpus)} machines of the cluster has a core for actors. Start one with ray start"
                " --address, and run the same command: it continues with the vectors that are already computed."
            )
        cores = min(MAX_CORES_PER_ACTOR, *usable)
        return cls(sum(cpu // cores for cpu in usable), cores, 0)

    def options(self) -> dict[str, Any]:
        """The arguments of `map_batches`. Ray restarts no lost actor: `RayEngine` restarts the job instead."""
        return {
            "compute": ray.data.ActorPoolStrategy(min_size=1, max_size=self.size, initial_size=self.size),
            "num_cpus": self.cores,
            "num_gpus": self.gpus,
            "max_restarts": 0,
            "max_task_retries": 0,
        }
