from concurrent.futures import ThreadPoolExecutor

import pytest

from recsys.core.items import Items
from recsys.types import Item, Offer
from recsys.words.query import QueryReader
from recsys.words.synonyms import Synonyms

PRODUCTS = [
    # id, name, gender, articleType, baseColour, usage
    ("1", "Puma Men Striped Polo T-shirt", "Men", "Tshirts", "Red", "Casual"),
    ("2", "Nike Women Running Shoe", "Women", "Sports Shoes", "Navy Blue", "Sports"),
    ("3", "Gini Kids Dress with logo", "Girls", "Dresses", "Red", "Party"),
    ("4", "Catwalk Women Beige Heels", "Women", "Heels", "Beige", "Party"),
    ("5", "Lakme Perfect Kajal", "Women", "Kajal and Eyeliner", "Black", None),
    ("6", "Reebok Men Rain Jacket", "Men", "Rain Jacket", "Black", "Sports"),
    ("7", "Gini Boys Flip Flops", "Boys", "Flip Flops", "Blue", "Casual"),
]


@pytest.fixture(scope="module")
def reader():
    return QueryReader(catalogue())


def catalogue(offers=False):
    names = ("gender", "articleType", "baseColour", "usage")
    return Items.from_items(
        [
            Item(
                item_id,
                name,
                dict(zip(names, values, strict=True)),
                Offer(price=10.0, currency="EUR") if offers else None,
            )
            for item_id, name, *values in PRODUCTS
        ],
        names,
    )


def understood(reader, text):
    """The terms as text → values, a negated one with a "-" before its text."""
    return {("-" if term.is_negated else "") + term.words: term.values for term in reader.read(text).understood}


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("red", {"red": ("Red",)}),
        ("RED dress", {"RED": ("Red",), "dress": ("Dresses",)}),
        ("T-shirt", {"T-shirt": ("Tshirts",)}),
        ("a t shirt", {"t shirt": ("Tshirts",)}),
        ("flipflops", {"flipflops": ("Flip Flops",)}),
        ("eyeliner", {"eyeliner": ("Kajal and Eyeliner",)}),
        ("jacket", {"jacket": ("Rain Jacket",)}),
        ("women's heels", {"women's": ("Women",), "heels": ("Heels",)}),
    ],
)
def test_words_mean_the_values_of_the_catalogue_in_any_form(reader, text, values):
    assert understood(reader, text) == values


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("trainers", ("Sports Shoes",)),
        ("tee", ("Tshirts",)),
        ("ladies", ("Women",)),
        ("kids", ("Boys", "Girls")),
        ("navy", ("Navy Blue",)),
        ("dark blue", ("Navy Blue",)),
    ],
)
def test_synonyms_mean_the_values_that_the_catalogue_has(reader, text, values):
    (term,) = reader.read(text).understood
    assert (term.values, term.how) == (values, "synonym")


@pytest.mark.parametrize(
    ("text", "value"), [("dreses", "Dresses"), ("tshrit", "Tshirts"), ("biege", "Beige"), ("blu", "Blue")]
)
def test_misspelled_words_are_understood_and_said_to_be_misspelled(reader, text, value):
    (term,) = reader.read(text).understood
    assert (term.values, term.how, term.words) == ((value,), "spelling", text)


def test_a_word_of_names_is_searched_for_in_names(reader):
    (term,) = reader.read("Stripes").understood
    assert (term.attribute, term.how) == (None, "name")
    assert reader.full_text.rows("stripes").tolist() == [0]


def test_what_no_product_has_is_named_and_stop_words_are_not(reader):
    words = reader.read("please show me the xqzz for a red dress")
    assert [term.words for term in words.understood] == ["red", "dress"]
    assert words.ignored == ("xqzz",)


@pytest.mark.parametrize("text", ["👗", "?!", "-- --"])
def test_a_text_without_words_is_not_understood(reader, text):
    assert reader.read(f" {text} ").ignored == (text,)
    assert reader.read(f"{text} red").ignored == ()


def test_a_gift_for_her_is_for_women(reader):
    assert understood(reader, "gift for her") == {"her": ("Women",)}


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("dress not red", {"dress": ("Dresses",), "-red": ("Red",)}),
        ("without a logo", {"-logo": ("logo",)}),
        ("not red or blue dress", {"-red": ("Red",), "-blue": ("Blue",), "dress": ("Dresses",)}),
        ("no red, blue", {"-red": ("Red",), "blue": ("Blue",)}),
    ],
)
def test_a_negation_holds_for_the_next_words(reader, text, values):
    assert understood(reader, text) == values


@pytest.mark.parametrize(
    ("text", "bounds"),
    [
        ("under 30", {"max": 30}),
        ("dress up to €29.90", {"max": 29.9}),
        ("less than 30 euros", {"max": 30}),
        ("between 20 and 40", {"min": 20, "max": 40}),
        ("red 20-40", {"min": 20, "max": 40}),
        ("over $20", {"min": 20}),
        ("around 50", {"min": 40, "max": 60}),
    ],
)
def test_prices_become_ranges(text, bounds):
    (term,) = [term for term in QueryReader(catalogue(offers=True)).read(text).understood if term.attribute == "price"]
    assert term.bounds == pytest.approx(bounds)
    assert text[term.start : term.end] == term.words


def test_without_prices_in_the_catalogue_a_price_is_not_understood(reader):
    words = reader.read("red under 30")
    assert ([term.words for term in words.understood], words.ignored) == (["red"], ("under 30",))


def test_a_letter_means_a_size_only_after_that_word():
    items = Items.from_items([Item("1", "A shirt", {"sizes": ("S", "M")})], ["sizes"])
    reader = QueryReader(items)
    assert understood(reader, "size m") == {"m": ("M",)}
    assert "m" not in understood(reader, "m shirt")


def test_what_follows_size_and_is_none_is_not_understood():
    reader = QueryReader(Items.from_items([Item("1", "Shirt 8", {"sizes": ("S", "M")})], ["sizes"]))
    assert reader.read("shirt size 8").ignored == ("8",)


def test_an_owner_adds_synonyms(tmp_path):
    file = tmp_path / "synonyms.json"
    file.write_text('{"groups": [["stompers", "heels"]], "means": {"tiddler": ["girls", "boys"]}}')
    reader = QueryReader(catalogue(), Synonyms.read(file))
    assert understood(reader, "stompers tiddlers tee") == {
        "stompers": ("Heels",),
        "tiddlers": ("Girls", "Boys"),
        "tee": ("Tshirts",),
    }


@pytest.mark.parametrize("content", ["[", "[]", '{"groups": "heels"}', '{"means": {"a": "b"}}'])
def test_a_file_of_synonyms_in_another_form_is_refused_by_name(tmp_path, content):
    from recsys.errors import RecsysError

    file = tmp_path / "synonyms.json"
    file.write_text(content)
    with pytest.raises(RecsysError, match=r"synonyms\.json"):
        Synonyms.read(file)


def test_a_term_can_be_taken_out_of_the_text(reader):
    words = reader.read("red  dress for women")
    assert words.without(words.understood[0]) == "dress for women"
    assert words.without(words.understood[1]) == "red for women"


def test_many_threads_may_ask_at_once():
    texts = ["red dress", "striped polo", "kajal not black", "rain jackett", "logo", "running"] * 20
    reader = QueryReader(catalogue())
    expected = [QueryReader(catalogue()).read(text) for text in texts]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(reader.read, texts)) == expected
