"""Creates, describes, runs and saves timm networks on PyTorch."""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.torch import save_file

from recsys.encoder.heatmap import SCALE
from recsys.errors import EncoderError
from recsys.format.encoder_spec import EMBEDDING, SPLIT, VALUES, EncoderSpec, check_transform
from recsys.format.layout import HEADS
from recsys.runtime.hashing import file_sha256
from recsys.types import Pixels, Vectors

TRIM_THRESHOLD = -1
MMAP_THRESHOLD = -3
"""Parameters of glibc's mallopt."""
KEPT_BYTES = 1 << 30

try:
    import torchvision  # noqa: F401
except RuntimeError:
    # A CUDA build of torchvision with a CPU build of torch fails to load because two operators are missing. timm
    # never calls them, so declaring their schemas is enough. The declaration lasts as long as this object.
    _torchvision_operators = torch.library.Library("torchvision", "DEF")
    _torchvision_operators.define("nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    _torchvision_operators.define("qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")

import timm as timm  # noqa: E402

# Have glibc keep the memory that PyTorch frees. Otherwise each batch requests it from the system again.
if sys.platform == "linux" and (mallopt := getattr(ctypes.CDLL(None), "mallopt", None)):
    mallopt(MMAP_THRESHOLD, KEPT_BYTES)
    mallopt(TRIM_THRESHOLD, KEPT_BYTES)


def create(name: str, pretrained: bool = True, **options: Any) -> torch.nn.Module:
    """The network with this timm name. Raises EncoderError with the reason that timm gives."""
    try:
        return timm.create_model(name, pretrained=pretrained, **options)
    except (RuntimeError, AttributeError, KeyError, TypeError, ValueError, OSError, SafetensorError) as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0].rstrip(".")
        where = name.removeprefix("local-dir:")
        what = f"timm cannot build {Path(where).name}: {reason.replace(where, Path(where).name)}"
        raise EncoderError(f"{what}. Check its name, config and weights.") from error


def in_channels_last(network: torch.nn.Module) -> torch.nn.Module:
    """The network in the channels-last memory format, which is faster on CPUs and tensor cores."""
    return network.to(memory_format=torch.channels_last)  # type: ignore[call-overload, no-any-return]


def save_network(
    network: torch.nn.Module,
    folder: Path,
    input_size: tuple[int, int, int],
    heads: Mapping[str, torch.Tensor],
    vocabulary: Mapping[str, Sequence[str]],
    split: str,
) -> None:
    """Write a trained embedding network in timm's format, in float16, and its attribute heads.

    A head is [values, dim]: its product with a unit embedding gives the logits of an attribute's values, in the order
    of `vocabulary`. `split` is the name of the held-out split.
    """
    data = {"input_size": input_size, "crop_pct": 1.0, "crop_mode": "squash", "interpolation": "bicubic"}
    extra = {EMBEDDING: True, SPLIT: split, VALUES: {name: list(values) for name, values in vocabulary.items()}}
    network = network.half().to(memory_format=torch.contiguous_format)  # type: ignore[call-overload]
    timm.models.save_for_hf(network, str(folder), model_config=extra, safe_serialization=True, data_config=data)
    save_file({name: head.half().contiguous() for name, head in heads.items()}, folder / HEADS)


def save_pretrained(network: torch.nn.Module, folder: Path) -> None:
    """Write a network with its classifier and transform in timm's format, in the precision it has."""
    folder.mkdir(parents=True, exist_ok=True)
    timm.models.save_for_hf(network, str(folder), safe_serialization=True)


def describe(network: torch.nn.Module, architecture: str, weights: Path, **parts: Any) -> EncoderSpec:
    """The spec of a network and its transform; `parts` are the fields that do not follow from the network.

    Raises EncoderError for a transform outside the allowed limits, and for a network that gives no vector.
    """
    data = timm.data.resolve_data_config(network.pretrained_cfg)
    try:
        check_transform(data["input_size"], data["mean"], data["std"], data["crop_pct"])
    except (TypeError, ValueError) as error:
        raise EncoderError(f"The config of {architecture} cannot be used: {error}.") from error
    with torch.inference_mode():
        shape = network.eval()(torch.zeros(1, *data["input_size"])).shape
    if len(shape) != 2:
        raise EncoderError(
            f"{architecture} gives a map of {' × '.join(map(str, shape[1:]))} for a picture, and an encoder gives one"
            ' vector. Set "global_pool" to "avg" in its config, or choose another network.'
        )
    data = {name: tuple(value) if isinstance(value, list) else value for name, value in data.items()}
    return EncoderSpec(architecture=architecture, weights=file_sha256(weights), dim=shape[1], **data, **parts)


