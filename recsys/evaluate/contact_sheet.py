"""Contact sheets: queries with their nearest products, to be looked at before any figure is read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont, ImageOps

from recsys.evaluate.search_task import K, Trial
from recsys.images.decode import decode
from recsys.runtime.hashing import sha256
from recsys.types import Rows

QUERIES = 12
TILE, GAP, MARGIN, CAPTION = 132, 12, 16, 20
RIGHT, WRONG, PLAIN = "#3f7d4e", "#b3402f", "#d8d2c8"
INK, PAPER = "#1d1b18", "#ffffff"
FRAME, TEXT = 3, 12


@dataclass(frozen=True)
class Shown:
    """A product on the sheet: its id, what it is, and whether it is what was asked for; None for the query."""

    id: str
    kind: str
    right: bool | None = None


def examples(trial: Trial, attribute: str, *, best: bool) -> list[list[Shown]]:
    """Twelve queries, each with its five nearest: those with the most right ones, or with the fewest.

    As far as there are as many, each is of another kind.
    """
    label = trial.label([attribute])
    places = trial.found[0][:, :K]
    alike = label.alike(places)
    asked, held = trial.queries.items, trial.gallery.items
    rows = _chosen(trial.counted(label), alike.sum(1), label.asked, [item.id for item in asked], best)
    return [
        [
            Shown(asked[row].id, asked[row].attributes.get(attribute) or ""),
            *(
                Shown(held[place].id, held[place].attributes.get(attribute) or "", bool(right))
                for place, right in zip(places[row], alike[row], strict=True)
            ),
        ]
        for row in rows
    ]


def _chosen(counted: Rows, right: Rows, kinds: Rows, ids: Sequence[str], best: bool) -> list[int]:
    sign = -1 if best else 1
    order = sorted(counted.tolist(), key=lambda row: (sign * right[row], sha256(f"sheet {ids[row]}".encode())))
    first_of_kind = {kinds[row]: row for row in reversed(order)}.values()
    others = [row for row in order if row not in set(first_of_kind)]
    first = sorted(first_of_kind, key=order.index)
    return [*first, *others][:QUERIES]


def draw_sheet(
    lines: Sequence[Sequence[Shown]], queries: Mapping[str, bytes], gallery: Mapping[str, bytes], path: Path
) -> None:
    """Draw the lines as a PNG: the query at the left, right ones framed green, wrong ones red. Pictures are by id."""
    columns = max(map(len, lines))
    step = TILE + CAPTION + GAP
    size = (2 * MARGIN + columns * (TILE + GAP) + GAP, 2 * MARGIN + len(lines) * step - GAP)
    sheet = Image.new("RGB", size, PAPER)
    pen, font = ImageDraw.Draw(sheet), ImageFont.load_default(TEXT)
    for number, line in enumerate(lines):
        top = MARGIN + number * step
        for column, shown in enumerate(line):
            left = MARGIN + column * (TILE + GAP) + (GAP if column else 0)
            picture = decode((gallery if column else queries)[shown.id])
            colour = {None: PLAIN, True: RIGHT, False: WRONG}[shown.right]
            _draw_tile(sheet, pen, picture, (left, top), colour)
            text = _fitted(shown.kind, font)
            pen.text((left + TILE / 2, top + TILE + 3), text, INK, font, anchor="ma")
    path.parent.mkdir(parents=True, exist_ok=True)
    sheet.save(path, optimize=True)


def _draw_tile(
    sheet: Image.Image, pen: ImageDraw.ImageDraw, picture: Image.Image, corner: tuple[int, int], colour: str
) -> None:
    left, top = corner
    inner = TILE - 2 * FRAME - 2
    tile = ImageOps.pad(picture, (inner, inner), Image.Resampling.LANCZOS, color=PAPER)
    sheet.paste(tile, (left + FRAME + 1, top + FRAME + 1))
    pen.rectangle((left, top, left + TILE - 1, top + TILE - 1), outline=colour, width=FRAME)


def _fitted(text: str, font: ImageFont.FreeTypeFont | ImageFont.ImageFont) -> str:
    """The text, cut where it is wider than a tile."""
    kept = text
    while font.getlength(kept) > TILE and len(kept) > 1:
        kept = f"{kept.rstrip('…')[:-1].rstrip()}…"
    return kept
