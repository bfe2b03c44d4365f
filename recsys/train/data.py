"""A catalogue as tensors: every picture decoded once, its white ground found, its labels numbered."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image

from recsys.digest import sha256
from recsys.errors import CatalogError, PictureError
from recsys.picture import decode
from recsys.types import Product

MISSING = -1
LIGHT = 190
CLOSE = 22
MASK_SIDE = 48


@dataclass(frozen=True, eq=False)
class PictureSet:
    """Pictures with their labels, in memory.

    `pictures` uint8 [n, 3, size, size]; `products` bool [n, size, size], false on the ground around a product;
    `labels` attribute → int64 [n], -1 where absent; `vocabulary` attribute → its values, by number.
    """

    ids: list[str]
    pictures: torch.Tensor
    products: torch.Tensor
    labels: dict[str, torch.Tensor]
    vocabulary: dict[str, list[str]]

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def fingerprint(self) -> str:
        """Changes with the products, their order and their labels."""
        labels = {name: values.tolist() for name, values in self.labels.items()}
        return sha256(json.dumps([self.ids, self.vocabulary, labels]).encode())


def load(products: Iterable[Product], size: int, vocabulary: dict[str, list[str]] | None = None) -> PictureSet:
    """Decode every picture to size × size, squashed as the encoder's transform does. Undecodable ones are left out.

    With a `vocabulary`, values outside it count as absent. Raises CatalogError where nothing is left.
    """
    ids, pictures, attributes = [], [], []
    for product in products:
        try:
            picture = decode(product.picture or b"")
        except PictureError:
            continue
        squashed = picture.resize((size, size), Image.Resampling.BICUBIC)
        ids.append(product.item.id)
        pictures.append(np.asarray(squashed).transpose(2, 0, 1))
        attributes.append(product.item.attributes)
    if not ids:
        raise CatalogError("There is no picture to train on. Check the dataset and its image column.")
    names = dict.fromkeys(name for row in attributes for name in row)
    vocabulary = vocabulary or {
        name: sorted({value for row in attributes if (value := row.get(name)) is not None}) for name in names
    }
    labels = {name: _number([row.get(name) for row in attributes], values) for name, values in vocabulary.items()}
    stacked = torch.from_numpy(np.stack(pictures))
    return PictureSet(ids, stacked, find_products(stacked), labels, vocabulary)


def _number(values: list[str | None], vocabulary: list[str]) -> torch.Tensor:
    number = {value: code for code, value in enumerate(vocabulary)}
    return torch.tensor([number.get(value, MISSING) if value is not None else MISSING for value in values])


def find_products(pictures: torch.Tensor, chunk: int = 1024) -> torch.Tensor:
    """False on a light, even ground that reaches the border of a picture, true elsewhere: bool [n, size, size]."""
    return torch.cat([_find(pictures[start : start + chunk]) for start in range(0, len(pictures), chunk)])


def _find(pictures: torch.Tensor) -> torch.Tensor:
    pixels = pictures.float()
    border = torch.cat([pixels[:, :, 0], pixels[:, :, -1], pixels[:, :, :, 0], pixels[:, :, :, -1]], 2)
    paper = border.median(2).values[:, :, None, None]
    like_paper = ((pixels - paper).abs().amax(1, keepdim=True) <= CLOSE) & (paper.amin(1, keepdim=True) >= LIGHT)
    small = F.adaptive_avg_pool2d(like_paper.float(), MASK_SIDE).ge(0.5).float()
    ground = small.clone()
    ground[:, :, 1:-1, 1:-1] = 0
    for _ in range(MASK_SIDE):
        ground = F.max_pool2d(ground, 3, 1, 1) * small
    grown = F.interpolate(F.max_pool2d(ground, 3, 1, 1), pixels.shape[-2:])
    return ~((grown > 0) & like_paper)[:, 0]
