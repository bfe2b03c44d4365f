"""Nonsense for the pictures' decoder and for the running app: what crashes, hangs, leaks or tells too much.

    python benchmarks/fuzz.py [--pictures 10000] [--requests 10000] [--seed 0] [--index index]

Prints Markdown; ends with status 1 where something did. What fails is named by its number, and made again by the same
seed.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import random
import re
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path

import httpx
from mutants import Request, mutated_picture, mutated_request, seeds
from watch import ROOT, resident_mb

sys.path.insert(0, str(ROOT))

from recsys.errors import PictureError
from recsys.images.decode import decode, thumbnail

SLOW = 5.0
"""Seconds that nothing may take."""
GROWTH_MB = 50.0
WARM_UP = 0.2
"""The share of the run after which memory is compared: libraries, and Gradio's sessions, fill up first."""
TOLD_TOO_MUCH = re.compile(r"Traceback|File \"/|site-packages|root:x:0")
TRACEBACK = "Traceback (most recent call last)"


@dataclass
class Result:
    """What came of a run: how often which outcome, what went wrong, the slowest in seconds, memory after each in MB."""

    outcomes: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    slowest: float = 0.0
    resident: list[float] = field(default_factory=list)

    def note(self, number: int, outcome: str, seconds: float, resident: float) -> None:
        """Take in what came of one; an outcome in capitals is a fault."""
        self.outcomes[outcome.split(":")[0]] += 1
        self.slowest = max(self.slowest, seconds)
        self.resident.append(resident)
        if outcome[:2].isupper():
            self.faults.append(f"{number}: {outcome}")
        elif seconds > SLOW:
            self.faults.append(f"{number}: SLOW, {seconds:.1f} s")

    @property
    def growth(self) -> float:
        """MB from the end of the warm-up to the end of the run."""
        return self.resident[-1] - self.resident[int(WARM_UP * len(self.resident))] if self.resident else 0.0

    def told(self, name: str) -> str:
        """A line of the table."""
        outcomes = ", ".join(f"{count:,} {outcome}" for outcome, count in self.outcomes.most_common())
        return f"| {name} | {outcomes} | {len(self.faults)} | {self.slowest:.2f} s | {self.growth:+.0f} MB |"


def fuzz_pictures(count: int, seed: int) -> Result:
    """Decode `count` mutated pictures, each by its number, in a process that is replaced where one ends or holds it."""
    context, result = multiprocessing.get_context("fork"), Result()
    while (done := sum(result.outcomes.values())) < count:
        ours, theirs = context.Pipe()
        process = context.Process(target=_decode_all, args=(range(done, count), seed, theirs), daemon=True)
        process.start()
        theirs.close()
        for number in range(done, count):
            try:
                outcome, seconds = ours.recv() if ours.poll(4 * SLOW) else ("HUNG", 4 * SLOW)
            except EOFError:
                outcome, seconds = "DIED", 0.0
            result.note(number, outcome, seconds, resident_mb(process.pid or 0))
            if outcome in ("HUNG", "DIED"):
                break
        process.kill()
        process.join()
    return result


def _decode_all(numbers: Sequence[int], seed: int, to: Connection) -> None:
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)  # the decoders' own complaints
    for number in numbers:
        data = mutated_picture(random.Random(f"picture {seed} {number}"))
        began = time.monotonic()
        outcome = _decoded(data)
        to.send((outcome, time.monotonic() - began))


def _decoded(data: bytes) -> str:
    try:
        picture = decode(data)
        thumbnail(data, picture)
    except PictureError as error:
        return "TELLS TOO MUCH" if TOLD_TOO_MUCH.search(str(error)) else "refused"
    except Exception as error:
        return f"RAISED {type(error).__name__}: {error}"
    return "read" if picture.mode == "RGB" else f"BAD MODE {picture.mode}"


def fuzz_requests(count: int, seed: int, base: str, memory: Callable[[], float]) -> Result:
    """Send `count` mutated requests to the app at `base`, one after the other, and read what comes of each."""
    result = Result()
    with httpx.Client(base_url=base, timeout=4 * SLOW, headers={"Connection": "close"}) as client:
        upload = ""
        for number in range(count):
            if number % 50 == 0:
                upload = client.post("gradio_api/upload", files={"files": ("x.jpg", seeds()["jpeg"])}).json()[0]
            request = mutated_request(random.Random(f"request {seed} {number}"), upload)
            began = time.monotonic()
            outcome = _answered(client, request)
            result.note(number, outcome, time.monotonic() - began, memory())
    return result


def _answered(client: httpx.Client, request: Request) -> str:
    try:
        answer = client.request(request.method, request.path, content=request.body, headers=request.headers)
        said = answer.text
        if answer.status_code == 200 and request.path.startswith("gradio_api/call/") and '"event_id"' in said:
            said += client.get(f"gradio_api/call/x/{answer.json()['event_id']}").text
    except httpx.TimeoutException:
        return "HUNG"
    except (httpx.InvalidURL, httpx.LocalProtocolError):
        return "not sent"
    except httpx.HTTPError as error:
        return f"BROKEN OFF: {error!r} {request}"[:300]
    if TOLD_TOO_MUCH.search(said):
        return f"TELLS TOO MUCH: {request}"[:300]
    if answer.status_code >= 500 and answer.status_code != 503:
        return f"STATUS {answer.status_code}: {request}"[:300]
    return f"status {answer.status_code}" + (" and an error" if "event: error" in said else "")


@contextmanager
def app(index: Path) -> Iterator[tuple[str, int, Path]]:
    """app.py over this index, ready to answer: its address, its process, and what it writes."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with tempfile.TemporaryDirectory() as made:
        log = Path(made) / "log"
        settings = {"INDEX_DIR": str(index.resolve()), "GRADIO_SERVER_PORT": str(port), "GRADIO_TEMP_DIR": made}
        with log.open("wb") as out:
            process = subprocess.Popen(
                [sys.executable, "app.py"], cwd=ROOT, env={**os.environ, **settings}, stdout=out, stderr=out
            )
        base = f"http://127.0.0.1:{port}/"
        try:
            while process.poll() is None and not _is_up(base):
                time.sleep(0.1)
            yield base, process.pid, log
        finally:
            process.terminate()
            process.wait()


def _is_up(base: str) -> bool:
    try:
        return httpx.get(base, timeout=SLOW).status_code == 200
    except httpx.HTTPError:
        return False


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pictures", type=int, default=10_000)
    parser.add_argument("--requests", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--index", type=Path, default=ROOT / "index")
    parser.add_argument("--log", type=Path, help="where to keep what the app wrote")
    asked = parser.parse_args(arguments)
    results = {f"{asked.pictures:,} pictures": fuzz_pictures(asked.pictures, asked.seed)}
    if asked.requests:
        with app(asked.index) as (base, pid, log):
            found = fuzz_requests(asked.requests, asked.seed, base, lambda: resident_mb(pid))
            written = log.read_text("utf-8", errors="replace")
        if asked.log:
            asked.log.write_text(written, "utf-8")
        found.faults += ["a TRACEBACK in the log"] * written.count(TRACEBACK)
        results[f"{asked.requests:,} requests"] = found
    print("| sent | came of it | faults | slowest | memory |\n| --- | --- | --- | --- | --- |")
    for name, result in results.items():
        print(result.told(name))
    faults = [fault for result in results.values() for fault in result.faults]
    faults += [
        f"{name} GREW by {result.growth:.0f} MB" for name, result in results.items() if result.growth > GROWTH_MB
    ]
    print(*faults[:40], sep="\n")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
