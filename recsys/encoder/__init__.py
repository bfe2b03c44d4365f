"""Pictures to unit vectors: networks of timm, run by PyTorch or compiled by OpenVINO. Only this package imports these.

The folder of an encoder is timm's own format (`config.json`, `model.safetensors`). A network trained here carries
`"embedding": true` in its config: its classifier is the embedding layer. Of any other network the pooled features are
taken, and a projection beside the weights brings them to fewer dimensions. Importing this loads neither PyTorch nor
timm; `recsys.encoder.torch_network` and `sources` do.
"""

import os

# Threads that spin while they wait starve each other where another process has a core: a query of 24 ms took 310 ms.
# The OpenMP runtime reads this once, when torch loads it.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

from recsys.encoder.encoder import BATCH_SIZE, Encoder

__all__ = ["BATCH_SIZE", "Encoder"]
