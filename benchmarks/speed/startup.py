"""Start-up: from the start of app.py to its first answer, beside `import gradio` in a new process.

The disk cache is warm. The steps are measured in separate runs, in which app.py writes a time stamp after each.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.core.app import Client, RunningApp, file_data, our_app, running
from benchmarks.core.photos import photos

ROUNDS = 5
POLL_S = 0.005
STEPS = ("imports", "index opened", "encoder ready", "page up", "first answer")
STAMPS = "STARTUP_STAMPS"


def measure(index: Path, queries: str | None = None, rounds: int = ROUNDS) -> dict[str, Any]:
    """Seconds until the page and from there to the first answer, beside `import gradio`; and the seconds of each step.

    `page` and `answer` are these times in multiples of the import.
    """
    (picture,) = photos(index, 1, queries)
    imports, pages, answers, memory = [], [], [], 0.0
    for _ in range(rounds):
        imports.append(_import_gradio())
        with our_app(index) as app:
            answers.append(_first_answer(app, picture) - app.page_s)
            pages.append(app.page_s)
            memory = app.memory_mb
    steps = [_steps(index, picture) for _ in range(max(1, rounds // 2))]
    return {
        "disk_cache": "warm",
        "import_gradio_s": imports,
        "page_s": pages,
        "answer_after_page_s": answers,
        "page": median(page / alone for page, alone in zip(pages, imports, strict=True)),
        "answer": median(answer / alone for answer, alone in zip(answers, imports, strict=True)),
        "steps_s": {name: median(row[name] for row in steps) for name in STEPS},
        "memory_mb": memory,
    }


def _import_gradio() -> float:
    started = time.monotonic()
    subprocess.run([sys.executable, "-c", "import gradio"], check=True, stderr=subprocess.DEVNULL)
    return time.monotonic() - started


def _first_answer(app: RunningApp, picture: bytes) -> float:
    """Seconds from the start of the app to its first answer."""
    client = Client(app.port)
    client.call("recommend", file_data(client.upload(picture)))
    return time.monotonic() - app.started


def _steps(index: Path, picture: bytes) -> dict[str, float]:
    """Seconds from the start until each step is done."""
    with tempfile.TemporaryDirectory() as folder:
        stamps = Path(folder) / "stamps"
        settings = {"INDEX_DIR": str(index.resolve()), STAMPS: str(stamps)}
        with running("-m", "benchmarks.speed.startup", **settings) as app:
            answered = _first_answer(app, picture)
            stamped_at = dict(json.loads(line) for line in stamps.read_text().splitlines())
            stamped_at = {name: at - app.started for name, at in stamped_at.items()}
            return stamped_at | {"page up": app.page_s, "first answer": answered}


def main(stamps: str) -> None:
    """Run `recsys serve`, and append to a file when it is imported, its index open, and its encoder ready."""
    from recsys.cli import serve

    def stamp(name: str, done: Callable[[], object] = lambda: True) -> None:
        while not done():
            time.sleep(POLL_S)
        with Path(stamps).open("a") as file:
            print(json.dumps([name, time.monotonic()]), file=file)

    def stamped(*args: Any) -> Any:
        shop = open_recommender(*args)
        stamp("index opened")
        threading.Thread(target=stamp, args=("encoder ready", lambda: shop.encoder.values is not None)).start()
        return shop

    open_recommender, serve.open_recommender = serve.open_recommender, stamped
    imported = lambda: hasattr(sys.modules.get("recsys.web"), "launch")  # noqa: E731
    threading.Thread(target=stamp, args=("imports", imported)).start()
    sys.exit(serve.main([]))


if __name__ == "__main__":
    main(os.environ[STAMPS])
