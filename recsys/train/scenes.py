"""Products as they lie or hang somewhere: small or large in the frame, on a textured ground, with a soft shadow."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F

from recsys.train.grounds import ground

HEIGHT = (0.3, 1.0)
"""Of the product, as shares of the frame."""
ROTATION = math.radians(20)
OVER_THE_EDGE = 0.1
SHADOW = 0.55
SHADOW_SHIFT = 0.06
GRADIENT = 0.3


def place(
    pictures: torch.Tensor, products: torch.Tensor, bank: torch.Tensor, generator: torch.Generator
) -> torch.Tensor:
    """Put each product on a ground of `bank`, float [n, 3, height, width] in 0 … 1.

    `pictures` are uint8 [n, 3, height, width], `products` their masks, bool [n, height, width].
    """
    count, _, height, width = pictures.shape
    layers = torch.cat([pictures.float() / 255, products[:, None].float()], 1)
    maps, shrink = _maps(products, generator)
    colour, mask = _sample(layers, maps, shrink).split([3, 1], 1)
    opaque = (F.avg_pool2d(mask, 3, 1, 1) * 1.5 - 0.5).clamp(0, 1)
    below = ground(bank, count, height, width, generator) * (1 - _shadow(mask, generator))
    return (colour * opaque + below * (1 - opaque)) * _gradient(count, height, width, generator)


def _maps(products: torch.Tensor, generator: torch.Generator) -> tuple[torch.Tensor, torch.Tensor]:
    """Maps from the new picture to the old, [n, 2, 3], and by how much each makes the product smaller, [n]."""
    count, height, width = products.shape
    (top, bottom), (left, right) = _bounds(products.any(2)), _bounds(products.any(1))
    middle = torch.stack([left + right, top + bottom], 1) / 2
    half = torch.stack([right - left, bottom - top], 1) / 2
    longer = half.amax(1).clamp(min=0.05)
    size = HEIGHT[0] + (HEIGHT[1] - HEIGHT[0]) * torch.rand(count, generator=generator)
    shrink = longer / size
    room = (1 + OVER_THE_EDGE - half / shrink[:, None]).clamp(min=0)
    spot = (torch.rand(count, 2, generator=generator) * 2 - 1) * room
    angle = (torch.rand(count, generator=generator) * 2 - 1) * ROTATION
    mirror = torch.where(torch.rand(count, generator=generator) < 0.5, 1.0, -1.0)
    cos, sin = torch.cos(angle) * shrink, torch.sin(angle) * shrink
    turn = torch.stack([cos * mirror, -sin * mirror * height / width, sin * width / height, cos], 1).view(count, 2, 2)
    shift = middle - (turn @ spot[:, :, None])[:, :, 0]
    return torch.cat([turn, shift[:, :, None]], 2), shrink


def _bounds(taken: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Where the first and the last true element of each row begins and ends, from -1 to 1."""
    count = taken.shape[1]
    first = taken.float().argmax(1)
    last = count - taken.flip(1).float().argmax(1)
    return 2 * first / count - 1, 2 * last / count - 1


def _sample(layers: torch.Tensor, maps: torch.Tensor, shrink: torch.Tensor) -> torch.Tensor:
    """The layers at the places of `maps`; those that get much smaller are averaged first, lest they flicker."""
    grid = F.affine_grid(maps, list(layers.shape), align_corners=False)
    found = F.grid_sample(layers, grid, align_corners=False)
    small = (shrink > 1.4).nonzero()[:, 0]
    if len(small):
        halved = F.avg_pool2d(layers[small], 2)
        found[small] = F.grid_sample(halved, grid[small], align_corners=False)
    return found


def _shadow(mask: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    """How much darker the ground is beside each product: its mask, moved and blurred."""
    count = len(mask)
    maps = torch.eye(2, 3).repeat(count, 1, 1)
    maps[:, :, 2] = (torch.rand(count, 2, generator=generator) * 2 - 1) * 2 * SHADOW_SHIFT
    moved = F.grid_sample(mask, F.affine_grid(maps, list(mask.shape), align_corners=False), align_corners=False)
    kernel = 2 * int(torch.randint(1, 6, (1,), generator=generator)) + 1
    for _ in range(2):
        moved = F.avg_pool2d(moved, kernel, 1, kernel // 2)
    return moved * SHADOW * torch.rand(count, 1, 1, 1, generator=generator)


def _gradient(count: int, height: int, width: int, generator: torch.Generator) -> torch.Tensor:
    """Light that falls off towards one side, [n, 1, height, width]."""
    slope = (torch.rand(count, 2, generator=generator) * 2 - 1) * GRADIENT
    down, across = torch.linspace(-1, 1, height), torch.linspace(-1, 1, width)
    return 1 + slope[:, :1, None, None] * down[:, None] + slope[:, 1:, None, None] * across
