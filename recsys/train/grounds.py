"""Grounds that things are photographed on: textures drawn by a generator, and photographed ones where they are at hand.

scikit-image carries pictures of brick, grass and gravel. It is no requirement: without it the drawn textures serve.
"""

from __future__ import annotations

import io
import math
from collections.abc import Iterator
from functools import cache

import torch
import torch.nn.functional as F
from PIL import Image

from recsys.types import Item, Product

SIDE = 192
EACH = 24
PHOTOGRAPHED = ("brick", "grass", "gravel")
COLOURS = torch.tensor(
    [
        [0.72, 0.53, 0.36],
        [0.48, 0.32, 0.20],
        [0.35, 0.24, 0.17],
        [0.85, 0.76, 0.62],
        [0.36, 0.45, 0.20],
        [0.50, 0.50, 0.49],
        [0.72, 0.71, 0.68],
        [0.88, 0.87, 0.85],
        [0.25, 0.26, 0.28],
        [0.30, 0.36, 0.48],
        [0.58, 0.36, 0.30],
        [0.62, 0.60, 0.50],
    ]
)
"""Wood, earth, sand, grass, stone, plaster, asphalt, cloth and brick, red green blue."""


@cache
def textures(seed: int) -> torch.Tensor:
    """Grey textures, uint8 [n, 1, side, side]: the drawn ones differ with the seed."""
    generator = torch.Generator().manual_seed(seed)
    drawn = [draw(generator) for draw in (_wood, _cloth, _gravel, _grass, _plaster, _tiles) for _ in range(EACH)]
    return torch.stack([*drawn, *_photographed()]).mul(255).round().to(torch.uint8)


def ground(bank: torch.Tensor, count: int, height: int, width: int, generator: torch.Generator) -> torch.Tensor:
    """Pictures of grounds, float [count, 3, height, width] in 0 … 1: rotated, scaled, tinted textures of `bank`."""
    chosen = bank[torch.randint(len(bank), (count,), generator=generator)].float() / 255
    angle = 2 * math.pi * torch.rand(count, generator=generator)
    part = 0.25 + 0.6 * torch.rand(count, generator=generator)
    cos, sin = torch.cos(angle) * part, torch.sin(angle) * part
    place = (torch.rand(count, 2, generator=generator) * 2 - 1) * 0.3
    rows = [torch.stack([cos * width / height, -sin, place[:, 0]], 1)]
    rows.append(torch.stack([sin * width / height, cos, place[:, 1]], 1))
    grid = F.affine_grid(torch.stack(rows, 1), [count, 1, height, width], align_corners=False)
    relief = F.grid_sample(chosen, grid, padding_mode="reflection", align_corners=False)
    base = COLOURS[torch.randint(len(COLOURS), (count,), generator=generator)]
    free = torch.rand(count, 3, generator=generator)
    base = torch.lerp(base, free, 0.35 * torch.rand(count, 1, generator=generator))[:, :, None, None]
    depth = (0.2 + 0.8 * torch.rand(count, 1, generator=generator))[:, :, None, None]
    hue = 0.1 * (torch.rand(count, 3, 1, 1, generator=generator) - 0.5)
    return (base * (1 + depth * (relief - 0.5) * 1.4) + hue * (relief - 0.5)).clamp(0, 1)


def pictures(count: int, height: int, width: int, seed: int) -> Iterator[Product]:
    """`count` grounds with nothing on them, as products without a name or attributes."""
    bank, generator = textures(seed), torch.Generator().manual_seed(seed)
    for number in range(count):
        picture = ground(bank, 1, height, width, generator)[0].permute(1, 2, 0).mul(255).round().to(torch.uint8)
        file = io.BytesIO()
        Image.fromarray(picture.numpy()).save(file, "PNG", compress_level=1)
        yield Product(Item(f"ground {number}", None, {}), file.getvalue())


def _noise(rows: int, columns: int, generator: torch.Generator) -> torch.Tensor:
    cells = torch.rand(1, 1, rows, columns, generator=generator)
    return F.interpolate(cells, (SIDE, SIDE), mode="bicubic", align_corners=False)[0]


def _layers(rows: int, columns: int, generator: torch.Generator, count: int = 4) -> torch.Tensor:
    """Noise of `count` finenesses, each half as strong as the one before."""
    finer = [(min(rows << level, SIDE), min(columns << level, SIDE)) for level in range(count)]
    return sum((_noise(*size, generator) / 2**level for level, size in enumerate(finer)), torch.zeros(1, SIDE, SIDE))


def _pick(low: int, high: int, generator: torch.Generator) -> int:
    return int(torch.randint(low, high + 1, (1,), generator=generator))


def _spread(texture: torch.Tensor) -> torch.Tensor:
    low, high = torch.quantile(texture, torch.tensor([0.02, 0.98]))
    return ((texture - low) / (high - low).clamp(min=1e-6)).clamp(0, 1)


