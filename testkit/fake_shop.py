"""A shop of sixty drawn products for tests, with an encoder that needs no network and an exact search."""

from __future__ import annotations

import io
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from PIL import Image, ImageDraw

from recsys.core.calibration import Calibration
from recsys.core.items import Items
from recsys.recommend.recommender import Recommender
from recsys.types import Item, Origin, Rows, Vectors, Where

KINDS = ("Tshirts", "Dresses", "Trousers", "Handbags", "Watches", "Caps")
COLOURS = {"Navy Blue": "#26355e", "Red": "#b3262e", "Olive": "#6b6e3a", "Black": "#222222", "Mustard": "#d09c2c"}
HOSTILE_NAME = "<script>alert(1)</script> ${alert(1)} {{value}} `\"'&"


class ThumbnailEncoder:
    """Encodes a picture as its 8 × 8 colours, a unit vector. Waits for the event `ready`, like a model that is loading.

    `sees` is the prediction for every picture: attribute → value → probability.
    """

    def __init__(self, sees: Mapping[str, Mapping[str, float]] | None = None) -> None:
        self.sees = sees or {}
        self.ready = threading.Event()
        self.ready.set()

    def encode(self, images: list[Image.Image]) -> Vectors:
        self.ready.wait(60)
        return np.stack([self._vector(image) for image in images])

    @property
    def values(self) -> dict[str, tuple[str, ...]]:
        return {name: tuple(probabilities) for name, probabilities in self.sees.items()}

    def logits(self, vectors: Vectors) -> dict[str, Vectors]:
        shares = {name: np.array(list(known.values()), dtype=np.float32) for name, known in self.sees.items()}
        return {name: np.tile(np.log(share), (len(vectors), 1)) for name, share in shares.items()}

    def heat(self, image: Image.Image, item: Vectors) -> None:
        return None

    @staticmethod
    def _vector(image: Image.Image) -> np.ndarray:
        small = np.asarray(image.convert("RGB").resize((8, 8), Image.Resampling.BOX), dtype=np.float32).ravel()
        centred = 260 - small
        return centred / np.linalg.norm(centred)


@dataclass
class ExactSearcher:
    """An exact search over all vectors."""

    matrix: Vectors
    items: Items

    def vectors(self, rows: Rows) -> Vectors:
        return self.matrix[np.asarray(rows)]

    def search(self, vectors: Vectors, k: int, where: Where | None = None) -> tuple[Rows, Vectors]:
        passing = self.items.passing(where or {})
        cosines = vectors @ self.matrix[passing].T
        best = np.argsort(-cosines, axis=1, kind="stable")[:, :k]
        return passing[best], np.take_along_axis(cosines, best, axis=1)


@dataclass
class Pictures:
    """Thumbnails in memory, and a card with its plots."""

    encoded: list[bytes] = field(default_factory=list)
    card: str = "# A fake shop"
    plots: Mapping[str, bytes] = field(default_factory=dict)
    version: str = "0123abcd"
    picture_numbers: None = None
    full_text: None = None

    def thumbnail(self, row: int) -> bytes:
        return self.encoded[row]


def draw(kind: str, colour: str, size: tuple[int, int] = (240, 320)) -> Image.Image:
    """A flat picture of a product on a white background."""
    image = Image.new("RGB", (240, 320), "white")
    pen = ImageDraw.Draw(image)
    shapes = {
        "Tshirts": [(20, 70), (80, 40), (160, 40), (220, 70), (200, 120), (175, 105), (175, 280), (65, 280), (65, 105)],
        "Dresses": [(85, 30), (155, 30), (150, 130), (210, 300), (30, 300), (90, 130)],
        "Trousers": [(70, 30), (170, 30), (190, 300), (135, 300), (120, 110), (105, 300), (50, 300)],
        "Handbags": [(50, 140), (190, 140), (210, 270), (30, 270)],
        "Caps": [(60, 190), (80, 110), (160, 110), (180, 190), (225, 215), (60, 205)],
    }
    if kind == "Watches":
        pen.rectangle((100, 30, 140, 290), fill=colour)
        pen.ellipse((70, 110, 170, 210), fill="#dddddd", outline=colour, width=10)
    else:
        pen.polygon(shapes[kind], fill=colour)
    if kind == "Handbags":
        pen.arc((75, 70, 165, 210), 180, 360, fill=colour, width=10)
    return image if size == image.size else image.resize(size, Image.Resampling.LANCZOS)


def encoded(image: Image.Image, format: str = "PNG", **options: object) -> bytes:
    """The picture as the bytes of a file."""
    out = io.BytesIO()
    image.save(out, format, **options)
    return out.getvalue()


def fake_shop(
    notice: str | None = None,
    calibration: Calibration | None = None,
    sees: Mapping[str, Mapping[str, float]] | None = None,
) -> Recommender:
    """Sixty products. One has a hostile name, one has none, one has an id that needs quoting, some lack attributes."""
    items, pictures, vectors = [], [], []
    encoder = ThumbnailEncoder(sees)
    for number in range(60):
        kind, colour = KINDS[number % 6], list(COLOURS)[number // 6 % 5]
        women = number >= 30
        name = {1: HOSTILE_NAME, 2: None}.get(number, f"{'Women' if women else 'Men'} {colour} {kind[:-1]} {number}")
        attributes = {
            "gender": "Women" if women else "Men",
            "masterCategory": "Apparel" if number % 6 < 3 else "Accessories",
            "articleType": kind,
            "baseColour": colour,
            "season": [None, "Summer", "Winter"][number % 3],
            "shop": "Ours",
        }
        image = draw(kind, COLOURS[colour], (60, 80) if number % 10 == 9 else (240, 320))
        items.append(Item("a/b ü?" if number == 3 else f"p{number}", name, attributes))
        pictures.append(encoded(image, "JPEG" if number % 2 else "PNG"))
        vectors.append(encoder.encode([image])[0])
    columns = Items.from_items(items, list(items[0].attributes))
    origin = Origin("tests/fake-shop", "tests/fake-products", "1a2b3c4d5e6f7890", notice)
    searcher = ExactSearcher(np.stack(vectors), columns)
    return Recommender(encoder, searcher, columns, Pictures(pictures), origin, calibration)


def set_items(shop: Recommender, items: Items) -> None:
    """Give the shop other items of the same vectors. A searcher of Milvus has a local one, which knows them too."""
    shop.items = items
    for searcher in (shop.searcher, getattr(shop.searcher, "_local", None)):
        if searcher is not None:
            searcher.items = items
