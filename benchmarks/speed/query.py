"""The time of a warm query: by stage in this process, and from a picture to its JSON through the API.

The API is compared with an empty endpoint of Gradio, called by the same client in the same rounds, and with the
encoder's time for a decoded picture.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.core.app import Client, empty_app, file_data, our_app
from benchmarks.core.photos import photos
from benchmarks.core.timing import WARM_UP_ROUNDS, ms, ratio, summary
from benchmarks.speed.empty_app import ENDPOINT
from recsys import Recommender
from recsys.encoder import Encoder
from recsys.images.decode import decode
from recsys.web.api.schemas import answer_facts

ROUNDS = 40
STAGES = ("decode", "transform", "network", "projection", "heads", "search", "votes and answer", "JSON")
"""`search` is all searches of a query: for its products, for those that vote, and for whether any is close."""
OWN = ("projection", "heads", "search", "votes and answer", "JSON")
"""The stages of this project that neither decode nor encode."""


class Stopwatch:
    """A proxy of an object that adds up the milliseconds spent in some of its methods."""

    def __init__(self, watched: Any, *methods: str):
        self._watched, self._methods, self._ms = watched, methods, 0.0

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._watched, name)
        return self._timed(found) if name in self._methods else found

    def taken(self) -> float:
        """The milliseconds since the last call."""
        taken, self._ms = self._ms, 0.0
        return taken

    def _timed(self, method: Callable[..., Any]) -> Callable[..., Any]:
        def timed(*args: Any, **options: Any) -> Any:
            taken, result = ms(lambda: method(*args, **options))
            self._ms += taken
            return result

        return timed


def measure(index: Path, queries: str | None = None, rounds: int = ROUNDS) -> dict[str, Any]:
    """A query's stages, `own_ms` without decoding and encoding, and the API's round trips beside the empty endpoint's.

    `over_empty` is what the API takes beyond the encoder, as a multiple of the empty round trip; `with_upload` counts
    the picture's upload on both sides.
    """
    pictures = photos(index, rounds + WARM_UP_ROUNDS, queries)
    shop = Recommender.from_pretrained(index)
    stages = by_stage(shop, pictures)
    own = [sum(parts) for parts in zip(*(stages[name] for name in OWN), strict=True)]
    return {
        "products": len(shop.items),
        "runtime": shop.encoder.runtime,
        "stages": {name: summary(times) for name, times in stages.items()},
        "own_ms": median(own),
        "api": through_api(index, shop, pictures),
    }


def by_stage(shop: Recommender, pictures: Sequence[bytes]) -> dict[str, list[float]]:
    """Stage → the milliseconds of each picture after the warm-up."""
    encoder, searcher = Stopwatch(shop.encoder, "logits"), Stopwatch(shop.searcher, "search", "exact")
    watched = Recommender(
        encoder, searcher, shop.items, shop.assets, shop.origin, shop.calibration, shop.crops, shop.ranking
    )
    rows = [_stages(watched, shop.encoder, encoder, searcher, picture) for picture in pictures]
    return {name: [row[name] for row in rows[WARM_UP_ROUNDS:]] for name in STAGES}


def _stages(
    shop: Recommender, encoder: Encoder, heads: Stopwatch, searcher: Stopwatch, picture: bytes
) -> dict[str, float]:
    found: dict[str, float] = {}
    found["decode"], image = ms(lambda: decode(picture))
    found["transform"], pixels = ms(lambda: encoder.pixels([image]))
    found["network"], features = ms(lambda: encoder.features(pixels))
    found["projection"], embedding = ms(lambda: encoder.projection(features) if encoder.projection else features)
    taken, answer = ms(lambda: shop.search(embedding))
    found["heads"], found["search"] = heads.taken(), searcher.taken()
    found["votes and answer"] = taken - found["heads"] - found["search"]
    found["JSON"], _ = ms(lambda: answer_facts(shop, answer, ""))
    return found


def through_api(index: Path, shop: Recommender, pictures: Sequence[bytes]) -> dict[str, Any]:
    """Round trips of /recommend and of the empty endpoint, and the encoder, in turn."""
    times: dict[str, list[float]] = {}
    with our_app(index) as ours, empty_app() as empty:
        app, nothing = Client(ours.port), Client(empty.port)
        for picture in pictures:
            uploading, upload = ms(lambda p=picture: app.upload(p))
            asking, _ = ms(lambda u=upload: app.call("recommend", file_data(u)))
            uploading_there, path = ms(lambda p=picture: nothing.upload(p))
            calling, _ = ms(lambda p=path: nothing.call(ENDPOINT, p))
            image = decode(picture)
            encoding, _ = ms(lambda i=image: shop.embed(i))
            taken = {"recommend": asking, "empty": calling, "encoder": encoding}
            taken |= {"recommend with upload": uploading + asking, "empty with upload": uploading_there + calling}
            for name, value in taken.items():
                times.setdefault(name, []).append(value)
            time.sleep(0.01)
        memory = ours.memory_mb
    times = {name: values[WARM_UP_ROUNDS:] for name, values in times.items()}
    return {
        "times": {name: summary(values) for name, values in times.items()},
        "over_empty": _over(times["recommend"], times["encoder"], times["empty"]),
        "over_empty_with_upload": _over(times["recommend with upload"], times["encoder"], times["empty with upload"]),
        "memory_mb": memory,
    }


def _over(ours: Sequence[float], encoder: Sequence[float], empty: Sequence[float]) -> float:
    """The time beyond the encoder in multiples of the round trip of the empty app."""
    return ratio([whole - part for whole, part in zip(ours, encoder, strict=True)], empty)
