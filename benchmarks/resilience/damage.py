"""Damaged indexes: each file with one byte changed or cut off, as it happens and with a manifest that was made to fit.

Fails if damage crashes or hangs a process, if accidental damage is not refused, or if an error is not one of ours.
"Says the same" is a changed character that JSON ignores. Vouched damage that "answers" has other vectors, pictures or
texts, and nothing worse.
"""

from __future__ import annotations

import argparse
from collections import Counter
from pathlib import Path

from benchmarks.core.processes import ROOT
from benchmarks.core.results import Result
from testkit.index_damage import damages_of, is_fault, outcomes


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--index", type=Path, default=ROOT / "index")
    parser.add_argument("--mutations", type=int, default=1000, help="accidental damage of each file")
    parser.add_argument("--vouched", type=int, default=200, help="damage of each file with a manifest that fits")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--files", nargs="*", help="only these")


def run(options: argparse.Namespace) -> Result:
    rows, failures = [], []
    for name, damages in damages_of(options.index, options.mutations, options.vouched, options.seed).items():
        if options.files and name not in options.files:
            continue
        counts = {False: Counter[str](), True: Counter[str]()}
        for damage, outcome in outcomes(options.index, damages):
            counts[damage.vouched][outcome.split(":")[0]] += 1
            if is_fault(outcome):
                failures.append(f"{damage}: {outcome}")
        rows.append({"file": name, "damaged": _shown(counts[False]), "damaged and vouched for": _shown(counts[True])})
    return Result({"": rows}, failures)


def _shown(counts: Counter[str]) -> str:
    return ", ".join(f"{count:,} {outcome}" for outcome, count in counts.most_common())
