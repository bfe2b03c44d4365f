"""Networks of timm: made, described, saved. Timm is imported here alone."""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import save_file

from recsys.digest import file_sha256
from recsys.errors import EncoderError
from recsys.recipe import HEADS, TRANSFORM, VALUES, EncoderRecipe

EMBEDDING, SPLIT = "embedding", "split"


def _import_timm() -> tuple[ModuleType, torch.library.Library | None]:
    """timm, and what keeps it importable where torchvision's compiled part does not load.

    A CUDA build of torchvision beside a CPU torch fails for want of two operators, which timm never calls: declaring
    their schemas is enough, for as long as the library object lives.
    """
    library = None
    try:
        importlib.import_module("torchvision")
    except RuntimeError:
        library = torch.library.Library("torchvision", "DEF")
        library.define("nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
        library.define("qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    return importlib.import_module("timm"), library


timm, _torchvision_operators = _import_timm()


def create(name: str, pretrained: bool = True, **options: Any) -> torch.nn.Module:
    """A network by timm's name of it. Raises EncoderError with timm's reason."""
    try:
        return timm.create_model(name, pretrained=pretrained, **options)
    except (RuntimeError, AttributeError, KeyError, TypeError, ValueError, OSError, SafetensorError) as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0].rstrip(".")
        where = name.removeprefix("local-dir:")
        what = f"timm cannot build {Path(where).name}: {reason.replace(where, Path(where).name)}"
        raise EncoderError(f"{what}. Check its name, config and weights.") from error


def in_channels_last(network: torch.nn.Module) -> torch.nn.Module:
    """The network with its weights laid out as convolutions on the CPU and on tensor cores like them."""
    return network.to(memory_format=torch.channels_last)  # type: ignore[call-overload, no-any-return]


def save_network(
    network: torch.nn.Module,
    folder: Path,
    input_size: tuple[int, int, int],
    heads: Mapping[str, torch.Tensor],
    vocabulary: Mapping[str, Sequence[str]],
    split: str,
) -> None:
    """Write a trained embedding network in timm's format, in float16; its attribute heads lie beside it.

    A head is [values, dim]: its product with a unit embedding gives the logits of an attribute's values, which the
    config lists in that order. `split` names what the training never saw.
    """
    data = {"input_size": input_size, "crop_pct": 1.0, "crop_mode": "squash", "interpolation": "bicubic"}
    extra = {EMBEDDING: True, SPLIT: split, VALUES: {name: list(values) for name, values in vocabulary.items()}}
    network = network.half().to(memory_format=torch.contiguous_format)  # type: ignore[call-overload]
    timm.models.save_for_hf(network, str(folder), model_config=extra, safe_serialization=True, data_config=data)
    save_file({name: head.half().contiguous() for name, head in heads.items()}, folder / HEADS)


def describe(network: torch.nn.Module, architecture: str, weights: Path, **parts: Any) -> EncoderRecipe:
    """The recipe of a network with its own transform; `parts` are the fields that the network does not tell."""
    data = timm.data.resolve_data_config(network.pretrained_cfg)
    with torch.inference_mode():
        dim = network.eval()(torch.zeros(1, *data["input_size"])).shape[1]
    data = {name: tuple(value) if isinstance(value, list) else value for name, value in data.items()}
    return EncoderRecipe(architecture=architecture, weights=file_sha256(weights), dim=dim, **data, **parts)


def transform_of(recipe: EncoderRecipe) -> Any:
    """The transform from a picture to a normalised tensor [c, h, w]."""
    return timm.data.create_transform(**{name: getattr(recipe, name) for name in TRANSFORM}, is_training=False)


def find_device(name: str) -> torch.device:
    """The device of this name; auto is a GPU where there is one. Raises EncoderError."""
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    try:
        device = torch.device(name)
        torch.zeros(1, device=device)
    except (RuntimeError, AssertionError) as error:
        raise EncoderError(
            f"There is no device {name!r} here. Take auto, cpu, or cuda where there is a GPU."
        ) from error
    return device
