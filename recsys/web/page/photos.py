"""Photos that a visitor may try: drawn and photographed here, and none of them shows a product of a shop.

`python -m sample_shop.photos` makes them.
"""

from __future__ import annotations

import io
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from PIL import Image
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from recsys.core.items import Items
from recsys.errors import QueryError
from recsys.web.page.languages import say
from recsys.web.server.thumbnails import MAX_AGE_S, SAFE_HEADERS

FOLDER = Path(__file__).parent / "static" / "photos"
PREFIX = "photos"
SMALL, SMALL_WIDTH_PX = "-small", 208
MIN_PHOTOS = 5
"""A shop that has the kinds of fewer photos shows its own products instead."""


class Photo(NamedTuple):
    """A photo: the name of its file, what it shows, and how values of the kind begin that a shop has such things by."""

    name: str
    title: str
    kinds: tuple[str, ...]

    @property
    def title_in_words(self) -> str:
        """What the photo shows, in the language of the page."""
        return say(self.title)

    @property
    def url(self) -> str:
        """The address of the photo, relative to the page."""
        return f"{PREFIX}/{self.name}.webp"

    @property
    def small_url(self) -> str:
        """The address of the photo as small as the page first shows it."""
        return f"{PREFIX}/{self.name}{SMALL}.webp"


PHOTOS = (
    Photo("dress", "a flowered dress on a wooden floor", ("dress",)),
    Photo("shoe", "a red shoe on concrete", ("casual shoe", "shoe", "sneaker")),
    Photo("handbag", "a tan handbag on a sheet", ("handbag", "bag")),
    Photo("tshirt", "a striped T-shirt on a bed", ("tshirt", "t-shirt")),
    Photo("watch", "a blue watch on a stone table", ("watch",)),
    Photo("jacket", "an olive jacket on a striped rug", ("jacket",)),
)


def photos_for(items: Items) -> list[Photo]:
    """The photos whose kind of product the shop has; none if it has few of them."""
    kind = items.roles.kind
    values = [value.casefold() for value in items.values(kind) if value] if kind else []
    found = [photo for photo in PHOTOS if any(value.startswith(photo.kinds) for value in values)]
    return found if len(found) >= MIN_PHOTOS else []


def read(name: str) -> bytes:
    """The file of a photo. Raises QueryError for another name."""
    if name not in {photo.name for photo in PHOTOS}:
        raise QueryError(f"There is no photo {name!r:.50} to try.")
    return (FOLDER / f"{name}.webp").read_bytes()


@lru_cache(len(PHOTOS))
def small(name: str) -> bytes:
    """A photo at SMALL_WIDTH_PX, a WebP. Raises QueryError for another name."""
    with Image.open(io.BytesIO(read(name))) as photo:
        photo.thumbnail((SMALL_WIDTH_PX, photo.height))
        out = io.BytesIO()
        photo.save(out, "WEBP", quality=70)
    return out.getvalue()


def route() -> Route:
    """`GET /photos/{name}.webp`, and `{name}-small.webp`. Status 404 for another name."""

    def photo(request: Request) -> Response:
        name = request.path_params["name"]
        try:
            data = small(name.removesuffix(SMALL)) if name.endswith(SMALL) else read(name)
        except QueryError as error:
            return PlainTextResponse(str(error), status_code=404, headers=SAFE_HEADERS)
        headers = {**SAFE_HEADERS, "Cache-Control": f"public, max-age={MAX_AGE_S // 365}"}
        return Response(data, media_type="image/webp", headers=headers)

    return Route(f"/{PREFIX}/{{name}}.webp", photo, methods=["GET"])
