"""Shop pictures made into the pictures that visitors take: moved, turned, relit, blurred and put on clutter.

Everything works on a whole batch and draws from one generator, so that a step can be repeated exactly.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F

ROTATION = math.radians(20)
SCALE = (0.75, 1.2)
ASPECT = 0.15
SHIFT = 0.12
LIGHT = (0.6, 1.3)
TINT = 0.06
SATURATION = (0.7, 1.3)
CONTRAST = (0.75, 1.25)
NOISE = 0.04
BLUR_SHARE = 0.3


def augment(pictures: torch.Tensor, products: torch.Tensor, clutter: float, generator: torch.Generator) -> torch.Tensor:
    """Pictures as a visitor would take them, float [n, 3, s, s] in 0 … 1.

    `pictures` are uint8 [n, 3, s, s], `products` their masks, bool [n, s, s]. `clutter` is the share that is put on
    another ground than white.
    """
    count, _, side, _ = pictures.shape
    colour = pictures.float() / 255
    layers = torch.cat([colour, products[:, None].float(), torch.ones(count, 1, side, side)], 1)
    grid = F.affine_grid(_affine(count, generator), [count, 5, side, side], align_corners=False)
    colour, product, inside = F.grid_sample(layers, grid, align_corners=False).split([3, 1, 1], 1)
    on_white = colour + (1 - inside)
    product = F.avg_pool2d(product, 3, 1, 1)
    on_clutter = colour * product + _clutter(pictures, generator) * (1 - product)
    cluttered = torch.rand(count, 1, 1, 1, generator=generator) < clutter
    return _photograph(torch.where(cluttered, on_clutter, on_white), generator)


def _uniform(count: int, low: float, high: float, generator: torch.Generator, width: int = 1) -> torch.Tensor:
    return low + (high - low) * torch.rand(count, width, generator=generator)


def _affine(count: int, generator: torch.Generator) -> torch.Tensor:
    """Random maps from the new picture to the old: turned, scaled, stretched, shifted, mirrored. [n, 2, 3]."""
    angle = _uniform(count, -ROTATION, ROTATION, generator)[:, 0]
    zoom = 1 / _uniform(count, *SCALE, generator)[:, 0]
    stretch = 1 + _uniform(count, -ASPECT, ASPECT, generator)[:, 0]
    mirror = torch.where(torch.rand(count, generator=generator) < 0.5, 1.0, -1.0)
    cos, sin = torch.cos(angle) * zoom, torch.sin(angle) * zoom
    shift = _uniform(count, -SHIFT, SHIFT, generator, 2)
    rows = [torch.stack([cos * mirror * stretch, -sin * stretch, shift[:, 0]], 1)]
    rows.append(torch.stack([sin * mirror / stretch, cos / stretch, shift[:, 1]], 1))
    return torch.stack(rows, 1)


def _clutter(pictures: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    """Grounds: soft random colours of a random coarseness, half of them with another picture of the batch enlarged."""
    count, _, side, _ = pictures.shape
    cells = int(torch.randint(2, 13, (1,), generator=generator))
    soft = F.interpolate(torch.rand(count, 3, cells, cells, generator=generator), (side, side), mode="bilinear")
    grain = 0.15 * torch.rand(count, 3, side, side, generator=generator)
    other = pictures[torch.randperm(count, generator=generator)].float() / 255
    zoomed = F.interpolate(other[:, :, side // 4 : -side // 4, side // 4 : -side // 4], (side, side))
    mixed = torch.where(torch.rand(count, 1, 1, 1, generator=generator) < 0.5, soft, 0.5 * soft + 0.5 * zoomed)
    return (mixed + grain).clamp(0, 1)


def _photograph(pictures: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    """Other light, white balance, saturation and contrast; some blur; noise."""
    count, _, side, _ = pictures.shape
    light = _uniform(count, *LIGHT, generator) * (1 + _uniform(count, -TINT, TINT, generator, 3))
    pictures = pictures * light[:, :, None, None]
    grey = pictures.mean(1, keepdim=True)
    pictures = grey + (pictures - grey) * _uniform(count, *SATURATION, generator)[:, :, None, None]
    middle = pictures.mean((1, 2, 3), keepdim=True)
    pictures = middle + (pictures - middle) * _uniform(count, *CONTRAST, generator)[:, :, None, None]
    small = int(torch.randint(side // 3, side, (1,), generator=generator))
    blurred = F.interpolate(F.interpolate(pictures, (small, small), mode="area"), (side, side), mode="bilinear")
    pictures = torch.where(torch.rand(count, 1, 1, 1, generator=generator) < BLUR_SHARE, blurred, pictures)
    noise = torch.randn(pictures.shape, generator=generator) * _uniform(count, 0, NOISE, generator)[:, :, None, None]
    return (pictures + noise).clamp(0, 1)
