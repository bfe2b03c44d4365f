"""Words of English that say nothing about a product, and words that negate the next one."""

NEGATIONS = frozenset(
    {"not", "no", "without", "except", "non", "never", "excluding", "minus", "isnt", "dont", "neither", "nor"}
)
ALSO_NEGATED = frozenset({"or", "nor"})
"""After these a negation goes on: "not red or blue"."""
SIZE = frozenset({"size", "sizes"})
STOP_WORDS = frozenset(
    """
    a about again all also am an and another any anything are as at be been best big birthday but buy buying
    by can christmas color colored colors colour coloured colours could do does even everything find fit for
    from get gift gifts give good got great has have here how i id idea ideas if im in instead into is it its
    ive just kind kinda like liked likes little look looking looks lot lovely made make many may me might more
    most much my need needs new nice of on one ones only or other our out pair pairs pattern perfect please
    present presents pretty product products rather really same search seem shop shopping show similar size
    sizes so some somebody someone something sort still style styled than that thats the their them then there
    these they theyre thing things this those to too try type up us very want wants was we wear wearing were
    what when where which who will wish with would you your
    """.split()  # noqa: SIM905  a list of them would fill pages
)
"""Single words that are left out of a query. As part of a value's phrase they count, as in "Perfume and Body Mist"."""
