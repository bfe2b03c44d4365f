"""recsys publish-encoder FOLDER REPO: publish a trained encoder as a model repository that timm opens."""

from __future__ import annotations

import argparse
import math
import os
import shutil
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from safetensors import safe_open

from recsys import hub
from recsys.encoder.config import EncoderConfig, existing
from recsys.encoder.torch_network import timm
from recsys.errors import EncoderError, RecsysError
from recsys.evaluate.markdown import table
from recsys.evaluate.search_task import PRECISION_K
from recsys.format.encoder_spec import is_repo_id
from recsys.format.layout import CARD, CONFIG, ENCODER, HEADS, MANIFEST, NOTICE, TOWER, TOWER_WEIGHTS, WEIGHTS
from recsys.format.weights_origin import WeightsOrigin
from recsys.hub import Commit, Figure, ModelFacts
from recsys.runtime.hashing import read_json
from recsys.train.comparison import NEW
from recsys.train.loop import REPORT
from recsys.train.options import add_origin_options, origin_from

TEMPLATE = Path(__file__).with_name("card.md")
"""A format string; its fields are filled in `render_card`."""
RESULTS = Path(".eval_results") / "search.yaml"


def main(arguments: Sequence[str] | None = None) -> int:
    """Publish the encoder that the command line names. Returns the exit status."""
    parser = argparse.ArgumentParser(
        prog="recsys publish-encoder",
        description="Publish a trained encoder as a model repository that timm opens. First run `hf auth login`.",
    )
    parser.add_argument("folder", type=Path, help="encoder folder of `recsys train`, or index folder")
    parser.add_argument("repo", metavar="OWNER/NAME", help="model repository; it is created if it does not exist")
    parser.add_argument("--private", action="store_true", help="create that repository as private")
    parser.add_argument("--dataset", help="Hub id of the training data (default: that of the training report)")
    parser.add_argument("--base-model", help="Hub id of the model that training started from (default: as `--dataset`)")
    benchmark = "also write the figures to .eval_results, which the Hub takes for a dataset that is a Benchmark"
    parser.add_argument("--benchmark", metavar="DATASET", help=benchmark)
    add_origin_options(parser)
    options = vars(parser.parse_args(arguments))
    own = {name: options[name] for name in ("private", "dataset", "base_model", "benchmark")}
    try:
        commit = publish(options["folder"], options["repo"], origin_from(options), **own)
    except RecsysError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    print(f"Published: {commit.url}")
    return 0


def publish(
    source: Path,
    repo: str,
    origin: WeightsOrigin = WeightsOrigin(),  # noqa: B008
    *,
    private: bool = False,
    dataset: str | None = None,
    base_model: str | None = None,
    benchmark: str | None = None,
) -> Commit:
    """Make a model repository equal to the encoder in a folder, with a card. `origin` is stated in its config.

    `dataset` and `base_model` are Hub ids for the card, by default those of the training report. `benchmark` is a
    dataset for `.eval_results`. Raises EncoderError for a folder without a trained encoder, and HubError as `hub.push`.
    """
    folder = source / ENCODER if (source / MANIFEST).is_file() else source
    config = EncoderConfig.read(folder)
    if not config.trained:
        raise EncoderError(f"{source} is not a trained encoder. Give a folder of `recsys train`, or an index folder.")
    token = os.environ.get("HF_TOKEN") or None
    with tempfile.TemporaryDirectory() as temporary:
        made = Path(temporary)
        for name in (CONFIG, WEIGHTS, HEADS):
            shutil.copyfile(existing(folder / name, f"The folder {source.name}"), made / name)
        for name in filter(lambda name: (folder / name).is_file(), (TOWER, TOWER_WEIGHTS)):
            shutil.copyfile(folder / name, made / name)
        origin.write(made)
        if notice := EncoderConfig.read(made).origin.notice():
            (made / NOTICE).write_text(notice, "utf-8")
        facts = facts_of(made, repo, _report(folder), dataset, base_model)
        (made / CARD).write_text(render_card(made, repo, facts), "utf-8")
        if benchmark:
            (made / RESULTS).parent.mkdir()
            (made / RESULTS).write_text(hub.benchmark_results(benchmark, facts.figures), "utf-8")
        return hub.push(made, repo, repo_type="model", private=private, token=token, message="Update the encoder")


def facts_of(
    folder: Path, repo: str, report: Mapping[str, Any], dataset: str | None, base_model: str | None
) -> ModelFacts:
    """The facts of an encoder for its card: its licence, its start, its training data and the figures of its report."""
    dataset = dataset or next(filter(is_repo_id, report.get("datasets", ())), None)
    base_model = base_model or _base_model(report.get("recipe", {}).get("start_from") or "")
    licence = EncoderConfig.read(folder).origin.license
    return ModelFacts(repo.split("/")[-1], licence, base_model, dataset, _figures(report))


def render_card(folder: Path, repo: str, facts: ModelFacts) -> str:
    """The model card of an encoder folder: metadata for the Hub, how to use the encoder, its origin and its figures."""
    config, said = EncoderConfig.read(folder), read_json(folder / CONFIG)
    _, height, width = said["pretrained_cfg"]["input_size"]
    notice = config.origin.notice()
    attributes = ", ".join(config.values)
    return TEMPLATE.read_text("utf-8").format(
        metadata=hub.card_metadata(facts).strip(),
        name=facts.name,
        repo=repo,
        architecture=config.architecture,
        width=width,
        height=height,
        dim=said["num_classes"],
        parameters=_parameters(folder / WEIGHTS),
        heads=f"Its classifiers of {attributes} are in `{HEADS}`." if attributes else "",
        origin=f"## Origin\n\n{notice}\n" if notice else "",
        figures=_figure_table(facts.figures),
    )


def _report(folder: Path) -> Mapping[str, Any]:
    """The report of the training run that wrote this folder; empty if the folder has none."""
    return read_json(folder / REPORT) if (folder / REPORT).is_file() else {}  # type: ignore[no-any-return]


def _base_model(start: str) -> str | None:
    if Path(start).exists():
        return None
    if is_repo_id(start):
        return start
    cfg = timm.models.get_pretrained_cfg(start) if timm.models.is_model_pretrained(start) else None
    return cfg.hf_hub_id if cfg else None


def _figures(report: Mapping[str, Any]) -> list[Figure]:
    """P@5 by each label, and the accuracy of each attribute's head, on held-out products."""
    found = [
        Figure(f"P@{PRECISION_K} by {label}", "precision", scores[NEW], f"search by {label}")
        for label, scores in report.get("comparison", {}).items()
    ]
    return found + [
        Figure(f"accuracy of the {name} head", "accuracy", scores["accuracy"], f"classification of {name}")
        for name, scores in report.get("held_out", {}).items()
    ]


def _figure_table(figures: Sequence[Figure]) -> str:
    if not figures:
        return "The folder of the encoder has no report of its training."
    measured = "Measured on products that were held out of training.\n\n"
    return measured + table([{"figure": figure.name, "value": f"{figure.value:.3f}"} for figure in figures])


def _parameters(weights: Path) -> int:
    with safe_open(weights, "numpy") as file:
        return sum(math.prod(file.get_slice(name).get_shape()) for name in file.keys())  # noqa: SIM118
