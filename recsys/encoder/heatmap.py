"""Which regions of a picture make it similar to an item."""

from __future__ import annotations

import numpy as np

from recsys.encoder.projection import Projection
from recsys.types import Vectors

SCALE = 2
"""The picture is enlarged by this factor if the network accepts that, because otherwise its map is about 3 × 3."""


def similarity_map(whole: Vectors, positions: Vectors, projection: Projection | None, item: Vectors) -> Vectors:
    """How much each region of a picture adds to its cosine with `item` [dim]: float32 [rows, columns].

    `whole` [features] are the network's features of the picture, `positions` [rows, columns, features] those of each
    position of its feature map. A network that averages its map embeds the mean of the positions, so that the cosine is
    the mean of their products with the item (Stylianou et al. 2019, "Visualizing deep similarity networks"). The layers
    after the mean are applied to each position, which is exact for linear layers only.
    """
    length = np.linalg.norm(whole)
    if not projection:
        return np.asarray(positions @ item / length, np.float32)
    projected = (positions / length - projection.mean) @ projection.components
    length = np.linalg.norm((whole / length - projection.mean) @ projection.components)
    return np.asarray(projected @ item / length, np.float32)
