"""Likes against none, by simulated shoppers whose taste is a hidden pair of attribute values. Prints Markdown.

A shopper wants the products that have both values, say baseColour Blue and usage Sports, and starts from a product that
has one of them. Of the 20 products on the page he likes the first that has both; the page moves; and so on. A start
whose first page shows nothing to like is drawn anew: likes cannot help there, and in a ratio of shares, where both are
zero, it would count for nothing. What is liked leaves both pages that are compared (the residual collection of Salton &
Buckley 1990), the start leaves all.

The shoppers judge by labels that the served ranking knows too, which favours it. So it is also shown without the labels
of the two hidden attributes, and without any, by looks alone.
"""

from __future__ import annotations

import argparse
import copy
import sys
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

import numpy as np
import numpy.typing as npt

from recsys.core.items import Items
from recsys.core.ranking import Estimate
from recsys.core.roles import Roles
from recsys.index.folder import IndexFolder
from recsys.recommend.options import SearchOptions
from recsys.recommend.search import Search
from recsys.types import Searcher

K = 20
LIKES = (1, 3, 5)
FEWEST = 3 * K
MOST_IMPLIED = 0.9
MOST_DRAWS = 100
RESAMPLES = 1000

Numbers = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Shopper:
    """Two attributes, whether each product has the hidden value of both [n], and the row to start from."""

    hidden: tuple[str, str]
    wanted: npt.NDArray[np.bool_]
    start: int


def draw(items: Items, rng: np.random.Generator) -> Shopper | None:
    """A shopper who wants two values of a product drawn at random.

    None where a value is missing, few products have both, or one value nearly implies the other.
    """
    names = [name for name, column in items.columns.items() if len(column.vocabulary) > 1]
    hidden = [str(name) for name in rng.choice(names, size=2, replace=False)]
    row = int(rng.integers(len(items)))
    if any(items.columns[name][row] is None for name in hidden):
        return None
    one, other = (items.columns[name].codes == items.columns[name].codes[row] for name in hidden)
    wanted = one & other
    if not FEWEST <= wanted.sum() <= MOST_IMPLIED * min(one.sum(), other.sum()):
        return None
    return Shopper((hidden[0], hidden[1]), wanted, int(rng.choice(np.flatnonzero(one ^ other))))


def page(searcher: Searcher, start: int, out: Collection[int] = ()) -> list[int]:
    """The page without likes: the rows nearest to the start, without those in `out`."""
    rows, _ = searcher.search(searcher.vectors([start]), K + 1 + len(out))
    return [row for row in rows[0].tolist() if row != start and row not in out][:K]


def served(
    known: Items, searcher: Searcher, start: int, liked: Sequence[int], disliked: Sequence[int] = ()
) -> list[int]:
    """The page of a recommender that knows these items' attributes, beside these likes. It needs no encoder."""
    options = SearchOptions(liked=[known.ids[row] for row in liked], disliked=[known.ids[row] for row in disliked])
    answer = Search(None, searcher, known, None, None, None).by_item(start, K, options)
    return [match.row for match in answer]


def shoppers_of(items: Items, searcher: Searcher, count: int, seed: int) -> tuple[list[Shopper], int]:
    """At most `count` shoppers whose first page shows something to like, and how many were passed over till then."""
    rng, found, passed = np.random.default_rng(seed), [], 0
    for _ in range(MOST_DRAWS * count):
        shopper = draw(items, rng)
        if shopper and shopper.wanted[page(searcher, shopper.start)].any():
            found.append(shopper)
        elif shopper:
            passed += 1
        if len(found) == count:
            break
    return found, passed


