"""How a cluster is shared out among actors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import ray

from recsys.errors import EngineError

MOST_CORES = 4
"""Cores of an actor on a CPU: more gain little for one network, and fewer load the encoder more often."""


@dataclass(frozen=True)
class Pool:
    """So many actors, each with these cores, and a GPU or none."""

    size: int
    cores: int
    gpus: int

    @classmethod
    def of_cluster(cls, runtime: str) -> Self:
        """All of the machines that are there now, for an encoder that `runtime` computes.

        Raises EngineError where none of them can run an actor.
        """
        machines = [machine["Resources"] for machine in ray.nodes() if machine["Alive"]]
        cpus, gpus = ([int(machine.get(kind, 0)) for machine in machines] for kind in ("CPU", "GPU"))
        if runtime == "torch-cuda":
            usable = [(cpu // gpu, gpu) for cpu, gpu in zip(cpus, gpus, strict=True) if 0 < gpu <= cpu]
            if not usable:
                raise EngineError(f"No machine of the {len(machines)} of the cluster has a GPU, and a core for it.")
            return cls(sum(gpu for _, gpu in usable), min(cores for cores, _ in usable), 1)
        usable_cpus = [cpu for cpu in cpus if cpu]
        if not usable_cpus:
            raise EngineError(
                f"No machine of the {len(machines)} of the cluster has a core for work. Start one with ray start"
                " --address, and run the same command: it goes on with the vectors that it has."
            )
        cores = min(MOST_CORES, *usable_cpus)
        return cls(sum(cpu // cores for cpu in usable_cpus), cores, 0)

    def options(self) -> dict[str, Any]:
        """What Ray Data takes of it. An actor is not started again where it is lost: the job is."""
        return {
            "compute": ray.data.ActorPoolStrategy(min_size=1, max_size=self.size, initial_size=self.size),
            "num_cpus": self.cores,
            "num_gpus": self.gpus,
            "max_restarts": 0,
            "max_task_retries": 0,
        }
