"""The colours of the page: words and borders stand out from what they lie on, in light and dark."""

from __future__ import annotations

import re

import pytest

from recsys.web.page.theme import PAPER_AND_INK, STYLE_SHEETS

SHEETS = {path.name: path.read_text("utf-8") for path in STYLE_SHEETS}


def colours(mode):
    """The palette of a mode, with the colours that the theme has."""
    place = {"": ":root", "_dark": r"\.dark"}[mode]
    block = re.search(rf"{place} \{{(.*?)\n\}}", SHEETS["style.css"], re.DOTALL)[1]
    found = dict(re.findall(r"--([\w-]+): (#\w{6});", block))
    return found | {
        "paper": PAPER_AND_INK[f"body_background_fill{mode}"],
        "ink": PAPER_AND_INK[f"body_text_color{mode}"],
    }


def luminance(colour):
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one, other):
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("mode", ["", "_dark"], ids=["light", "dark"])
@pytest.mark.parametrize("ground", ["paper", "panel", "tone"])
def test_borders_and_words_stand_out(mode, ground):
    found = colours(mode)
    assert contrast(found["edge"], found[ground]) >= 3
    assert contrast(found["muted"], found[ground]) >= 4.5 and contrast(found["accent"], found[ground]) >= 4.5
    assert contrast(found["ink"], found[ground]) >= 7


def test_a_phone_does_not_zoom_into_a_field():
    """Safari does so where the font of a field is smaller than 16 px."""
    rules = "\n".join(SHEETS.values())
    fields = re.findall(r"(#[\w-]+ [^{}\n]*input[^{}\n]*|#filters select )\{([^}]*)\}", rules)
    sizes = [float(size) for _, body in fields for size in re.findall(r"font-size: ([\d.]+)px", body)]
    assert len(sizes) >= 3 and min(sizes) >= 16
