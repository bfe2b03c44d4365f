"""The metadata of a model repository: the YAML of its card, and evaluation results for a benchmark on the Hub."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from huggingface_hub import EvalResult, EvalResultEntry, ModelCardData, eval_result_entries_to_yaml
from huggingface_hub.utils import yaml_dump  # type: ignore[attr-defined]

TASK = "image-feature-extraction"


@dataclass(frozen=True)
class Figure:
    """A measured figure of a model. `kind` is the Hub's name of the metric, `task` the name of a benchmark's task."""

    name: str
    kind: str
    value: float
    task: str


@dataclass(frozen=True)
class ModelFacts:
    """What the metadata of a model says. `dataset` is the Hub id of its training data; None if it has none."""

    name: str
    license: str | None
    base_model: str | None
    dataset: str | None
    figures: Sequence[Figure]


def card_metadata(facts: ModelFacts) -> str:
    """The metadata of a timm model's card as YAML, with the figures as its `model-index`."""
    dataset = facts.dataset or "the training catalogue"
    results = [
        EvalResult(
            task_type=TASK,
            dataset_type=dataset,
            dataset_name=f"held-out products of {dataset}",
            metric_type=figure.kind,
            metric_name=figure.name,
            metric_value=figure.value,
        )
        for figure in facts.figures
    ]
    data = ModelCardData(
        library_name="timm",
        pipeline_tag=TASK,
        license=facts.license,
        base_model=facts.base_model,
        datasets=facts.dataset,
        tags=["timm", TASK, "visual-search", "fashion"],
        model_name=facts.name,
        eval_results=results or None,
    )
    return str(data.to_yaml())


def benchmark_results(benchmark: str, figures: Sequence[Figure]) -> str:
    """The figures as a file of `.eval_results/`. The Hub takes it only if the dataset `benchmark` is a Benchmark."""
    entries = [
        EvalResultEntry(dataset_id=benchmark, task_id=figure.task, value=figure.value, notes=figure.name)
        for figure in figures
    ]
    return str(yaml_dump(eval_result_entries_to_yaml(entries), sort_keys=False))