def find_device(name: str) -> torch.device:
    """The device with this name; auto is a GPU if there is one. Raises EncoderError if there is no such device."""
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    try:
        device = torch.device(name)
        torch.zeros(1, device=device)
    except (RuntimeError, AssertionError) as error:
        raise EncoderError(f"There is no device {name!r} here. Choose auto, cpu, or cuda if there is a GPU.") from error
    return device


class TorchNetwork:
    """A network that PyTorch runs: the reference, and the fallback if the network cannot be compiled."""

    streams = 1
    fastest_batch = sys.maxsize

    def __init__(self, network: torch.nn.Module, spec: EncoderSpec, device: str = "auto"):
        """`network` maps normalized pictures [n, c, h, w] to features. Raises EncoderError as `find_device` does."""
        self.device = find_device(device)
        self.runtime = f"torch-{self.device.type}"
        self.network: Any = network
        self._spec = spec
        self._pixel_network = _PixelNetwork(in_channels_last(network.eval()), spec).to(self.device)

    @property
    def parameters(self) -> int:
        return sum(weights.numel() for weights in self.network.parameters())

    @property
    def scale(self) -> int:
        return 1 if self.network.pretrained_cfg.get("fixed_input_size") else SCALE

    def features(self, pixels: Pixels) -> Vectors:
        with torch.inference_mode(), torch.autocast("cuda", torch.bfloat16, enabled=self.device.type == "cuda"):
            return self._pixel_network(self._on_device(pixels)).float().cpu().numpy()

    @torch.inference_mode()
    def regions(self, pixels: Pixels) -> tuple[Vectors, Vectors] | None:
        if not self._has_map:
            return None
        whole, positions = self._pixel_network.regions(self._on_device(pixels))
        return whole[0].float().cpu().numpy(), positions[0].float().cpu().numpy()

    def save(self, folder: Path) -> None:
        """Write nothing: PyTorch has no form that loads faster than the weights."""

    @property
    def traceable(self) -> torch.nn.Module:
        """Maps pictures uint8 [n, h, w, 3] to features, and to those of the positions if there is a feature map."""
        return _WithRegions(self._pixel_network) if self._has_map else self._pixel_network

    @cached_property
    def _has_map(self) -> bool:
        """Whether the network averages a feature map, [n, features, rows, columns]."""
        with torch.inference_mode():
            features = self.network.forward_features(torch.zeros(1, *self._spec.input_size, device=self.device))
        return features.ndim == 4 and getattr(self.network, "num_features", None) == features.shape[1]

    def _on_device(self, pixels: Pixels) -> torch.Tensor:
        tensor = torch.from_numpy(np.require(pixels, requirements=["C", "W"]))
        if self.device.type == "cuda":
            tensor = tensor.pin_memory()
        return tensor.to(self.device, non_blocking=True)


class _PixelNetwork(torch.nn.Module):
    """A network preceded by the normalization: maps pictures uint8 [n, h, w, 3] to features [n, features]."""

    def __init__(self, network: torch.nn.Module, spec: EncoderSpec):
        super().__init__()
        self.network: Any = network
        self.mean, self.std = (torch.nn.Buffer(torch.tensor(part)[:, None, None]) for part in (spec.mean, spec.std))

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        return self.network(self._normalized(pixels))

    def regions(self, pixels: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Features of pictures [n, features], and of each position of their maps [n, rows, columns, features]."""
        feature_map = self.network.forward_features(self._normalized(pixels))
        count, width, rows, columns = feature_map.shape
        positions = feature_map.permute(0, 2, 3, 1).reshape(-1, width, 1, 1)
        by_position = self.network.forward_head(positions).reshape(count, rows, columns, -1)
        return self.network.forward_head(feature_map), by_position

    def _normalized(self, pixels: torch.Tensor) -> torch.Tensor:
        return (pixels.permute(0, 3, 1, 2).float() / 255 - self.mean) / self.std


class _WithRegions(torch.nn.Module):
    def __init__(self, pictured: _PixelNetwork):
        super().__init__()
        self.pictured = pictured

    def forward(self, pixels: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        return self.pictured.regions(pixels)


def compile_network(network: Any, spec: EncoderSpec, folder: Path) -> None:
    """Write the compiled form of a `TorchNetwork` on the CPU. Raises EncoderError if OpenVINO cannot compile it."""
    from recsys.encoder.openvino_network import convert, known_picture

    size = spec.input_size[1:]
    facts = {
        "size": size,
        "enlarged": [network.scale * side for side in size],
        "parameters": network.parameters,
        "features": network.features(known_picture(size))[0].tolist(),
    }
    convert(network.traceable, torch.from_numpy(known_picture(size)), facts, spec, folder)
