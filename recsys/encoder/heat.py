"""Which regions of a picture make it like an item."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from recsys.projection import Projection
from recsys.types import Vectors

SCALE = 2


def enlarged(network: Any, picture: torch.Tensor) -> torch.Tensor:
    """The picture [1, 3, h, w] at twice its size, where the network takes any: its own map is some three by three."""
    if network.pretrained_cfg.get("fixed_input_size"):
        return picture
    return torch.nn.functional.interpolate(picture, scale_factor=SCALE, mode="bicubic")


@torch.inference_mode()
def similarity_map(
    network: Any, picture: torch.Tensor, projection: Projection | None, item: Vectors
) -> npt.NDArray[np.float32] | None:
    """What each region of `picture` [1, 3, h, w] adds to its cosine with `item` [dim]: float32 [rows, columns].

    A network that averages its feature map embeds the mean of its positions, so that the cosine is the mean of the
    positions' own products with the item (Stylianou et al. 2019, "Visualizing deep similarity networks"). What stands
    behind the mean is applied to each position: exact where that is linear, and close to it otherwise. None for a
    network without a feature map.
    """
    features = network.forward_features(picture)
    if features.ndim != 4 or getattr(network, "num_features", None) != features.shape[1]:
        return None
    rows, columns = features.shape[2:]
    alone = features[0].permute(1, 2, 0).reshape(rows * columns, -1, 1, 1)
    positions = network.forward_head(alone).float().cpu().numpy()
    whole = network.forward_head(features).float().cpu().numpy()[0]
    positions, whole = positions / np.linalg.norm(whole), whole / np.linalg.norm(whole)
    if projection:
        positions = (positions - projection.mean) @ projection.components
        length = np.linalg.norm((whole - projection.mean) @ projection.components)
        positions = positions / length
    return np.asarray((positions @ item).reshape(rows, columns), dtype=np.float32)
