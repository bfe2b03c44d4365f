"""Texts as visitors type them: with mistakes, synonyms, words that say nothing, in any order and number.

The synonyms are a list of their own, not the one that queries are understood with.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import cycle, islice

from recsys.core.items import Items
from recsys.evaluate.word_queries import DEPTH, WordQueries
from recsys.types import Rows

OTHER_WORDS = {
    "tshirts": ("tee", "t-shirt", "tee shirt"),
    "trousers": ("pants", "slacks"),
    "handbags": ("purse", "hand bag"),
    "backpacks": ("back pack", "school bag"),
    "sweaters": ("jumper", "pullover"),
    "sweatshirts": ("hoodie", "hoody"),
    "flip flops": ("flipflops", "flip-flops"),
    "sunglasses": ("shades", "sun glasses"),
    "watches": ("wrist watch", "wristwatch"),
    "sarees": ("sari",),
    "deodorant": ("deo",),
    "track pants": ("joggers", "sweatpants"),
    "perfume and body mist": ("perfume", "body mist"),
    "formal shoes": ("dress shoes", "office shoes"),
    "sports shoes": ("running shoes",),
    "heels": ("high heels",),
    "grey": ("gray",),
    "navy blue": ("navy", "dark blue"),
    "gold": ("golden",),
    "women": ("ladies", "womens", "women's", "for her"),
    "men": ("mens", "men's", "gents", "for him"),
    "girls": ("girl's",),
    "boys": ("boy's",),
}
FILLERS = ("show me", "i want", "looking for", "a nice", "please", "find me some", "do you have", "any", "i need a")
LINKS = ("in", "for", "the", "a", "with", "and")
MIN_MISTAKEN = 5
"""Shorter words with a letter wrong are too often other words."""
MESSES_PER_QUERY = (1, 2, 3)

Words = list[str]


@dataclass(frozen=True)
class Mess:
    """One way in which a text is not as the catalogue writes it. `change` gets and gives the phrases of a text."""

    name: str
    change: Callable[[random.Random, Words], Words]


def messy_queries(items: Items, count: int, seed: int = 0) -> WordQueries:
    """`count` texts for a kind in a colour, every third for a wearer too, each with one to three messes.

    The values are those of random products, if at least ten products have them together. Raises ValueError for a
    catalogue without a kind or a colour, or without ten products that share both.
    """
    chance = random.Random(seed)
    asked = list(islice(_asked(items, chance, [0, 0, 1]), count))
    texts = [_messy(chance, values) for values, _ in asked]
    return WordQueries("messy", tuple(texts), tuple(rows for _, rows in asked))


def plain_queries(items: Items, count: int, seed: int = 0) -> WordQueries:
    """Up to `count` different texts for a kind in a colour, as the catalogue writes them. Raises ValueError too."""
    asked = {" ".join(reversed(values)): rows for values, rows in _asked(items, random.Random(seed), [0])}
    some = dict(islice(asked.items(), count))
    return WordQueries("plain", tuple(some), tuple(some.values()))


def _asked(items: Items, chance: random.Random, with_wearer: Sequence[int]) -> Iterator[tuple[Words, Rows]]:
    """Kind, colour and, in the turns that `with_wearer` marks, wearer of random products, and all that have them."""
    names = [name for name in (items.roles.kind, items.roles.colour) if name]
    if len(names) < len(("kind", "colour")):
        raise ValueError("messy queries need a catalogue with an attribute for the kind and one for the colour")
    turns, found = cycle(with_wearer), False
    turn = next(turns)
    for row in chance.sample(range(len(items)), len(items)):
        wearer = [items.roles.wearer] if turn and items.roles.wearer else []
        values = {name: items.columns[name][row] for name in [*names, *wearer]}
        rows = items.passing(values)
        if None not in values.values() and len(rows) >= DEPTH:
            found, turn = True, next(turns)
            yield [value for value in values.values() if value], rows
    if not found:
        raise ValueError(f"messy queries need values that at least {DEPTH} products have together")


def _messy(chance: random.Random, values: Words) -> str:
    phrases = [value.lower() for value in values[::-1]]
    chosen = chance.sample(range(len(MESSES)), chance.choice(MESSES_PER_QUERY))
    for mess in sorted(chosen):
        phrases = MESSES[mess].change(chance, phrases)
    return " ".join(phrases)


def _other_words(chance: random.Random, phrases: Words) -> Words:
    return [chance.choice(OTHER_WORDS.get(phrase, (phrase,))) for phrase in phrases]


def _mistake(chance: random.Random, phrases: Words) -> Words:
    long = [place for place, phrase in enumerate(phrases) if len(phrase) >= MIN_MISTAKEN]
    if not long:
        return phrases
    place = chance.choice(long)
    return [_misspelled(chance, phrase) if at == place else phrase for at, phrase in enumerate(phrases)]


def _misspelled(chance: random.Random, phrase: str) -> str:
    """The phrase with two letters exchanged, or one left out, doubled or replaced, but not the first of a word."""
    at = chance.choice(
        [at for at in range(1, len(phrase) - 1) if phrase[at - 1 : at + 2].isalpha()] or [len(phrase) - 1]
    )
    swapped = phrase[:at] + phrase[at + 1 : at + 2] + phrase[at] + phrase[at + 2 :]
    replaced = phrase[:at] + chance.choice("aeiourstln") + phrase[at + 1 :]
    left_out, doubled = phrase[:at] + phrase[at + 1 :], phrase[: at + 1] + phrase[at:]
    return chance.choice((swapped, left_out, doubled, replaced))


def _fillers(chance: random.Random, phrases: Words) -> Words:
    between = [part for phrase in phrases for part in (phrase, chance.choice(LINKS))][:-1]
    return [chance.choice(FILLERS), *between]


def _order(chance: random.Random, phrases: Words) -> Words:
    return chance.sample(phrases, len(phrases))


def _number(chance: random.Random, phrases: Words) -> Words:
    """The kind, which is last, as a singular if it is a plural, and the other way round."""
    *others, kind = phrases
    if kind.endswith(("ches", "shes", "sses")):
        return [*others, kind[:-2]]
    return [*others, kind[:-1] if kind.endswith("s") and not kind.endswith("ss") else f"{kind}s"]


MESSES: Sequence[Mess] = (
    Mess("synonyms", _other_words),
    Mess("another number", _number),
    Mess("mistakes", _mistake),
    Mess("another order", _order),
    Mess("words that say nothing", _fillers),
)
"""In the order in which they are made, so that only words of the catalogue change their number and get mistakes."""
