"""Fuzzing of the picture decoder and of a running app: finds crashes, hangs, memory growth and leaked details.

Every mutated input is made from a seed and its number, so a failing input can be reproduced.
"""

from __future__ import annotations

import multiprocessing
import os
import random
import re
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from multiprocessing.connection import Connection

import httpx

from recsys.errors import PictureError
from recsys.images.decode import decode, thumbnail
from testkit.memory import memory_mb
from testkit.mutants import Request, mutated_picture, mutated_request, seeds

SLOW_S = 5.0
"""An input that takes longer counts as a fault."""
MAX_GROWTH_MB = 50.0
WARM_UP_SHARE = 0.2
"""Share of a run after which memory growth is measured: libraries and Gradio's sessions fill up first."""
LEAK = re.compile(r"Traceback|File \"/|site-packages|root:x:0")
TRACEBACK = "Traceback (most recent call last)"


@dataclass
class FuzzResult:
    """Outcomes of a fuzzing run: the count of each, the faults, the slowest input, and memory after each input."""

    outcomes: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    slowest_s: float = 0.0
    resident_mb: list[float] = field(default_factory=list)

    def add(self, number: int, outcome: str, seconds: float, resident_mb: float) -> None:
        """Record the outcome of one input. An outcome in capitals is a fault."""
        self.outcomes[outcome.split(":")[0]] += 1
        self.slowest_s = max(self.slowest_s, seconds)
        self.resident_mb.append(resident_mb)
        if outcome[:2].isupper():
            self.faults.append(f"{number}: {outcome}")
        elif seconds > SLOW_S:
            self.faults.append(f"{number}: SLOW, {seconds:.1f} s")

    @property
    def growth_mb(self) -> float:
        """Memory growth from the end of the warm-up to the end of the run."""
        memory = self.resident_mb
        return memory[-1] - memory[int(WARM_UP_SHARE * len(memory))] if memory else 0.0


def fuzz_pictures(count: int, seed: int) -> FuzzResult:
    """Decode `count` mutated pictures in a child process, which is replaced when a picture crashes or hangs it."""
    context, result = multiprocessing.get_context("fork"), FuzzResult()
    while (done := sum(result.outcomes.values())) < count:
        ours, theirs = context.Pipe()
        process = context.Process(target=_decode_all, args=(range(done, count), seed, theirs), daemon=True)
        process.start()
        theirs.close()
        for number in range(done, count):
            try:
                outcome, seconds = ours.recv() if ours.poll(4 * SLOW_S) else ("HUNG", 4 * SLOW_S)
            except EOFError:
                outcome, seconds = "DIED", 0.0
            result.add(number, outcome, seconds, memory_mb(process.pid or 0))
            if outcome in ("HUNG", "DIED"):
                break
        process.kill()
        process.join()
    return result


def _decode_all(numbers: Sequence[int], seed: int, to: Connection) -> None:
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)  # warnings that the decoders print
    for number in numbers:
        data = mutated_picture(random.Random(f"picture {seed} {number}"))
        began = time.monotonic()
        outcome = _decoding_outcome(data)
        to.send((outcome, time.monotonic() - began))


def _decoding_outcome(data: bytes) -> str:
    try:
        picture = decode(data)
        thumbnail(data, picture)
    except PictureError as error:
        return "LEAKED DETAILS" if LEAK.search(str(error)) else "refused"
    except Exception as error:
        return f"RAISED {type(error).__name__}: {error}"
    return "read" if picture.mode == "RGB" else f"BAD MODE {picture.mode}"


def fuzz_requests(count: int, seed: int, base_url: str, app_memory_mb: Callable[[], float]) -> FuzzResult:
    """Send `count` mutated requests one after the other to the app at `base_url`, and classify each answer."""
    result = FuzzResult()
    with httpx.Client(base_url=base_url, timeout=4 * SLOW_S, headers={"Connection": "close"}) as client:
        upload = ""
        for number in range(count):
            if number % 50 == 0:
                upload = client.post("gradio_api/upload", files={"files": ("x.jpg", seeds()["jpeg"])}).json()[0]
            request = mutated_request(random.Random(f"request {seed} {number}"), upload)
            began = time.monotonic()
            outcome = _request_outcome(client, request)
            result.add(number, outcome, time.monotonic() - began, app_memory_mb())
    return result


def _request_outcome(client: httpx.Client, request: Request) -> str:
    try:
        answer = client.request(request.method, request.path, content=request.body, headers=request.headers)
        text = answer.text
        if answer.status_code == 200 and request.path.startswith("gradio_api/call/") and '"event_id"' in text:
            text += client.get(f"gradio_api/call/x/{answer.json()['event_id']}").text
    except httpx.TimeoutException:
        return "HUNG"
    except (httpx.InvalidURL, httpx.LocalProtocolError):
        return "not sent"
    except httpx.HTTPError as error:
        return f"DISCONNECTED: {error!r} {request}"[:300]
    if LEAK.search(text):
        return f"LEAKED DETAILS: {request}"[:300]
    if answer.status_code >= 500 and answer.status_code != 503:
        return f"STATUS {answer.status_code}: {request}"[:300]
    return f"status {answer.status_code}" + (" and an error" if "event: error" in text else "")
