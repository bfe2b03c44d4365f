"""The colours of the shop, under the names that fashion catalogues use."""

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
    """A mixture of two colours, in which `other` has the given share."""
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(colour, other, strict=True))
    return red, green, blue


def luminance(colour: RGB) -> float:
    """The perceived lightness of a colour, from 0 to 255."""
    return 0.299 * colour[0] + 0.587 * colour[1] + 0.114 * colour[2]


def shade(colour: RGB, share: float) -> RGB:
    """The colour in shadow: mixed with a dark blue."""
    return mix(colour, INK, share)


def tint(colour: RGB, share: float) -> RGB:
    """The colour in light: mixed with white."""
    return mix(colour, WHITE, share)


def seam_colour(colour: RGB) -> RGB:
    """The colour of a seam on fabric of this colour: darker on light fabric, lighter on dark fabric."""
    return tint(colour, 0.2) if luminance(colour) < 75 else shade(colour, 0.26)


def vary(name: str, random: Random) -> RGB:
    """A random colour close to the named one, as fabrics of one colour differ a little."""
    hue, light, saturation = colorsys.rgb_to_hls(*(part / 255 for part in COLOURS[name]))
    hue += random.uniform(-0.008, 0.008)
    light = min(max(light + random.uniform(-0.025, 0.025), 0), 0.95)
    saturation *= random.uniform(0.92, 1.08)
    red, green, blue = colorsys.hls_to_rgb(hue % 1, light, min(saturation, 1))
    return round(red * 255), round(green * 255), round(blue * 255)


def companions(name: str, random: Random) -> tuple[RGB, RGB]:
    """Two random colours that match the named one and contrast with it."""
    own = COLOURS[name]
    level = luminance(own)
    group = "dark" if level < 85 else "middle" if level < 185 else "light"
    choices = [other for other in _COMPANIONS[group] if abs(luminance(COLOURS[other]) - level) > 45]
    second, third = random.sample(choices, 2)
    return vary(second, random), vary(third, random)
