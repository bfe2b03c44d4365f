"""The colour to show beside the name of a colour."""

from __future__ import annotations

import re

from recsys.core.roles import words_of
from recsys.types import Value

HEX = {
    "#1c1c1c": "black schwarz noir negro nero kala onyx",
    "#ffffff": "white weiss blanc blanco bianco safed",
    "#8e8e8e": "grey gray grau gris grigio melange steel gunmetal slate",
    "#4a4d50": "charcoal anthrazit anthracite antracite",
    "#b9bdc2": "silver silber argent plata argento metallic",
    "#25335f": "navy marine marino dunkelblau",
    "#2c5fb3": "blue blau bleu azul blu neela",
    "#8fb9de": "sky hellblau",
    "#1f9fa8": "turquoise tuerkis turkis turquesa turchese aqua cyan",
    "#1f6e73": "teal petrol",
    "#2f8f4e": "green gruen grun vert verde hara mint lime fluorescent",
    "#6b6e3a": "olive khaki oliva",
    "#c62f36": "red rot rouge rojo rosso laal",
    "#7b1f33": "maroon burgundy bordeaux weinrot burgunder",
    "#a4502f": "rust rost terracotta copper kupfer",
    "#c2227e": "magenta fuchsia",
    "#e78fae": "pink rosa rose gulabi blush",
    "#f4b79a": "peach pfirsich coral koralle salmon skin nude",
    "#6f4a9b": "purple lila violett violet viola morado baingani",
    "#b9a3d6": "lavender lavendel mauve flieder",
    "#e8782d": "orange naranja arancione narangi",
    "#f0cf3f": "yellow gelb jaune amarillo giallo peela",
    "#d09c2c": "mustard senf gold golden dorado oro bronze",
    "#7a4f30": "brown braun marron marrone bhura coffee chocolate mushroom",
    "#b98a5b": "tan camel cognac taupe",
    "#e0d3b8": "beige cream creme sand ecru ivory off elfenbein",
}
"""Colour → its names, in English, German, French, Spanish, Italian and Hindi in Latin letters."""
BY_NAME = {name: colour for colour, names in HEX.items() for name in names.split()}
MANY = "conic-gradient(#c62f36, #f0cf3f, #2f8f4e, #2c5fb3, #6f4a9b, #c62f36)"
MANY_NAMES = frozenset({"multi", "multicolour", "multicolor", "multicoloured", "bunt", "mehrfarbig", "assorted"})


def swatch(name: Value) -> str:
    """A CSS background for a colour's name; "" for a name that is not known. "Turquoise Blue" is turquoise."""
    words = [word for part in re.split(r"[^\w]+", name or "") for word in words_of(part) or [part.casefold()]]
    if not MANY_NAMES.isdisjoint(words):
        return MANY
    known = (BY_NAME[word] for word in words if word in BY_NAME)
    return next(known, "") or next((colour for end, colour in BY_NAME.items() if words and words[-1].endswith(end)), "")
