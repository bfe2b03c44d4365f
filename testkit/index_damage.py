"""Damaged indexes: opens an index with one byte of a file changed, or a file cut, and reports what happens.

Damage is of two kinds: accidental, which a checksum of the manifest must detect, and vouched, where the manifest was
rewritten so that all checksums fit. Each damage is tried in a child process, since it may crash or hang one.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import random
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from recsys.encoder import Encoder
from recsys.errors import RecsysError
from recsys.format.manifest import MANIFEST
from recsys.index.folder import IndexFolder
from testkit.manifests import file_facts, rewrite

TIMEOUT_S = 60.0
"""After this time, an attempt counts as hung."""
REFUSED, SAME, ANSWERS, DIED, HUNG = "refused", "says the same", "answers", "DIED", "HUNG"
CUT_SHARE = 0.3
"""Share of the damage that cuts a file."""
ENCODER_FIELDS = {"model": "weights", "config": "config", "projection": "projection"}
"""Stem of an encoder file → field of the manifest's encoder entry that holds its sha256."""
PICTURE = Image.linear_gradient("L").convert("RGB")


@dataclass(frozen=True)
class Damage:
    """Damage to a file of an index: one byte changed, or the file cut. `vouched`: the manifest is rewritten to fit."""

    name: str
    number: int
    seed: int
    vouched: bool

    def apply(self, data: bytes) -> bytes:
        """The damaged bytes."""
        chance = random.Random(f"{self.seed} {self.name} {self.number}")
        place = chance.randrange(len(data))
        if chance.random() < CUT_SHARE:
            return data[:place]
        return data[:place] + bytes([data[place] ^ chance.randrange(1, 256)]) + data[place + 1 :]


def damages_of(folder: Path, accidental: int, vouched: int, seed: int) -> dict[str, list[Damage]]:
    """The damage to try for each file of the index."""
    names = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    return {
        name: [
            Damage(name, number, seed, fits)
            for fits, count in ((False, accidental), (True, vouched))
            for number in range(count)
        ]
        for name in names
    }


def outcome_of(folder: Path, damage: Damage) -> str:
    """Apply the damage to the index, open and use it, restore it, and return the outcome."""
    file, manifest = folder / damage.name, folder / MANIFEST
    before, stated = file.read_bytes(), manifest.read_bytes()
    file.write_bytes(damage.apply(before))
    try:
        if damage.vouched:
            vouch_for(folder, damage.name)
        index = IndexFolder.open(folder)
        if not damage.vouched:
            return SAME if index.manifest.to_json().encode() == stated else "OPENS"
        return _use(index, with_encoder=damage.name == MANIFEST or damage.name.startswith("encoder/"))
    except RecsysError:
        return REFUSED
    except Exception as error:
        return f"RAISED {type(error).__name__}: {str(error)[:80]}"
    finally:
        file.write_bytes(before)
        manifest.write_bytes(stated)


def vouch_for(folder: Path, name: str) -> None:
    """Make the manifest, the entry of the encoder included, state the present size and sha256 of the file `name`."""
    facts = file_facts(folder / name)

    def change(body: dict[str, Any]) -> None:
        if name == MANIFEST:
            return
        body["files"][name] = facts
        field = ENCODER_FIELDS.get(Path(name).stem)
        if name.startswith("encoder/") and field:
            body["encoder"][field] = facts["sha256"]

    # A manifest that is itself damaged may be past rewriting.
    with contextlib.suppress(ValueError, KeyError, AttributeError, TypeError):
        rewrite(folder, change)


def _use(index: IndexFolder, with_encoder: bool) -> str:
    """Use everything that serving needs of an index. Loading its encoder takes most of the time, so it is optional."""
    count, dim = len(index.items), index.manifest.search.dim
    vectors = np.concatenate((index.searcher.vectors(range(min(3, count))), np.eye(1, dim, dtype=np.float32)))
    for answer in (index.searcher.approximate(vectors, 10), index.searcher.exact(vectors, 10)):
        assert np.isfinite(answer[1]).all()
    for row in range(count):
        index.thumbnail(row)
    assert isinstance(index.card, str) and isinstance(index.plots, dict)
    if with_encoder:
        encoder = Encoder.from_pretrained(index.path, device="cpu")
        found = encoder.encode([PICTURE])
        assert found.shape == (1, dim) and np.isfinite(found).all()
        encoder.logits(found)
    return ANSWERS


def outcomes(folder: Path, damages: Sequence[Damage]) -> Iterator[tuple[Damage, str]]:
    """The outcome of each damage, tried in a child process that is replaced when it crashes or hangs."""
    context = multiprocessing.get_context("fork")
    at = 0
    while at < len(damages):
        ours, theirs = context.Pipe()
        with tempfile.TemporaryDirectory() as made:
            process = context.Process(target=_try_all, args=(folder, Path(made) / "index", damages[at:], theirs))
            process.start()
            theirs.close()
            for damage in damages[at:]:
                outcome = _receive(ours)
                yield damage, outcome
                at += 1
                if outcome in (DIED, HUNG):
                    break
            process.kill()
            process.join()


def _try_all(folder: Path, copy: Path, damages: Sequence[Damage], to: Connection) -> None:
    shutil.copytree(folder, copy)
    for damage in damages:
        to.send(outcome_of(copy, damage))


def _receive(connection: Connection) -> str:
    try:
        return str(connection.recv()) if connection.poll(TIMEOUT_S) else HUNG
    except EOFError:
        return DIED


def is_fault(outcome: str) -> bool:
    """Whether no damage may have this outcome."""
    return outcome not in (REFUSED, SAME, ANSWERS)
