"""Networks compiled for the CPU by OpenVINO.

A compiled network is two files, `compiled.xml` and `compiled.bin`, made from a PyTorch network once. They load in a
tenth of a second without PyTorch and compute in float32. Their weights are stored in float16 if that changes the
features only negligibly. The files record the encoder they were made from, and the features that PyTorch computed for
a known picture. Each time the network loads, its features for that picture are compared with these.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import sys
import tempfile
import threading
import time
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any, Self

import numpy as np

from recsys.core.linalg import unit
from recsys.encoder.heatmap import SCALE
from recsys.encoder.int8 import quantize
from recsys.errors import EncoderError
from recsys.format.encoder_spec import EncoderSpec
from recsys.format.layout import COMPILED
from recsys.runtime.cpus import usable_cores
from recsys.runtime.hashing import file_sha256
from recsys.types import Pixels, Vectors

# If this package is installed, OpenVINO reports each import to its maker.
sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]

import openvino  # noqa: E402

FASTEST_BATCH = 16
"""Fewer pictures take more time each, to pass them on; the activations of more do not fit into the caches of a core."""
MIN_COSINE = 0.9999
"""The minimum cosine of the computed and the recorded features of the known picture."""
FACTS = ["recsys", "facts"]
UNFINISHED = "unfinished-"
MAX_COMPILATION_S = 3600.0
"""An older unfinished folder is that of a compilation that was killed."""


class CompiledNetwork:
    """A network that OpenVINO runs in one stream per core, for several calls or for the parts of one batch.

    A picture on one core takes 0.2 ms longer than on two, but costs a third less processor time.
    """

    runtime = "openvino"
    fastest_batch = FASTEST_BATCH

    def __init__(self, folder: Path, model: Any, facts: dict[str, Any]):
        """`facts` are the metadata of the model; see `convert`."""
        self.files, self.model, self.facts = folder, model, facts
        self.parameters, self.dim = int(facts["parameters"]), len(facts["features"])
        self._lock = threading.Lock()
        compiled = _compiled(model, -1, facts["size"], outputs=1)
        self._idle = SimpleQueue[Any]()
        self.streams = compiled.get_property("NUM_STREAMS")
        for _ in range(self.streams):
            self._idle.put(compiled.create_infer_request())

    @classmethod
    def load(cls, folder: Path, spec: EncoderSpec) -> Self:
        """The compiled network beside an encoder of this spec.

        Raises EncoderError if it cannot be read, belongs to another encoder, or computes other features than recorded.
        """
        try:
            model = openvino.Core().read_model(folder / COMPILED[0])
            facts = json.loads(model.get_rt_info(FACTS).astype(str))
            _check_facts(facts, spec)
            network = cls(folder, model, facts)
            features = network.features(known_picture(facts["size"]))[0]
            cosine = float(np.vecdot(*unit(np.array([features, facts["features"]], np.float32))))
        except (RuntimeError, ValueError, KeyError, TypeError) as error:
            raise EncoderError(f"{COMPILED[0]} of {folder.name} cannot be read. Build the index again.") from error
        if facts["fingerprint"] != spec.fingerprint:
            raise EncoderError(f"{COMPILED[0]} of {folder.name} was made of another encoder. Build the index again.")
        if not cosine >= MIN_COSINE:
            raise EncoderError(
                f"{COMPILED[0]} of {folder.name} gives other features here than on the machine that compiled it: their"
                f" cosine is {cosine:.5f}, but must be at least {MIN_COSINE}."
            )
        return network

    def features(self, pixels: Pixels) -> Vectors:
        with self._requests(len(pixels) // 2) as requests:  # a part of one picture could differ in the last bits
            parts = [np.ascontiguousarray(part) for part in np.array_split(pixels, len(requests))]
            for request, part in zip(requests, parts, strict=True):
                request.start_async([part], share_inputs=True)
            for request in requests:
                request.wait()
            return np.concatenate([request.results[0] for request in requests])

    @contextlib.contextmanager
    def _requests(self, count: int) -> Iterator[list[Any]]:
        """The idle requests, at most `count`; waits for the first of them."""
        requests = [self._idle.get()]
        try:
            with contextlib.suppress(Empty):
                while len(requests) < count:
                    requests.append(self._idle.get_nowait())
            yield requests
        finally:
            for request in requests:
                request.wait()
                self._idle.put(request)

    @property
    def scale(self) -> int:
        return int(self.facts["enlarged"][0] // self.facts["size"][0])

    def regions(self, pixels: Pixels) -> tuple[Vectors, Vectors] | None:
        if len(self.model.outputs) == 1:
            return None
        with self._lock:
            found = self._whole_request.infer([np.ascontiguousarray(pixels)], share_inputs=True)
            return np.array(found[0][0]), np.array(found[1][0])

    def save(self, folder: Path) -> None:
        for name in COMPILED:
            shutil.copyfile(self.files / name, folder / name)

    @cached_property
    def _whole_request(self) -> Any:
        return _compiled(self.model, 1, self.facts["enlarged"], outputs=2).create_infer_request()


def convert(module: Any, example: Any, facts: dict[str, Any], spec: EncoderSpec, folder: Path) -> None:
    """Write the compiled form of a PyTorch module, which maps `example` uint8 [1, h, w, 3] to features and regions.

    `facts` are recorded in the files: size, enlarged, parameters, and the features of `known_picture`. Raises
    EncoderError if OpenVINO cannot compile the module, or if the compiled form computes other features.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # PyTorch's tracing, which OpenVINO uses, is deprecated
            shape = openvino.PartialShape([-1, -1, -1, 3])
            model = openvino.convert_model(module, example_input=example, input=[(shape, openvino.Type.u8)])
    except Exception as error:  # tracing runs the network's own code, which may raise anything
        reason = (str(error).strip().splitlines() or [type(error).__name__])[-1]
        raise EncoderError(f"OpenVINO cannot compile {spec.architecture}: {reason}") from error
    try:
        _write(model, facts, spec, folder, in_half=True)
    except EncoderError:
        _write(model, facts, spec, folder, in_half=False)


