"""Contact sheets: queries with their nearest products, to judge the results by eye."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont, ImageOps

from recsys.evaluate.search_task import PRECISION_K, SearchTask
from recsys.images.decode import decode
from recsys.runtime.hashing import sha256
from recsys.types import Item, Rows

QUERIES = 12
TILE_PX = 132
GAP_PX = 12
MARGIN_PX = 16
CAPTION_PX = 20
FRAME_PX = 3
FONT_PX = 12
RIGHT_COLOUR = "#3f7d4e"
WRONG_COLOUR = "#b3402f"
QUERY_COLOUR = "#d8d2c8"
INK = "#1d1b18"
PAPER = "#ffffff"


@dataclass(frozen=True)
class Shown:
    """A product on the sheet. `right` says whether it has the kind of the query; it is None for the query itself."""

    id: str
    kind: str
    right: bool | None = None


def examples(task: SearchTask, attribute: str, *, best: bool) -> list[list[Shown]]:
    """Twelve queries, each with its five nearest: the queries with the most correct matches, or with the fewest.

    Queries of different kinds come first.
    """
    label = task.label([attribute])
    places = task.neighbours[0][:, :PRECISION_K]
    alike = label.matches(places)
    asked, held = task.queries.items, task.gallery.items
    rows = _chosen(task.scored_queries(label), alike.sum(1), label.queries, [item.id for item in asked], best)

    def shown(item: Item, right: bool | None = None) -> Shown:
        return Shown(item.id, item.value(attribute) or "", right)

    return [
        [
            shown(asked[row]),
            *(shown(held[place], bool(right)) for place, right in zip(places[row], alike[row], strict=True)),
        ]
        for row in rows
    ]


def _chosen(counted: Rows, right: Rows, kinds: Rows, ids: Sequence[str], best: bool) -> list[int]:
    sign = -1 if best else 1
    order = sorted(counted.tolist(), key=lambda row: (sign * right[row], sha256(f"sheet {ids[row]}".encode())))
    first_of_kind = set({kinds[row]: row for row in reversed(order)}.values())
    return sorted(order, key=lambda row: row not in first_of_kind)[:QUERIES]


def draw_sheet(
    lines: Sequence[Sequence[Shown]], queries: Mapping[str, bytes], gallery: Mapping[str, bytes], path: Path
) -> None:
    """Draw the lines as a PNG: the query on the left, correct matches framed green, wrong ones red.

    `queries` and `gallery` are encoded pictures by id.
    """
    columns = max(map(len, lines))
    step = TILE_PX + CAPTION_PX + GAP_PX
    size = (2 * MARGIN_PX + columns * (TILE_PX + GAP_PX) + GAP_PX, 2 * MARGIN_PX + len(lines) * step - GAP_PX)
    sheet = Image.new("RGB", size, PAPER)
    pen, font = ImageDraw.Draw(sheet), ImageFont.load_default(FONT_PX)
    for number, line in enumerate(lines):
        top = MARGIN_PX + number * step
        for column, shown in enumerate(line):
            left = MARGIN_PX + column * (TILE_PX + GAP_PX) + (GAP_PX if column else 0)
            picture = decode((gallery if column else queries)[shown.id])
            colour = {None: QUERY_COLOUR, True: RIGHT_COLOUR, False: WRONG_COLOUR}[shown.right]
            sheet.paste(_tile(picture, colour), (left, top))
            text = _shortened(shown.kind, font)
            pen.text((left + TILE_PX / 2, top + TILE_PX + 3), text, INK, font, anchor="ma")
    path.parent.mkdir(parents=True, exist_ok=True)
    sheet.save(path, optimize=True)


def _tile(picture: Image.Image, colour: str) -> Image.Image:
    """The picture in a frame of this colour, with a white line between them."""
    inner = TILE_PX - 2 * FRAME_PX - 2
    padded = ImageOps.pad(picture, (inner, inner), Image.Resampling.LANCZOS, color=PAPER)
    return ImageOps.expand(ImageOps.expand(padded, 1, PAPER), FRAME_PX, colour)


def _shortened(text: str, font: ImageFont.FreeTypeFont | ImageFont.ImageFont) -> str:
    """The text, shortened to the width of a tile."""
    kept = text
    while font.getlength(kept) > TILE_PX and len(kept) > 1:
        kept = f"{kept.rstrip('…')[:-1].rstrip()}…"
    return kept
