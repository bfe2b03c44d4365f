"""The JSON that says how the text of a query was understood."""

from typing import TypedDict

from recsys.types import Range, Understood, Words


class TermFacts(TypedDict):
    """Words of a text query, as they were typed, and what they mean.

    They mean one of the `values` of an attribute, or a range such as {"max": 30} of the price. `attribute` is null for
    a word of names or for a look. `how` is "value", "synonym", "spelling", "name", "number" or "look". If `negated` is
    true, products must not have it.
    """

    words: str
    attribute: str | None
    values: list[str]
    range: Range | None
    how: str
    negated: bool


class WordsFacts(TypedDict):
    """What was done with the words of a text query.

    The products fulfil all that is in `understood`. What is in `loosened` was left out, because no product fulfils it
    together with the rest. Words in `ignored` mean nothing in this shop. `count` is the number of products that pass
    the filter and fulfil `understood`.
    """

    text: str
    understood: list[TermFacts]
    loosened: list[TermFacts]
    ignored: list[str]
    count: int


def words_facts(words: Words) -> WordsFacts:
    """The JSON that says how a text was understood."""
    understood, loosened = ([_term(term) for term in terms] for terms in (words.understood, words.loosened))
    return {
        "text": words.text,
        "understood": understood,
        "loosened": loosened,
        "ignored": list(words.ignored),
        "count": words.count or 0,
    }


def _term(term: Understood) -> TermFacts:
    return {
        "words": term.words,
        "attribute": term.attribute,
        "values": list(term.values),
        "range": term.bounds or None,
        "how": term.how,
        "negated": term.is_negated,
    }
