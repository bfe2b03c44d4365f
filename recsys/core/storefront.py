"""What the owner of a shop says on its page, and about its data."""

from __future__ import annotations

import re
from dataclasses import dataclass

LOGO_PREFIX = "data:image/png;base64,"
MAX_LOGO_CHARACTERS = 200_000
MAX_CHARACTERS = 200
LICENSE = re.compile(r"[a-z0-9][a-z0-9.+-]{0,59}")
LANGUAGE = re.compile("[a-z]{2,3}")


@dataclass(frozen=True, slots=True)
class Storefront:
    """What the owner of the shop says on its page and about its data; None for what the owner does not say.

    `title` stands at the top with the `tagline`, a sentence, and the `logo`, a small PNG as a data: URL. `name` is the
    name of the shop. `utm_source` is added to the links into the shop, so that its statistics show where a visit began.
    `license` is that of the catalogue, as an identifier of the Hub such as "mit", and `language` the code of its
    language, such as "en". Raises ValueError for a text that is too long or has another form.
    """

    title: str | None = None
    tagline: str | None = None
    name: str | None = None
    logo: str | None = None
    utm_source: str | None = None
    license: str | None = None
    language: str | None = None

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
