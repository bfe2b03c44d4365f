"""Compiles the network of an encoder once, and loads the compiled form. Imports OpenVINO and PyTorch when needed."""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path
from typing import Any

from recsys import hub
from recsys.encoder.config import EncoderConfig
from recsys.encoder.int8 import RECIPE
from recsys.encoder.parts import EncoderParts
from recsys.errors import EncoderError
from recsys.format.encoder_spec import EncoderSpec
from recsys.format.layout import COMPILED, CONFIG
from recsys.runtime.hashing import file_sha256, sha256
from recsys.types import Pixels

GPU = Path("/dev/nvidiactl")

logger = logging.getLogger(__name__)


def runs_on_cpu(device: str) -> bool:
    """Whether an encoder on this device (auto, cpu, cuda …) runs on the CPU."""
    return device == "cpu" or (device == "auto" and not GPU.exists())


def load_compiled(folder: Path, spec: EncoderSpec) -> EncoderParts | None:
    """The compiled encoder in a folder, without its projection. None, and a logged warning, if it cannot be used."""
    if not _is_compiled(folder):
        return None
    try:
        from recsys.encoder.openvino_network import CompiledNetwork

        network = CompiledNetwork.load(folder, spec)
    except (EncoderError, ImportError) as error:
        _log_fallback(error)
        return None
    config = EncoderConfig.read(folder) if (folder / CONFIG).is_file() else None
    return EncoderParts(network, replace(spec, dim=network.dim, projection=None), config)


def without_int8(spec: EncoderSpec, folder: Path) -> EncoderSpec:
    """The spec of the same encoder in float32, for where its int8 form in the folder cannot be used; this is logged."""
    if not (spec.int8 and _is_compiled(folder)):
        return spec
    logger.warning("The int8 network is not used here. Vectors in float32 differ slightly from those of the index.")
    return replace(spec, int8=None)


def compiled(parts: EncoderParts) -> EncoderParts:
    """The same encoder with its network compiled for the CPU. The compiled form is kept in the cache.

    Returns `parts` if they are compiled already or run on a GPU, and also if compiling fails, which is logged.
    """
    if parts.network.runtime != "torch-cpu":
        return parts
    try:
        from recsys.encoder.openvino_network import CompiledNetwork
        from recsys.encoder.torch_network import compile_network

        folder = hub.cache_folder("compiled") / parts.spec.fingerprint
        if not _is_compiled(folder):
            compile_network(parts.network, parts.spec, folder)
        return parts._replace(network=CompiledNetwork.load(folder, parts.spec))
    except (EncoderError, ImportError, OSError) as error:
        _log_fallback(error)
        return parts


def compiled_to_int8(parts: EncoderParts, pixels: Pixels) -> EncoderParts:
    """A compiled encoder with its network in int8, calibrated on pictures uint8 [n, h, w, 3].

    Raises EncoderError if the encoder is not compiled, or NNCF is not installed.
    """
    if parts.network.runtime != "openvino":
        raise EncoderError("Only a compiled encoder converts to int8, and this one did not compile; the log says why.")
    from recsys.encoder.openvino_network import CompiledNetwork, convert_to_int8

    network: Any = parts.network
    folder = (
        hub.cache_folder("compiled") / f"{parts.spec.fingerprint}-{sha256(RECIPE.encode() + pixels.tobytes())[:16]}"
    )
    if _is_compiled(folder):
        spec = replace(parts.spec, int8=file_sha256(folder / COMPILED[1]))
    else:
        spec = convert_to_int8(network, pixels, parts.spec, folder)
    return parts._replace(network=CompiledNetwork.load(folder, spec), spec=spec)


def _is_compiled(folder: Path) -> bool:
    return all((folder / name).is_file() for name in COMPILED)


def _log_fallback(error: Exception) -> None:
    logger.warning("PyTorch runs the encoder, which is slower: %s", error)
