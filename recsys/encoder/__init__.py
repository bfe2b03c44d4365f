"""Encodes pictures to unit vectors by networks of timm, which run on PyTorch or are compiled by OpenVINO.

The folder of an encoder has timm's own format (`config.json`, `model.safetensors`). A network trained by this library
has `"embedding": true` in its config, and its classifier is the embedding layer. Of any other network the pooled
features are used, and a projection beside the weights reduces their dimensions. Importing this package imports neither
PyTorch nor timm; its modules `torch_network` and `loading` do.
"""

import os

# Waiting threads that spin slow each other down if another process uses a core: a query of 24 ms took 310 ms.
# The OpenMP runtime reads this variable once, when torch loads it.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

from recsys.encoder.encoder import BATCH_SIZE, Encoder

__all__ = ["BATCH_SIZE", "Encoder"]
