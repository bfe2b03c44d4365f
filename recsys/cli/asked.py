"""`recsys asked`: prints what visitors of a running shop asked for and the shop does not have."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

import httpx
from prometheus_client.parser import text_string_to_metric_families

NAME = "recsys_asked_not_found_total"
TIMEOUT_S = 10.0


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table of the shop that the command line names. Returns the exit status."""
    flags = argparse.ArgumentParser(
        prog="recsys asked",
        description="Print the kinds and colours that visitors of a running shop asked for with a picture to which"
        " nothing was close, the most wanted first. Only what five different visitors asked for since the start of the"
        " server is listed; the rest is one sum.",
    )
    address = "address of the running shop (default: %(default)s)"
    flags.add_argument("shop", nargs="?", default="http://127.0.0.1:7860", help=address)
    options = flags.parse_args(arguments)
    try:
        response = httpx.get(f"{options.shop.rstrip('/')}/metrics", timeout=TIMEOUT_S, follow_redirects=True)
        response.raise_for_status()
        rows = unmet_wishes(response.text)
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
        print(
            f"error: {options.shop} does not give its metrics: {error}. Give the address of the page.", file=sys.stderr
        )
        return 1
    for count, kind, colour in rows:
        print(f"{count:>7,}  {kind:<24} {colour}")
    if not rows:
        print("Nothing was asked for that the shop does not have.")
    return 0


def unmet_wishes(metrics: str) -> list[tuple[int, str, str]]:
    """The number of answers, kind and colour of each wish in the text of `/metrics`, the most wanted first."""
    samples = [sample for family in text_string_to_metric_families(metrics) for sample in family.samples]
    rows = [
        (int(sample.value), sample.labels["kind"], sample.labels["colour"]) for sample in samples if sample.name == NAME
    ]
    return sorted(rows, key=lambda row: (row[1].startswith("("), -row[0], row[1:]))
