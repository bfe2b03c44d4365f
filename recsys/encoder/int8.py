"""Quantizes networks to int8 by NNCF, an optional dependency."""

from __future__ import annotations

import logging
from typing import Any

from recsys.errors import EncoderError
from recsys.types import Pixels

NNCF = "nncf==3.4.0"
FLOAT_CONVOLUTIONS = 6
"""The first convolutions stay in float32. They are a small part of the work, and in int8 they lose the most."""
RECIPE = f"7-bit weights, {FLOAT_CONVOLUTIONS} convolutions in float32"
"""Names the way of quantizing, so that a cached form that was made in another way is not used."""


def quantize(model: Any, pixels: Pixels) -> Any:
    """The OpenVINO model with int8 weights and activations, whose ranges are calibrated on pictures uint8 [n, h, w, 3].

    Post-training quantization (Jacob et al. 2018, "Quantization and training of neural networks for efficient
    integer-arithmetic-only inference"). The weights use 7 bits, because CPUs without VNNI instructions add products of
    8-bit weights in 16 bits, where they overflow. Raises EncoderError if NNCF is not installed.
    """
    try:
        import nncf
        from nncf.quantization.advanced_parameters import AdvancedQuantizationParameters, OverflowFix
    except ImportError as error:
        raise EncoderError(f"An int8 encoder requires NNCF. Install it with: pip install {NNCF}") from error
    logging.getLogger("nncf").setLevel(logging.ERROR)  # nncf.set_log_level changes the handlers of all loggers
    return nncf.quantize(
        model,
        nncf.Dataset(list(pixels[:, None])),
        subset_size=len(pixels),
        ignored_scope=nncf.IgnoredScope(names=_first_convolutions(model)),
        advanced_parameters=AdvancedQuantizationParameters(overflow_fix=OverflowFix.ENABLE),
    )


def _first_convolutions(model: Any) -> list[str]:
    operations = [operation for operation in model.get_ordered_ops() if "Convolution" in operation.get_type_name()]
    return [operation.get_friendly_name() for operation in operations[:FLOAT_CONVOLUTIONS]]
