"""Quantizes networks to int8 by NNCF, an optional dependency."""

from __future__ import annotations

import logging
from typing import Any

from recsys.errors import EncoderError
from recsys.types import Pixels

NNCF = "nncf==3.4.0"


def quantize(model: Any, pixels: Pixels) -> Any:
    """The OpenVINO model with int8 weights and activations, whose ranges are calibrated on pictures uint8 [n, h, w, 3].

    Post-training quantization (Jacob et al. 2018, "Quantization and training of neural networks for efficient
    integer-arithmetic-only inference"). Raises EncoderError if NNCF is not installed.
    """
    try:
        import nncf
    except ImportError as error:
        raise EncoderError(f"An int8 encoder requires NNCF. Install it with: pip install {NNCF}") from error
    nncf.set_log_level(logging.ERROR)
    return nncf.quantize(model, nncf.Dataset(list(pixels[:, None])), subset_size=len(pixels))