def _wood(generator: torch.Generator) -> torch.Tensor:
    """Boards side by side, each with a grain along it."""
    across = torch.linspace(0, 1, SIDE)
    grain = _layers(2, _pick(12, 40, generator), generator)
    rings = torch.sin(2 * math.pi * (_pick(4, 14, generator) * across + 2 * _noise(3, 3, generator)))
    boards = _pick(1, 6, generator)
    board = (across * boards).long().clamp(max=boards - 1)
    shade = torch.rand(boards, generator=generator)[board]
    gap = ((across * boards) % 1 < 0.03 * boards / 3).float() if boards > 1 else torch.zeros(SIDE)
    return _spread(grain + 0.25 * rings + 0.6 * shade - 0.8 * gap)


def _cloth(generator: torch.Generator) -> torch.Tensor:
    """A weave over soft folds, now and then with stripes."""
    place = torch.linspace(0, 2 * math.pi, SIDE)
    threads = _pick(24, 64, generator)
    weave = torch.sin(threads * place)[None, :, None] * torch.sin(threads * place)[None, None, :]
    stripes = torch.sin(_pick(3, 12, generator) * place)[None, None, :] * _pick(0, 1, generator)
    folds = _layers(_pick(2, 4, generator), _pick(2, 4, generator), generator, 2)
    return _spread(0.4 * weave + folds + 0.3 * stripes + 0.3 * _noise(SIDE, SIDE, generator))


def _gravel(generator: torch.Generator) -> torch.Tensor:
    """Stones: cells around random points, darker towards their edges."""
    count = _pick(60, 400, generator)
    points, shade = torch.rand(count, 2, generator=generator), torch.rand(count, generator=generator)
    place = torch.linspace(0, 1, SIDE)
    grid = torch.cartesian_prod(place, place)
    near, which = torch.cdist(grid, points).topk(2, largest=False)
    edge = ((near[:, 1] - near[:, 0]) * math.sqrt(count) * 2).clamp(max=1)
    return _spread(((0.4 + shade[which[:, 0]]) * edge).reshape(1, SIDE, SIDE) + 0.2 * _layers(24, 24, generator, 3))


def _grass(generator: torch.Generator) -> torch.Tensor:
    """Blades: the lightest of several grains, each turned another way."""
    blades = []
    for _ in range(4):
        angle = torch.randn(1, generator=generator) * 0.5
        cos, sin, zero = torch.cos(angle), torch.sin(angle), torch.zeros(1)
        turn = torch.stack([torch.stack([cos, -sin, zero], 1), torch.stack([sin, cos, zero], 1)], 1)
        grain = _noise(_pick(10, 24, generator), _pick(80, 160, generator), generator)[None]
        grid = F.affine_grid(turn, [1, 1, SIDE, SIDE], align_corners=False)
        blades.append(F.grid_sample(grain, grid, padding_mode="reflection", align_corners=False)[0])
    return _spread(torch.stack(blades).amax(0) + 0.4 * _layers(3, 3, generator))


def _plaster(generator: torch.Generator) -> torch.Tensor:
    """Noise of many finenesses, as stone, concrete and paper have it."""
    return _spread(_layers(_pick(2, 24, generator), _pick(2, 24, generator), generator, 6))


def _tiles(generator: torch.Generator) -> torch.Tensor:
    """Tiles or bricks, each of a shade of its own, with joints."""
    rows, columns = _pick(2, 10, generator), _pick(2, 6, generator)
    down = torch.linspace(0, rows - 1e-3, SIDE)[:, None].expand(SIDE, SIDE)
    shift = 0.5 * _pick(0, 1, generator) * (down.long() % 2)
    along = (torch.linspace(0, columns - 1e-3, SIDE)[None, :] + shift) % columns
    shade = torch.rand(rows, columns, generator=generator)[down.long(), along.long()]
    joint = ((down % 1 < 0.08) | (along % 1 < 0.08 * columns / rows)).float()
    return _spread((shade - _pick(-1, 1, generator) * joint)[None] + 0.4 * _layers(12, 12, generator))


def _photographed() -> list[torch.Tensor]:
    """scikit-image's pictures of grounds, several parts of each; none where it is not installed."""
    try:
        from skimage import data
    except ImportError:
        return []
    found: list[torch.Tensor] = []
    for name in PHOTOGRAPHED:
        picture = torch.as_tensor(getattr(data, name)()).float()[None] / 255
        for size in (SIDE, 2 * SIDE):
            parts = [picture[:, top : top + size, left : left + size] for top in (0, 120) for left in (0, 120)]
            found += [_spread(F.adaptive_avg_pool2d(part, SIDE)) for part in parts]
    return found
