"""The colours of the shop, by the names that fashion catalogues give them."""

from __future__ import annotations

import colorsys
from random import Random

RGB = tuple[int, int, int]

COLOURS: dict[str, RGB] = {
    "Beige": (214, 192, 160),
    "Black": (40, 40, 44),
    "Blue": (62, 112, 178),
    "Bronze": (138, 106, 68),
    "Brown": (112, 76, 54),
    "Burgundy": (104, 30, 50),
    "Charcoal": (76, 80, 86),
    "Coffee Brown": (76, 54, 46),
    "Copper": (184, 114, 78),
    "Cream": (240, 229, 202),
    "Gold": (212, 174, 92),
    "Green": (62, 142, 92),
    "Grey": (150, 153, 158),
    "Grey Melange": (184, 186, 188),
    "Khaki": (166, 150, 112),
    "Lavender": (190, 172, 216),
    "Lime Green": (168, 206, 70),
    "Magenta": (196, 48, 122),
    "Maroon": (128, 36, 48),
    "Mauve": (168, 126, 148),
    "Mustard": (210, 158, 56),
    "Navy Blue": (38, 50, 88),
    "Nude": (222, 180, 156),
    "Off White": (238, 234, 224),
    "Olive": (106, 108, 66),
    "Orange": (232, 124, 58),
    "Peach": (246, 180, 152),
    "Pink": (232, 138, 170),
    "Purple": (112, 74, 144),
    "Red": (200, 52, 58),
    "Rose": (204, 130, 136),
    "Rust": (170, 84, 52),
    "Sea Green": (92, 182, 154),
    "Silver": (200, 203, 208),
    "Skin": (228, 192, 166),
    "Steel": (172, 178, 186),
    "Tan": (178, 124, 78),
    "Taupe": (146, 130, 118),
    "Teal": (34, 114, 120),
    "Turquoise Blue": (68, 182, 200),
    "White": (239, 240, 242),
    "Yellow": (244, 206, 84),
}

WHITE: RGB = (255, 255, 255)
INK: RGB = (24, 24, 44)
BRASS: RGB = (204, 170, 96)
STEEL: RGB = (182, 186, 194)

_COMPANIONS: dict[str, tuple[str, ...]] = {
    "light": ("Navy Blue", "Blue", "Red", "Teal", "Grey", "Pink", "Olive", "Tan"),
    "middle": ("Off White", "Navy Blue", "Cream", "White", "Black"),
    "dark": ("Off White", "Grey Melange", "Red", "Mustard", "Sea Green", "Peach", "Turquoise Blue"),
}


def mix(colour: RGB, other: RGB, share: float) -> RGB:
    """`colour` with a share of `other` in it."""
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(colour, other, strict=True))
    return red, green, blue


def luminance(colour: RGB) -> float:
    """How light a colour looks, from 0 to 255."""
    return 0.299 * colour[0] + 0.587 * colour[1] + 0.114 * colour[2]


def shade(colour: RGB, share: float) -> RGB:
    """The colour in shadow: towards a cool near-black."""
    return mix(colour, INK, share)


def tint(colour: RGB, share: float) -> RGB:
    """The colour in light: towards white."""
    return mix(colour, WHITE, share)


def seam(colour: RGB) -> RGB:
    """A thread that shows on cloth of this colour: darker than light cloth, lighter than dark."""
    return tint(colour, 0.2) if luminance(colour) < 75 else shade(colour, 0.26)


def varied(name: str, random: Random) -> RGB:
    """A dye lot of a named colour: near it, never quite the same."""
    hue, light, saturation = colorsys.rgb_to_hls(*(part / 255 for part in COLOURS[name]))
    hue += random.uniform(-0.008, 0.008)
    light = min(max(light + random.uniform(-0.025, 0.025), 0), 0.95)
    saturation *= random.uniform(0.92, 1.08)
    red, green, blue = colorsys.hls_to_rgb(hue % 1, light, min(saturation, 1))
    return round(red * 255), round(green * 255), round(blue * 255)


def companions(name: str, random: Random) -> tuple[RGB, RGB]:
    """Two other colours that stand out from the named one and go with it."""
    own = COLOURS[name]
    level = luminance(own)
    group = "dark" if level < 85 else "middle" if level < 185 else "light"
    choices = [other for other in _COMPANIONS[group] if abs(luminance(COLOURS[other]) - level) > 45]
    second, third = random.sample(choices, 2)
    return varied(second, random), varied(third, random)
