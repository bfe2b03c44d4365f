"""A warm query beside the encoder's own forward pass; start-up, API and memory of the app. Prints Markdown."""

from __future__ import annotations

import argparse
import io
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

import numpy as np
from PIL import Image
from watch import ROOT, resident_mb

from recsys.encoder import Encoder
from recsys.picture import decode
from recsys.recommender import Recommender

ROUNDS = 30


def jpeg(side: int) -> bytes:
    """A picture of that many pixels a side that compresses like a photo."""
    rng = np.random.default_rng(0)
    small = Image.fromarray(rng.integers(0, 255, (side // 16, side // 16, 3), dtype=np.uint8))
    out = io.BytesIO()
    small.resize((side, side), Image.Resampling.BICUBIC).save(out, "JPEG", quality=90)
    return out.getvalue()


def medians(calls: dict[str, Callable[[], object]]) -> dict[str, float]:
    """The median milliseconds of each call, measured in turn so that all meet the same noise."""
    times: dict[str, list[float]] = {name: [] for name in calls}
    for round_number in range(ROUNDS + 3):
        for name, call in calls.items():
            started = time.perf_counter()
            call()
            if round_number >= 3:
                times[name].append(1000 * (time.perf_counter() - started))
    return {name: float(np.median(values)) for name, values in times.items()}


def forward_pass(encoder: Encoder, image: Image.Image) -> Callable[[], object]:
    """The network alone on a picture that is already a tensor."""
    import torch  # after recsys.encoder, which sets how its threads wait

    batch = encoder._transform(image)[None].to(memory_format=torch.channels_last)

    def forward() -> object:
        with torch.inference_mode():
            return encoder._network(batch)

    return forward


def beside_the_forward_pass(index: str, picture: bytes) -> None:
    """Print what a query costs in this process."""
    shop = Recommender.from_pretrained(index)
    encoder = shop.encoder
    assert isinstance(encoder, Encoder)
    image = decode(picture)
    found = medians(
        {
            "forward pass alone": forward_pass(encoder, image),
            "recommend, from a decoded picture": lambda: shop.recommend(image),
            "decode and recommend, from a 640 px JPEG": lambda: shop.recommend(decode(picture)),
        }
    )
    print(f"- `{encoder.recipe.architecture}`, {len(shop.items):,} products × {encoder.dim} dimensions")
    for name, value in found.items():
        print(f"  - {name}: {value:.1f} ms, {value / found['forward pass alone']:.2f} × the forward pass")


def through_the_app(index: str, picture: bytes) -> None:
    """Print start-up, answers through the API and memory of app.py over this index."""
    from gradio_client import Client, handle_file

    with socket.socket() as free, tempfile.NamedTemporaryFile(suffix=".jpg") as file:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        file.write(picture)
        file.flush()
        free.close()
        settings = {"INDEX_DIR": str(Path(index).resolve()), "GRADIO_SERVER_PORT": str(port)}
        started = time.monotonic()
        app = subprocess.Popen([sys.executable, "app.py"], cwd=ROOT, env={**os.environ, **settings})
        try:
            page = _wait_for(f"http://127.0.0.1:{port}/", started)
            client = Client(f"http://127.0.0.1:{port}/", verbose=False)
            ask = lambda: client.predict(handle_file(file.name), api_name="/recommend")  # noqa: E731
            answer = ask()
            first = time.monotonic() - started
            print(
                f"  - page after {page:.1f} s, first answer after {first:.1f} s with {len(answer['matches'])} products"
            )
            print(f"  - `/recommend` through gradio_client: {medians({'ask': ask})['ask']:.0f} ms")
            print(f"  - resident memory of the app: {resident_mb(app.pid):.0f} MB")
        finally:
            app.terminate()
            app.wait()


def _wait_for(url: str, started: float) -> float:
    while True:
        try:
            urllib.request.urlopen(url, timeout=5).read()
            return time.monotonic() - started
        except OSError:
            time.sleep(0.1)


def main() -> None:
    """Measure each index and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--index", action="append", required=True)
    options = parser.parse_args()
    picture = jpeg(640)
    for index in options.index:
        beside_the_forward_pass(index, picture)
        through_the_app(index, picture)


if __name__ == "__main__":
    main()
