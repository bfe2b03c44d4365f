"""Recognizes which attribute of a catalogue is the kind of product, the colour, the wearer and so on.

Catalogues name their columns differently, so a role is recognized by the words of the attribute's name. An owner can
overrule it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from functools import lru_cache
from types import MappingProxyType

from recsys.errors import CatalogError

KIND_NAMES = (
    *("article type", "product type", "product type name", "garment type", "clothing type", "item type", "category"),
    *("label", "kind", "type", "categories", "product category", "category name", "google product category"),
    *("kategorie", "kategorien", "produkttyp", "produktart", "artikelart", "artikeltyp", "warengruppe", "typ", "art"),
    *("categorie", "type produit", "type de produit", "type article", "tipo de producto", "tipo de prenda"),
    *("tipo producto", "categoria", "categorias", "tipo", "tipo prodotto", "tipo di prodotto", "categorie prodotto"),
    *("prakar", "shreni"),
)
"""Names of the attribute that says what kind of product something is, the most specific first. In English, German,
French, Spanish, Italian, and Hindi in Latin letters, without accents."""
CATEGORY_WORDS = frozenset(
    {"category", "type", "kind", "class", "label", "group", "article", "product", "item", "master", "main", "sub"}
)
"""A name of these words only is that of a category, such as "masterCategory"."""
ROLE_WORDS = {
    "colour": frozenset({"colour", "color", "colours", "colors", "farbe", "couleur", "colore", "rang", "hauptfarbe"}),
    "wearer": frozenset({"gender", "sex", "geschlecht", "sexe", "genre", "genero", "sexo", "genere", "sesso", "ling"}),
    "usage": frozenset({"usage", "occasion", "anlass", "ocasion", "occasione", "avsar"}),
    "season": frozenset({"season", "saison", "temporada", "stagione", "mausam"}),
    "pattern": frozenset({"pattern", "muster", "motif", "estampado", "fantasia"}),
    "year": frozenset({"year", "jahr", "annee", "ano", "anno", "saal"}),
}
"""Role → words; the first attribute with one of them in its name has the role."""
NO_OVERRIDES: Mapping[str, str | None] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Roles:
    """The attribute that has each role; None where the catalogue has no such attribute.

    `kind` says what kind of product something is, such as "articleType". `categories` are all attributes that do so,
    `kind` first, then the coarser ones. `wearer` is the attribute for gender, `usage` the one for the occasion.
    """

    kind: str | None = None
    categories: tuple[str, ...] = ()
    colour: str | None = None
    wearer: str | None = None
    usage: str | None = None
    season: str | None = None
    pattern: str | None = None
    year: str | None = None

    @classmethod
    def from_names(cls, names: Iterable[str], overrides: Mapping[str, str | None] = NO_OVERRIDES) -> Roles:
        """The roles of the attributes with these names.

        `overrides` maps a role to the attribute that has it, or to None for a role that no attribute has; it counts
        as None as well where the attribute is not among `names`. Raises CatalogError for an unknown role.
        """
        return _recognize(tuple(names), tuple(overrides.items()))

    def role_of(self, attribute: str) -> str | None:
        """The role of an attribute, as the name of a field of this class; None where it has no role."""
        roles = (field.name for field in fields(self) if getattr(self, field.name) == attribute)
        return next(roles, "categories" if attribute in self.categories else None)


SINGLE_ROLES = tuple(field.name for field in fields(Roles) if field.name != "categories")


@lru_cache(maxsize=256)
def _recognize(names: tuple[str, ...], overrides: tuple[tuple[str, str | None], ...]) -> Roles:
    words = {name: words_of(name) for name in names}
    by_text = {" ".join(split): name for name, split in reversed(words.items())}
    found = {"kind": next((by_text[text] for text in KIND_NAMES if text in by_text), None)}
    for role, wanted in ROLE_WORDS.items():
        found[role] = next((name for name, split in words.items() if wanted.intersection(split)), None)
    for role, attribute in overrides:
        if role not in SINGLE_ROLES:
            raise CatalogError(f"There is no role {role!r}. The roles are: {', '.join(SINGLE_ROLES)}.")
        found[role] = attribute if attribute in words else None
    kind, taken = found["kind"], set(found.values())
    others = [name for name, split in words.items() if split and CATEGORY_WORDS.issuperset(split) and name not in taken]
    return Roles(**found, categories=(*([kind] if kind else []), *others))


def words_of(attribute: str) -> list[str]:
    """The words of an attribute's name: both "baseColour" and "base_colour" are base, colour.

    Accents are left out, and so is what stands in brackets.
    """
    plain = unicodedata.normalize("NFKD", re.sub(r"\(.*?\)|\[.*?\]", "", attribute))
    bare = "".join(char for char in plain if not unicodedata.combining(char))
    return [word.lower() for word in re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])", bare)]
