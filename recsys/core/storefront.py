"""What the owner of a shop says on its page, and about its data."""

from __future__ import annotations

import re
from dataclasses import dataclass

LOGO_PREFIX = "data:image/png;base64,"
MAX_LOGO_CHARACTERS = 200_000
MAX_CHARACTERS = 200
LICENSE = re.compile(r"[a-z0-9][a-z0-9.+-]{0,59}")
LANGUAGE = re.compile("[a-z]{2,3}")
COLOUR = re.compile("#[0-9a-fA-F]{6}")
MAX_LUMINANCE = 0.165
"""A colour of this luminance has a contrast of 4.5 : 1 to the lightest grounds of the page that are not white."""


@dataclass(frozen=True, slots=True)
class Storefront:
    """What the owner of the shop says on its page and about its data; None for what the owner does not say.

    `title` stands at the top with the `tagline`, a sentence, and the `logo`, a small PNG as a data: URL. `name` is the
    name of the shop. `utm_source` is added to the links into the shop, so that its statistics show where a visit began.
    `license` is that of the catalogue, as an identifier of the Hub such as "mit", and `language` the code of its
    language, such as "en". `accent` is the colour of links and marks, such as "#9a3f2b". Raises ValueError for a text
    that is too long or has another form.
    """

    title: str | None = None
    tagline: str | None = None
    name: str | None = None
    logo: str | None = None
    utm_source: str | None = None
    license: str | None = None
    language: str | None = None
    accent: str | None = None

    def __post_init__(self) -> None:
        for name in ("title", "tagline", "name", "utm_source"):
            text = getattr(self, name)
            if text is not None and not (isinstance(text, str) and 0 < len(text) <= MAX_CHARACTERS):
                raise ValueError(f"the {name} of a shop is a text of 1 to {MAX_CHARACTERS} characters")
        if self.logo is not None and not (self.logo.startswith(LOGO_PREFIX) and len(self.logo) <= MAX_LOGO_CHARACTERS):
            raise ValueError(f"the logo of a shop is the data: URL of a PNG, up to {MAX_LOGO_CHARACTERS:,} characters")
        if self.license is not None and not LICENSE.fullmatch(self.license):
            raise ValueError(
                f"a license is an identifier of the Hub, such as mit or cc-by-4.0; got {self.license!r:.50}"
            )
        if self.language is not None and not LANGUAGE.fullmatch(self.language):
            raise ValueError(f"a language is a code of two or three letters, such as en; got {self.language!r:.50}")
        if self.accent is not None and not (COLOUR.fullmatch(self.accent) and _luminance(self.accent) <= MAX_LUMINANCE):
            raise ValueError(
                f"an accent is a colour such as #9a3f2b, dark enough for words on white; got {self.accent!r:.50}"
            )


def _luminance(colour: str) -> float:
    """The relative luminance of a colour by WCAG, from 0 for black to 1 for white."""
    shares = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4 for share in shares)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
