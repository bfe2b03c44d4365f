"""Shop pictures made into the pictures that visitors take: moved, turned, relit, blurred, recompressed, on clutter.

Everything works on a whole batch and draws from one generator, so that a step can be repeated exactly.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F

from recsys.train.scenes import place

ROTATION = math.radians(20)
ZOOM = (0.75, 1.4)
ASPECT = 0.15
SHIFT = 0.15
LIGHT = (0.3, 1.2)
TINT = 0.06
SATURATION = (0.7, 1.3)
CONTRAST = (0.75, 1.25)
NOISE = 0.06
BLURRED, NOISY, RECOMPRESSED = 0.5, 0.3, 0.5
COARSENESS = (0.02, 0.12)
BLOCK = 8
PATCHES = 6


def augment(
    pictures: torch.Tensor,
    products: torch.Tensor,
    plain: float,
    clutter: float,
    generator: torch.Generator,
    scenes: float = 0.0,
    grounds: torch.Tensor | None = None,
) -> torch.Tensor:
    """Pictures as a visitor would take them, float [n, 3, height, width] in 0 … 1.

    `pictures` are uint8 [n, 3, height, width], `products` their masks, bool [n, height, width]. `clutter` is the share
    that is put on another ground than white, `plain` the share that stays as it is in the shop. `scenes` is the share
    that is moved to a random place, at a random size, on one of the textures `grounds`.
    """
    kept = _some(len(pictures), plain, generator)
    colour = 1 - pictures.float() / 255
    layers = torch.cat([colour, products[:, None].float()], 1)
    maps = _affine(pictures, generator)
    colour, product = F.grid_sample(
        layers, F.affine_grid(maps, list(layers.shape), align_corners=False), align_corners=False
    ).split([3, 1], 1)
    result = 1 - colour
    cluttered = _some(len(pictures), clutter, generator)
    if len(cluttered):
        opaque = _trimmed(product[cluttered], generator)
        ground = _ground(pictures, len(cluttered), generator)
        result[cluttered] = result[cluttered] * opaque + ground * (1 - opaque)
    if scenes and grounds is not None:
        placed = _some(len(pictures), scenes, generator)
        result[placed] = place(pictures[placed], products[placed], grounds, generator)
    taken = _photograph(result, generator)
    taken[kept] = pictures[kept].float() / 255
    return taken


def _uniform(count: int, low: float, high: float, generator: torch.Generator, width: int = 1) -> torch.Tensor:
    return low + (high - low) * torch.rand(count, width, generator=generator)


def _some(count: int, share: float, generator: torch.Generator) -> torch.Tensor:
    """A random choice of rows."""
    return torch.randperm(count, generator=generator)[: round(count * share)]


def _affine(pictures: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    """Random maps from the new picture to the old: turned, scaled, stretched, shifted, mirrored. [n, 2, 3]."""
    count, _, height, width = pictures.shape
    angle = _uniform(count, -ROTATION, ROTATION, generator)[:, 0]
    shrink = torch.exp(-_uniform(count, math.log(ZOOM[0]), math.log(ZOOM[1]), generator)[:, 0])
    stretch = 1 + _uniform(count, -ASPECT, ASPECT, generator)[:, 0]
    mirror = torch.where(torch.rand(count, generator=generator) < 0.5, 1.0, -1.0)
    cos, sin = torch.cos(angle) * shrink, torch.sin(angle) * shrink
    shift = _uniform(count, -SHIFT, SHIFT, generator, 2)
    rows = [torch.stack([cos * mirror * stretch, -sin * stretch * height / width, shift[:, 0]], 1)]
    rows.append(torch.stack([sin * mirror / stretch * width / height, cos / stretch, shift[:, 1]], 1))
    return torch.stack(rows, 1)


def _trimmed(product: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    """Masks with a soft edge, some of them so narrow that no white is left around the product."""
    trim = _uniform(len(product), 0, 1.5, generator)[:, :, None, None]
    return (F.avg_pool2d(product, 3, 1, 1) * (1 + trim) - trim).clamp(min=0)


def _ground(pictures: torch.Tensor, count: int, generator: torch.Generator) -> torch.Tensor:
    """Grounds: soft colours of a random coarseness under a grain, with patches of one colour or of other pictures."""
    height, width = pictures.shape[2:]
    cells = int(torch.randint(2, 13, (1,), generator=generator))
    soft = F.interpolate(_colours(count, cells, generator), (height, width), mode="bilinear")
    grain = _uniform(count, 0, 0.15, generator)[:, :, None, None]
    ground = soft + grain * torch.rand(count, 3, height, width, generator=generator)
    for number in range(PATCHES):
        inside = _shapes(count, height, width, generator)
        if number % 2:
            content = _colours(count, 1, generator)
        else:
            other = pictures[torch.randperm(len(pictures), generator=generator)[:count]].float() / 255
            zoom = float(_uniform(1, 0.5, 1.0, generator))
            part = other[:, :, : round(height * zoom), : round(width * zoom)]
            content = F.interpolate(part, (height, width), mode="bilinear")
        ground = torch.where(inside, content, ground)
    return ground.clamp(0, 1)


def _colours(count: int, cells: int, generator: torch.Generator) -> torch.Tensor:
    """Colours of fields of cells, pure in some pictures and greyish in others, [n, 3, cells, cells]."""
    pure = torch.rand(count, 3, cells, cells, generator=generator)
    return torch.lerp(pure.mean(1, keepdim=True), pure, _uniform(count, 0, 1, generator)[:, :, None, None])


def _shapes(count: int, height: int, width: int, generator: torch.Generator) -> torch.Tensor:
    """In each picture a random rectangle, or the ellipse within it, bool [n, 1, height, width]."""
    edges = torch.rand(count, 4, 1, generator=generator)
    (top, bottom), (left, right) = (edges[:, place : place + 2].sort(1).values.unbind(1) for place in (0, 2))
    rows, columns = torch.linspace(0, 1, height), torch.linspace(0, 1, width)
    down = ((2 * rows - top - bottom) / (bottom - top).clamp(min=1e-3))[:, :, None].square()
    across = ((2 * columns - left - right) / (right - left).clamp(min=1e-3))[:, None, :].square()
    round_ones = torch.rand(count, 1, 1, generator=generator) < 0.5
    return torch.where(round_ones, down + across < 1, torch.maximum(down, across) < 1)[:, None]


def _photograph(pictures: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    """Other light, white balance, saturation and contrast; some blur, some noise, some compression."""
    count = len(pictures)
    light = _uniform(count, *LIGHT, generator) * (1 + _uniform(count, -TINT, TINT, generator, 3))
    pictures = pictures * light[:, :, None, None]
    grey = pictures.mean(1, keepdim=True)
    pictures = grey + (pictures - grey) * _uniform(count, *SATURATION, generator)[:, :, None, None]
    middle = pictures.mean((1, 2, 3), keepdim=True)
    pictures = middle + (pictures - middle) * _uniform(count, *CONTRAST, generator)[:, :, None, None]
    for share, spoil in ((BLURRED, _blur), (NOISY, _noise), (RECOMPRESSED, _recompress)):
        rows = _some(count, share, generator)
        if len(rows):
            pictures[rows] = spoil(pictures[rows], generator)
    return pictures.clamp(0, 1)


def _blur(pictures: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    """Made smaller and large again, as a small or unsharp picture is: for all by one factor."""
    height, width = pictures.shape[2:]
    factor = float(_uniform(1, 0.3, 0.9, generator))
    small = F.interpolate(pictures, (round(height * factor), round(width * factor)), mode="area")
    return F.interpolate(small, (height, width), mode="bilinear")


def _noise(pictures: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    strength = _uniform(len(pictures), 0, NOISE, generator)[:, :, None, None]
    return pictures + strength * torch.randn(pictures.shape, generator=generator)


def _recompress(pictures: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    """What JPEG does: blocks of 8 × 8 as cosines, the finer ones rounded the coarser."""
    count, _, height, width = pictures.shape
    padded = F.pad(pictures, (0, -width % BLOCK, 0, -height % BLOCK), mode="replicate")
    blocks = padded.unfold(2, BLOCK, BLOCK).unfold(3, BLOCK, BLOCK)
    place = torch.arange(BLOCK)
    cosine = torch.cos(math.pi / BLOCK * (place + 0.5) * place[:, None]) * math.sqrt(2 / BLOCK)
    cosine[0] /= math.sqrt(2)
    frequencies = cosine @ blocks @ cosine.T
    strength = _uniform(count, *COARSENESS, generator)[:, :, None, None, None, None]
    steps = strength * (1 + place + place[:, None])
    restored = cosine.T @ (torch.round(frequencies / steps) * steps) @ cosine
    return restored.transpose(3, 4).reshape(padded.shape)[:, :, :height, :width]
