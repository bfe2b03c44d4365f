"""What likes add, by simulated shoppers who want a hidden pair of attribute values.

A shopper wants the products that have both values, say baseColour Blue and usage Sports, and starts from a product that
has one of them. Of the 20 products on the page he likes the first that has both, the page changes, and so on. A start
whose first page shows nothing to like is drawn again: likes cannot help there, and both shares would be zero. Liked
products are left out of both pages that are compared (the residual collection of Salton & Buckley 1990), the start out
of all.

The shoppers judge by labels that the served ranking knows too, which favours it. So the ranking is also measured
without the labels of the two hidden attributes, and without any, by the pictures alone.
"""

from __future__ import annotations

import argparse
import copy
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks.core.processes import ROOT
from benchmarks.core.results import Result, figures
from benchmarks.core.timing import ms
from recsys.core.items import Items
from recsys.core.ranking import Estimate
from recsys.core.roles import Roles
from recsys.core.same_pictures import SamePictures
from recsys.index.folder import IndexFolder
from recsys.recommend.options import SearchOptions
from recsys.recommend.search import Search
from recsys.types import Searcher

K = 20
LIKES = (1, 3, 5)
MIN_WANTED = 3 * K
MAX_IMPLIED = 0.9
"""Largest share of the products with one value that may have the other too."""
MAX_DRAWS = 100
"""Draws for each shopper that is wanted."""
RESAMPLES = 1000

Numbers = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Shopper:
    """Two attributes, whether each product has the hidden value of both [n], and the row to start from."""

    hidden: tuple[str, str]
    wanted: npt.NDArray[np.bool_]
    start: int


def draw(items: Items, rng: np.random.Generator) -> Shopper | None:
    """A shopper who wants two values of a random product.

    None if a value is missing, few products have both, or one value nearly implies the other.
    """
    names = [name for name, column in items.columns.items() if len(column.vocabulary) > 1]
    hidden = [str(name) for name in rng.choice(names, size=2, replace=False)]
    row = int(rng.integers(len(items)))
    if any(items.columns[name][row] is None for name in hidden):
        return None
    one, other = (items.columns[name].codes == items.columns[name].codes[row] for name in hidden)
    wanted = one & other
    if not MIN_WANTED <= wanted.sum() <= MAX_IMPLIED * min(one.sum(), other.sum()):
        return None
    return Shopper((hidden[0], hidden[1]), wanted, int(rng.choice(np.flatnonzero(one ^ other))))


def page(searcher: Searcher, start: int, out: Collection[int] = ()) -> list[int]:
    """The page without likes: the rows nearest to the start, without those in `out`."""
    rows, _ = searcher.search(searcher.vectors([start]), K + 1 + len(out))
    return [row for row in rows[0].tolist() if row != start and row not in out][:K]


def served(
    known: Items, searcher: Searcher, start: int, liked: Sequence[int], disliked: Sequence[int] = ()
) -> list[int]:
    """The page with these likes, of a ranking that knows the attributes of these items."""
    options = SearchOptions(liked=[known.ids[row] for row in liked], disliked=[known.ids[row] for row in disliked])
    pictures = SamePictures.of_searcher(known, searcher)
    answer = Search(None, searcher, known, None, None, None, pictures).by_item(start, K, options)
    return [match.row for match in answer]


def shoppers_of(items: Items, searcher: Searcher, count: int, seed: int) -> tuple[list[Shopper], int]:
    """At most `count` shoppers whose first page shows something to like, and how many shoppers were skipped."""
    rng, found, skipped = np.random.default_rng(seed), [], 0
    for _ in range(MAX_DRAWS * count):
        shopper = draw(items, rng)
        if shopper and shopper.wanted[page(searcher, shopper.start)].any():
            found.append(shopper)
        elif shopper:
            skipped += 1
        if len(found) == count:
            break
    return found, skipped


def session(shopper: Shopper, searcher: Searcher, known: Items) -> Numbers:
    """For each number of LIKES, how many likes were given, and three shares of wanted products: [likes, 4].

    The shares are of the page, of the page without likes from which liked products are removed, and of the first page.
    `known` holds the attributes that the ranking may use.
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
    """The relative gain of the mean share over the baseline, with its paired 95 % bootstrap interval."""
    drawn = np.random.default_rng(0).integers(len(shares), size=(RESAMPLES, len(shares)))
    low, high = np.percentile(shares[drawn].mean(1) / baseline[drawn].mean(1) - 1, [2.5, 97.5])
    return f"{shares.mean() / baseline.mean() - 1:+.0%} ({low:+.0%} – {high:+.0%})"


def milliseconds(shoppers: Sequence[Shopper], items: Items, searcher: Searcher) -> Numbers:
    """The time of an answer with five likes and two dislikes, for each shopper: [n]."""
    times = []
    for shopper in shoppers:
        near = page(searcher, shopper.start)
        times.append(ms(lambda s=shopper, n=near: served(items, searcher, s.start, n[:5], n[5:7]))[0])
    return np.array(times)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--index", type=Path, default=ROOT / "index")
    parser.add_argument("--sessions", type=int, default=500)
    parser.add_argument("--seed", type=int, default=1, help="the ranking's weights were chosen with other seeds")


def run(options: argparse.Namespace) -> Result:
    folder = IndexFolder.open(options.index)
    items, searcher = folder.items, folder.searcher
    shoppers, skipped = shoppers_of(items, searcher, options.sessions, options.seed)
    if not shoppers:
        return Result({}, [f"no two attribute values are shared by {MIN_WANTED} products, so nobody can shop"])
    knowledge: dict[str, Callable[[Shopper], Items]] = {
        "all (served)": lambda shopper: items,
        "all but the two hidden": lambda shopper: with_columns(items, set(items.columns) - set(shopper.hidden)),
        "none": lambda shopper: with_columns(items, ()),
    }
    rows = []
    for name, known in knowledge.items():
        sessions = np.stack([session(shopper, searcher, known(shopper)) for shopper in shoppers])
        rows += [_row(name, likes, values) for likes, values in zip(LIKES, sessions.transpose(1, 2, 0), strict=True)]
    p50, p95 = np.percentile(milliseconds(shoppers, items, searcher), (50, 95)).tolist()
    summary = {
        "shoppers": len(shoppers),
        "products": len(items),
        "products on a page": K,
        "shoppers with nothing to like on their first page, left out": skipped,
        "an answer, ms (median)": p50,
        "an answer, ms (95th percentile)": p95,
    }
    return Result({"": rows, " ": figures(summary)})


def _row(name: str, likes: int, values: Numbers) -> dict[str, Any]:
    given, shares, baseline, first = values
    return {
        "labels known": name,
        "likes": likes,
        "given": given.mean(),
        "share (95 %)": str(Estimate.from_values(shares)),
        "without likes": baseline.mean(),
        "lift (95 %)": lift(shares, baseline),
        "over the first page": f"{shares.mean() / first.mean() - 1:+.0%}",
    }
