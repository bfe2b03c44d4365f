"""Resizes and crops pictures for a network, without torch or timm."""

from __future__ import annotations

import math

import numpy as np
from PIL import Image

from recsys.errors import EncoderError
from recsys.format.encoder_spec import EncoderSpec
from recsys.types import Pixels

CROP_MODES = ("center", "squash", "border")
FILTERS = {resampling.name.lower(): resampling for resampling in Image.Resampling}
MAX_STRIP_RATIO = 4


class Transform:
    """timm's evaluation transform without the normalization, equal bit for bit (timm 1.0.31, `create_transform`)."""

    def __init__(self, spec: EncoderSpec, scale: int = 1):
        """`scale` multiplies the input size of the spec. Raises EncoderError for a transform that is not supported."""
        if spec.crop_mode not in CROP_MODES or spec.interpolation not in FILTERS or not spec.crop_pct > 0:
            raise EncoderError(
                f"The config of {spec.architecture} has crop_mode {spec.crop_mode}, crop_pct {spec.crop_pct} and"
                f" interpolation {spec.interpolation}, which is not supported. Supported are a crop_mode of"
                f" {', '.join(CROP_MODES)}, a crop_pct above 0 and an interpolation of {', '.join(FILTERS)}."
            )
        height, width = (side * scale for side in spec.input_size[1:])
        self.size = width, height
        self._crop_mode, self._filter = spec.crop_mode, FILTERS[spec.interpolation]
        self._resized = math.floor(width / spec.crop_pct), math.floor(height / spec.crop_pct)
        self._ground = tuple(round(255 * mean) for mean in spec.mean) if spec.crop_mode == "border" else (0, 0, 0)

    def __call__(self, image: Image.Image) -> Pixels:
        """The pixels of an RGB picture as the network's input, uint8 [h, w, 3]."""
        if self._crop_mode == "center":
            image = self._middle(image)
        image = image.resize(self._resized_size(image.size), self._filter)
        if image.size != self.size:
            canvas = Image.new("RGB", self.size, self._ground)
            canvas.paste(image, (_start(image.width, canvas.width), _start(image.height, canvas.height)))
            image = canvas
        return np.asarray(image)

    def _middle(self, image: Image.Image) -> Image.Image:
        """The middle of a long strip, which contains the centre crop.

        Without this step, resizing a strip of 65,000 × 1 px would take gigabytes.
        """
        ratios = [side / resized for side, resized in zip(image.size, self._resized, strict=True)]
        longest = [round(MAX_STRIP_RATIO * min(ratios) * resized) for resized in self._resized]
        left, top = (max(0, side - most) // 2 for side, most in zip(image.size, longest, strict=True))
        if not left and not top:
            return image
        return image.crop((left, top, image.width - left, image.height - top))

    def _resized_size(self, size: tuple[int, int]) -> tuple[int, int]:
        """The size to which a picture of this size is resized, before the crop or the border."""
        width, height = self._resized
        if self._crop_mode == "squash":
            return width, height
        if self._crop_mode == "center" and width == height:
            return width * size[0] // min(size), height * size[1] // min(size)
        fit = max if self._crop_mode == "border" else min
        ratio = fit(size[0] / width, size[1] / height)
        return max(1, round(size[0] / ratio)), max(1, round(size[1] / ratio))


def _start(side: int, target: int) -> int:
    """The offset of a side that is centred in a target; negative if the side is longer than the target."""
    return (target - side) // 2 if side < target else -round((side - target) / 2)