def session(shopper: Shopper, searcher: Searcher, known: Items) -> Numbers:
    """After each number of LIKES, how many there were and three shares of wanted products: [likes, 4].

    They are those of the page, of the page without likes when the liked are out, and of the first page. `known` holds
    the attributes that the taste may use.
    """
    found = []
    liked: tuple[int, ...] = ()
    first = shown = page(searcher, shopper.start)
    for number in range(1, max(LIKES) + 1):
        liked = (*liked, *[row for row in shown if shopper.wanted[row]][:1])
        shown = served(known, searcher, shopper.start, liked)
        if number in LIKES:
            pages = (shown, page(searcher, shopper.start, liked), first)
            found.append((len(liked), *(shopper.wanted[rows].mean() for rows in pages)))
    return np.array(found)


def with_columns(items: Items, names: Collection[str]) -> Items:
    """The items with these attributes alone."""
    fewer = copy.copy(items)
    fewer.columns = {name: items.columns[name] for name in names}
    fewer.roles = Roles.from_names(fewer.columns)
    return fewer


def lift(shares: Numbers, baseline: Numbers) -> str:
    """How much higher the mean share is than the baseline's, relatively, with its paired 95 % bootstrap interval."""
    drawn = np.random.default_rng(0).integers(len(shares), size=(RESAMPLES, len(shares)))
    low, high = np.percentile(shares[drawn].mean(1) / baseline[drawn].mean(1) - 1, [2.5, 97.5])
    return f"{shares.mean() / baseline.mean() - 1:+.0%} ({low:+.0%} – {high:+.0%})"


def milliseconds(shoppers: Sequence[Shopper], items: Items, searcher: Searcher) -> Numbers:
    """How long answers with five likes and two dislikes take, one for each shopper: [n]."""
    times = []
    for shopper in shoppers:
        near = page(searcher, shopper.start)
        started = time.perf_counter()
        served(items, searcher, shopper.start, near[:5], near[5:7])
        times.append(1000 * (time.perf_counter() - started))
    return np.array(times)


def simulate(items: Items, searcher: Searcher, count: int, seed: int) -> None:
    """Draw `count` shoppers, serve each in three ways, and print."""
    shoppers, passed = shoppers_of(items, searcher, count, seed)
    if not shoppers:
        sys.exit(f"No two values of this catalogue's attributes are had by {FEWEST} products, so nobody can shop.")
    knowledge: dict[str, Callable[[Shopper], Items]] = {
        "all (served)": lambda shopper: items,
        "all but the two hidden": lambda shopper: with_columns(items, set(items.columns) - set(shopper.hidden)),
        "none": lambda shopper: with_columns(items, ()),
    }
    print(f"{len(shoppers)} shoppers, seed {seed}, {len(items):,} products, k = {K}.", end=" ")
    print(f"{passed} more had nothing to like on their first page.\n")
    print("| labels known | likes | given | share (95 %) | without likes | lift (95 %) | over the first page |")
    print("| --- " * 7 + "|")
    for name, known in knowledge.items():
        sessions = np.stack([session(shopper, searcher, known(shopper)) for shopper in shoppers])
        for number, (given, shares, baseline, first) in zip(LIKES, sessions.transpose(1, 2, 0), strict=True):
            figures = f"{Estimate.from_values(shares)} | {baseline.mean():.3f} | {lift(shares, baseline)}"
            over = f"{shares.mean() / first.mean() - 1:+.0%}"
            print(f"| {name} | {number} | {given.mean():.1f} | {figures} | {over} |", flush=True)
    times = milliseconds(shoppers, items, searcher)
    print(f"\nAn answer takes {np.median(times):.1f} ms (median; 95 % within {np.percentile(times, 95):.1f}).")


def main() -> None:
    """Open the index, simulate and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--index", type=Path, required=True)
    parser.add_argument("--sessions", type=int, default=500)
    parser.add_argument("--seed", type=int, default=1, help="the weights were chosen on other draws")
    options = parser.parse_args()
    folder = IndexFolder.open(options.index)
    simulate(folder.items, folder.searcher, options.sessions, options.seed)


if __name__ == "__main__":
    main()
