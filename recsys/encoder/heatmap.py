"""Which regions of a picture make it similar to an item."""

from __future__ import annotations

import numpy as np

from recsys.encoder.projection import Projection
from recsys.types import Vectors

SCALE = 2
"""The picture is enlarged by this factor if the network accepts it, because its own map is only about 3 × 3."""


def similarity_map(whole: Vectors, positions: Vectors, projection: Projection | None, item: Vectors) -> Vectors:
    """How much each region of a picture adds to its cosine with `item` [dim]: float32 [rows, columns].

    `whole` [features] is the network's features of the picture, `positions` [rows, columns, features] those of each
    position of its map alone. A network that averages its feature map embeds the mean of its positions, so that the
    cosine is the mean of the positions' own products with the item (Stylianou et al. 2019, "Visualizing deep similarity
    networks"). The layers behind the mean are applied to each position. That is exact for linear layers, and an
    approximation otherwise.
    """
    length = np.linalg.norm(whole)
    if not projection:
        return np.asarray(positions @ item / length, np.float32)
    projected = (positions / length - projection.mean) @ projection.components
    length = np.linalg.norm((whole / length - projection.mean) @ projection.components)
    return np.asarray(projected @ item / length, np.float32)
