"""Makes the logo of a shop: a small PNG in the text of its index."""

from __future__ import annotations

import base64
import io
from pathlib import Path

from recsys.core.storefront import LOGO_PREFIX
from recsys.images.decode import decode

MAX_SIZE_PX = (400, 96)


def logo_url(path: Path) -> str:
    """The picture in a file as the data: URL of a PNG of at most 400 × 96 px. Raises PictureError."""
    picture = decode(path)
    picture.thumbnail(MAX_SIZE_PX)
    out = io.BytesIO()
    picture.save(out, "PNG", optimize=True)
    return LOGO_PREFIX + base64.b64encode(out.getvalue()).decode("ascii")