def convert_to_int8(network: CompiledNetwork, pixels: Pixels, spec: EncoderSpec, folder: Path) -> EncoderSpec:
    """Write the network in int8, calibrated on pictures uint8 [n, h, w, 3], into the folder, and return its spec.

    Raises EncoderError if that fails.
    """
    model = quantize(network.model, pixels)
    size = network.facts["size"]
    features = _compiled(model, 1, size, outputs=1).create_infer_request().infer([known_picture(size)])[0][0].tolist()
    with tempfile.TemporaryDirectory() as made:
        openvino.save_model(model, Path(made) / COMPILED[0])
        spec = replace(spec, int8=file_sha256(Path(made) / COMPILED[1]))
    _write(model, network.facts | {"features": features}, spec, folder, in_half=True)
    return spec


def _write(model: Any, facts: dict[str, Any], spec: EncoderSpec, folder: Path, in_half: bool) -> None:
    """Write the complete model into the folder, or nothing. Raises EncoderError if it computes other features."""
    model.set_rt_info(json.dumps(facts | {"fingerprint": spec.fingerprint}), FACTS)
    folder.mkdir(parents=True, exist_ok=True)
    _remove_leftovers(folder)
    with tempfile.TemporaryDirectory(dir=folder, prefix=UNFINISHED) as made:
        openvino.save_model(model, Path(made) / COMPILED[0], compress_to_fp16=in_half)
        CompiledNetwork.load(Path(made), spec)
        for name in reversed(COMPILED):
            os.replace(Path(made) / name, folder / name)


def _remove_leftovers(folder: Path) -> None:
    """Remove what compilations that were killed have left in the folder; one of another process may still run."""
    for left in folder.glob(f"{UNFINISHED}*"):
        with contextlib.suppress(OSError):
            if time.time() - left.stat().st_mtime > MAX_COMPILATION_S:
                shutil.rmtree(left)


def _check_facts(facts: dict[str, Any], spec: EncoderSpec) -> None:
    """Raise ValueError for sizes other than the spec's, before memory for them is allocated."""
    size = list(spec.input_size[1:])
    if facts["size"] != size or facts["enlarged"] not in (size, [SCALE * side for side in size]):
        raise ValueError("the sizes are not those of the spec")


def known_picture(size: Sequence[int]) -> Pixels:
    """A picture of noise on which two networks are compared, uint8 [1, h, w, 3]."""
    return np.random.default_rng(0).integers(0, 256, (1, *size, 3), dtype=np.uint8)


def _compiled(model: Any, count: int, size: Sequence[int], outputs: int) -> Any:
    """The first outputs of the model on `count` pictures (-1: any number) of this size, in one stream per core."""
    part = openvino.Model(model.get_results()[:outputs], model.get_parameters()).clone()
    part.reshape([count, *size, 3])
    options = {"INFERENCE_PRECISION_HINT": "f32", "ENABLE_CPU_PINNING": False}
    options |= {"NUM_STREAMS": usable_cores(), "INFERENCE_NUM_THREADS": usable_cores()}
    return openvino.Core().compile_model(part, "CPU", options)
