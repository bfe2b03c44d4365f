"""Damaged indexes: what comes of a file in which one byte changed, or which was cut. Prints Markdown.

    python benchmarks/damage.py [--index index] [--mutations 1000] [--vouched 200] [--seed 0]

Each of `--mutations` is damage as it happens. Each of `--vouched` is damage by a hand that also corrects the manifest,
so that every sha256 fits. Processes of their own try them, since damage may end a process or hold it for ever. Ends
with status 1 where one did, where damage as it happens was not refused, or where an error was not one of ours.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import random
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

import numpy as np

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from PIL import Image

from recsys.encoder import Encoder
from recsys.errors import RecsysError
from recsys.format.layout import MANIFEST
from recsys.index.folder import IndexFolder
from recsys.runtime.hashing import file_sha256, sha256

PATIENCE = 60.0
"""Seconds after which one that is tried counts as hung."""
REFUSED, SAME, ANSWERS, DIED, HUNG = "refused", "says the same", "answers", "DIED", "HUNG"
CUT = 0.3
"""The share of the damage that cuts a file."""
RECIPE = {"model": "weights", "config": "config", "projection": "projection"}
"""The stem of a file of the encoder → the field of its recipe that holds its sha256."""
PICTURE = Image.linear_gradient("L").convert("RGB")


@dataclass(frozen=True)
class Damage:
    """What is done to a file: one byte changed, or the file cut; `vouched` where the manifest then agrees."""

    name: str
    number: int
    seed: int
    vouched: bool

    def of(self, data: bytes) -> bytes:
        """The damaged bytes."""
        chance = random.Random(f"{self.seed} {self.name} {self.number}")
        place = chance.randrange(len(data))
        if chance.random() < CUT:
            return data[:place]
        return data[:place] + bytes([data[place] ^ chance.randrange(1, 256)]) + data[place + 1 :]


def tried(folder: Path, damage: Damage) -> str:
    """What comes of this damage to the index of the folder, which is whole again afterwards."""
    file, manifest = folder / damage.name, folder / MANIFEST
    before, stated = file.read_bytes(), manifest.read_bytes()
    file.write_bytes(damage.of(before))
    try:
        if damage.vouched:
            vouch_for(folder, damage.name)
        used = IndexFolder.open(folder)
        if not damage.vouched:
            return SAME if used.manifest.to_json().encode() == stated else "OPENS"
        return _asked(used, with_encoder=damage.name == MANIFEST or damage.name.startswith("encoder/"))
    except RecsysError:
        return REFUSED
    except Exception as error:
        return f"RAISED {type(error).__name__}: {str(error)[:80]}"
    finally:
        file.write_bytes(before)
        manifest.write_bytes(stated)


def vouch_for(folder: Path, name: str) -> None:
    """Let the manifest state what this file is now, and have the hash that fits."""
    path = folder / MANIFEST
    try:
        body = json.loads(path.read_text("utf-8"))
        body.pop("sha256")
        if name != MANIFEST:
            facts = {"size": (folder / name).stat().st_size, "sha256": file_sha256(folder / name)}
            body["files"][name] = facts
            field = RECIPE.get(Path(name).stem)
            if name.startswith("encoder/") and field:
                body["encoder"][field] = facts["sha256"]
    except (ValueError, KeyError, AttributeError, TypeError):
        return  # the manifest itself is what was damaged, past vouching for
    text = json.dumps(body, sort_keys=True, ensure_ascii=False)
    path.write_text(json.dumps({**body, "sha256": sha256(text.encode())}, ensure_ascii=False), "utf-8")


def _asked(index: IndexFolder, with_encoder: bool) -> str:
    """Everything that serving asks of an index; loading its encoder takes the most time by far."""
    count, dim = len(index.items), index.manifest.search.dim
    vectors = np.concatenate((index.searcher.vectors(range(min(3, count))), np.eye(1, dim, dtype=np.float32)))
    for answer in (index.searcher.approximate(vectors, 10), index.searcher.exact(vectors, 10)):
        assert np.isfinite(answer[1]).all()
    for row in range(count):
        index.thumbnail(row)
    assert isinstance(index.card, str) and isinstance(index.plots, dict)
    if with_encoder:
        encoder = Encoder.of_index(index.path, device="cpu")
        found = encoder.encode([PICTURE])
        assert found.shape == (1, dim) and np.isfinite(found).all()
        encoder.logits(found)
    return ANSWERS


def outcomes(folder: Path, damages: Sequence[Damage]) -> Iterator[tuple[Damage, str]]:
    """What comes of each, tried in a process that is replaced where one ends it or holds it."""
    context = multiprocessing.get_context("fork")
    at = 0
    while at < len(damages):
        ours, theirs = context.Pipe()
        with tempfile.TemporaryDirectory() as made:
            process = context.Process(target=_try_all, args=(folder, Path(made) / "index", damages[at:], theirs))
            process.start()
            theirs.close()
            for damage in damages[at:]:
                outcome = _received(ours)
                yield damage, outcome
                at += 1
                if outcome in (DIED, HUNG):
                    break
            process.kill()
            process.join()


def _try_all(folder: Path, copy: Path, damages: Sequence[Damage], to: Connection) -> None:
    shutil.copytree(folder, copy)
    for damage in damages:
        to.send(tried(copy, damage))


def _received(connection: Connection) -> str:
    try:
        return str(connection.recv()) if connection.poll(PATIENCE) else HUNG
    except EOFError:
        return DIED


def damages_of(folder: Path, mutations: int, vouched: int, seed: int) -> dict[str, list[Damage]]:
    """For each file of the index, what is to be tried."""
    names = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    return {
        name: [
            Damage(name, number, seed, fits)
            for fits, count in ((False, mutations), (True, vouched))
            for number in range(count)
        ]
        for name in names
    }


def is_fault(outcome: str) -> bool:
    """Whether this must not come of any damage."""
    return outcome not in (REFUSED, SAME, ANSWERS)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--index", type=Path, default=ROOT / "index")
    parser.add_argument("--mutations", type=int, default=1000, help="of each file, as damage happens")
    parser.add_argument("--vouched", type=int, default=200, help="of each file, with a manifest that fits")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--files", nargs="*", help="only these")
    asked = parser.parse_args(arguments)
    print("| file | damaged | damaged and vouched for |\n| --- | --- | --- |")
    faults: list[tuple[Damage, str]] = []
    for name, damages in damages_of(asked.index, asked.mutations, asked.vouched, asked.seed).items():
        if asked.files and name not in asked.files:
            continue
        counts: dict[bool, Counter[str]] = {False: Counter(), True: Counter()}
        for damage, outcome in outcomes(asked.index, damages):
            counts[damage.vouched][outcome.split(":")[0]] += 1
            if is_fault(outcome):
                faults.append((damage, outcome))
        print(f"| {name} | {_told(counts[False])} | {_told(counts[True])} |", flush=True)
    for damage, outcome in faults[:40]:
        print(f"{damage}: {outcome}")
    return 1 if faults else 0


def _told(counts: Counter[str]) -> str:
    return ", ".join(f"{count:,} {outcome}" for outcome, count in counts.most_common())


if __name__ == "__main__":
    sys.exit(main())
