"""A catalogue as tensors: decoded pictures, masks of the product on its white background, and numbered labels."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image

from recsys.errors import CatalogError, PictureError
from recsys.images.decode import decode
from recsys.runtime.hashing import sha256
from recsys.types import Item, Product

MISSING = -1
LIGHT = 190
CLOSE = 22
MASK_SIDE = 48
WORD_COUNT = 1000
RARE_WORD = 20


@dataclass(frozen=True, eq=False)
class PictureSet:
    """Pictures with their labels, in memory.

    `pictures` uint8 [n, 3, height, width]; `products` bool [n, height, width], false on the ground around a product;
    `labels` attribute → int64 [n], -1 where absent; `vocabulary` attribute → its values, by number; `words` bool
    [n, words], which of the frequent words its name has; `outliers` bool [n], true for what is no product at all.
    """

    ids: list[str]
    pictures: torch.Tensor
    products: torch.Tensor
    labels: dict[str, torch.Tensor]
    vocabulary: dict[str, list[str]]
    words: torch.Tensor
    outliers: torch.Tensor
    groups: torch.Tensor

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def fingerprint(self) -> str:
        """Changes with the products, their order and their labels."""
        labels = {name: values.tolist() for name, values in self.labels.items()}
        words, groups = (sha256(part.numpy().tobytes()) for part in (self.words, self.groups))
        return sha256(json.dumps([self.ids, self.vocabulary, labels, words, groups, self.outliers.tolist()]).encode())


def load(
    products: Iterable[Product],
    height: int,
    width: int,
    vocabulary: dict[str, list[str]] | None = None,
    outliers: Iterable[Product] = (),
) -> PictureSet:
    """Decode every picture to height × width, squashed as the encoder's transform does. Undecodable ones are left out.

    With a `vocabulary`, values outside it count as absent. Of `outliers` the pictures alone count. Raises CatalogError
    where there is no product.
    """
    items, pictures = _decode(products, height, width)
    if not items:
        raise CatalogError("There is no picture to train on. Check the dataset and its image column.")
    others, of_others = _decode(outliers, height, width)
    vocabulary = vocabulary or vocabulary_of(items)
    rows = [item.single_values for item in items] + [{} for _ in others]
    labels = {name: number_values([row.get(name) for row in rows], values) for name, values in vocabulary.items()}
    stacked = torch.from_numpy(np.stack(pictures + of_others))
    return PictureSet(
        ids=[item.id for item in (*items, *others)],
        pictures=stacked,
        products=find_products(stacked),
        labels=labels,
        vocabulary=vocabulary,
        words=_words([item.name or "" for item in items] + [""] * len(others)),
        outliers=torch.arange(len(rows)) >= len(items),
        groups=torch.tensor(_groups(items) + [MISSING] * len(others)),
    )


def _decode(products: Iterable[Product], height: int, width: int) -> tuple[list[Item], list[np.ndarray]]:
    items, pictures = [], []
    for product in products:
        try:
            picture = decode(product.picture or b"")
        except PictureError:
            continue
        items.append(product.item)
        squashed = picture.resize((width, height), Image.Resampling.BICUBIC)
        pictures.append(np.asarray(squashed).transpose(2, 0, 1))
    return items, pictures


def _groups(items: Sequence[Item]) -> list[int]:
    """A number for each name, or for the id where there is no name."""
    numbers: dict[tuple[bool, str], int] = {}
    keys = [(bool(item.name), item.name or item.id) for item in items]
    return [numbers.setdefault(key, len(numbers)) for key in keys]


def _words(names: Sequence[str]) -> torch.Tensor:
    """Which of the frequent words of all names each has, bool [n, words]."""
    found = [set(re.findall(r"[a-z]{2,}", name.lower())) for name in names]
    counts = Counter(word for words in found for word in words)
    frequent = [word for word, count in counts.most_common(WORD_COUNT) if count >= RARE_WORD]
    has = torch.zeros(len(names), len(frequent), dtype=torch.bool)
    for column, word in enumerate(sorted(frequent)):
        has[[row for row, words in enumerate(found) if word in words], column] = True
    return has


def vocabulary_of(items: Sequence[Item]) -> dict[str, list[str]]:
    """Attribute → the values that it has in these items, sorted."""
    names = dict.fromkeys(name for item in items for name in item.single_values)
    return {name: sorted({value for item in items if (value := item.value(name)) is not None}) for name in names}


def number_values(values: Sequence[str | None], vocabulary: Sequence[str]) -> torch.Tensor:
    """The place of each value in the vocabulary, int64 [n]; -1 where there is no value or it is not in it."""
    number = {value: code for code, value in enumerate(vocabulary)}
    return torch.tensor([number.get(value, MISSING) if value is not None else MISSING for value in values])


def find_products(pictures: torch.Tensor, chunk: int = 1024) -> torch.Tensor:
    """False on a light, even ground that reaches the border of a picture, true elsewhere: bool [n, height, width]."""
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
