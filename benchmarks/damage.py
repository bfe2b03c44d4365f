"""Damaged indexes: what comes of a file in which one byte changed, or which was cut. Prints Markdown.

    python benchmarks/damage.py [--index index] [--mutations 1000] [--vouched 200] [--seed 0]

Each of `--mutations` is damage as it happens. Each of `--vouched` is damage by a hand that also corrects the manifest,
so that every sha256 fits. Processes of their own try them, since damage may end a process or hold it for ever. Ends
with status 1 where one did, where damage as it happens was not refused, or where an error was not one of ours.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from testkit.index_damage import Damage, damages_of, is_fault, outcomes


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
