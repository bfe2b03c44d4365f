import random
from dataclasses import replace
from urllib.parse import parse_qs, parse_qsl, urlencode

import pytest

from recsys.errors import QueryError
from recsys.web.page.handlers import PageHandlers
from recsys.web.page.permalink import link, moved_on, read
from recsys.web.page.state import PAGE, LookState, PageOptions, Query
from testkit.fake_shop import fake_shop
from testkit.offers import with_offers

REVISION = "1a2b3c4d5e6f7890"


@pytest.fixture(scope="module")
def shop():
    return fake_shop()


@pytest.fixture(scope="module")
def items(shop):
    return shop.items


LINKS = {
    "item": (Query(item="p7"), PageOptions()),
    "an id that needs quoting": (Query(item="a/b ü?"), PageOptions()),
    "found": (Query(found=("p7", "a/b ü?", "p9")), PageOptions()),
    "filters": (Query(item="p7"), PageOptions({"season": ["Summer", None], "baseColour": ["Navy Blue"]})),
    "filters alone": (Query(), PageOptions({"gender": ["Men"]})),
    "but": (Query(item="p7", but={"baseColour": "Black", "gender": "Women"}), PageOptions()),
    "a look": (Query(item="p6", look=LookState({"bottom": "p8", "bag": "a/b ü?"}, ("bag",))), PageOptions()),
    "a new look": (Query(item="p6", look=LookState()), PageOptions()),
    "a look around what was found": (Query(found=("p6",), look=LookState({"bag": "p9"})), PageOptions()),
    "varied": (Query(item="p7"), PageOptions(diversity=0.25)),
    "words": (Query(text="red & dress, not “long”"), PageOptions({"gender": ["Women"]})),
    "words beside an item": (Query(item="p7", text_beside_item="but red"), PageOptions()),
    "words beside what was found": (Query(found=("p7",), text="but red"), PageOptions()),
    "more": (Query(item="p7", k=60), PageOptions()),
    "all of it": (Query(item="p7", but={"gender": "Men"}, k=100), PageOptions({"season": [None]}, diversity=1.0)),
}


@pytest.mark.parametrize("name", LINKS)
def test_a_link_is_read_as_it_was_meant(items, name):
    query, asked = LINKS[name]
    visit = read(link(query, asked, [], REVISION), items)
    assert (visit.query, visit.options, visit.revision, visit.missing) == (query, asked, REVISION, ())
    assert moved_on(visit, REVISION) == ""


def test_the_shop_window_has_no_link(items):
    assert link(Query(), PageOptions(), ["p7"], REVISION) == ""
    assert read("", items).query == Query()


def test_without_a_revision_a_link_names_none(items):
    address = link(Query(item="p7"), PageOptions(), [], None)
    assert address == "?item=p7"
    assert moved_on(read(address, items), REVISION) == ""


def test_a_visitors_picture_is_named_by_what_was_found_and_by_nothing_else(shop):
    query = Query(shop.embed_items(["p7"]), b"JPEG of a face")
    found = [f"p{number}" for number in range(30)]
    parts = parse_qs(link(query, PageOptions(), found, REVISION)[1:])
    assert parts == {"found": found[:20], "index": [REVISION]}
    assert parse_qs(link(Query(query.picture, query.shown, item="p8"), PageOptions(), found, None)[1:]) == {
        "item": ["p8"]
    }


def test_likes_are_in_no_link(items):
    for query, asked in LINKS.values():
        liking = replace(asked, liked=("p40",), disliked=("p41",))
        assert link(query, liking, [], REVISION) == link(query, asked, [], REVISION)
    visit = read("?item=p7&liked=p40&disliked=p41", items)
    assert (visit.options.liked, visit.options.disliked) == ((), ())


def test_what_this_shop_does_not_have_is_left_out_and_said(items):
    address = "?item=p7&but.gender=Aliens&but.size=M&is.gender=Men&is.gender=Aliens&is.size=M&look=1&piece.bag=gone"
    visit = read(address, items)
    assert visit.query == Query(item="p7", look=LookState()) and visit.options == PageOptions({"gender": ["Men"]})
    assert visit.missing == ("gone", "gender Aliens", "size M", "gender Aliens", "size M")
    assert moved_on(visit, None) == "This link is out of date. The shop no longer has: gone, gender Aliens, size M …."


def test_of_what_was_found_what_is_left_stands_for_it(items):
    visit = read("?found=p7&found=gone&found=p8", items)
    assert visit.query.found == ("p7", "p8") and visit.missing == ("gone",)


def test_without_what_it_was_about_a_link_leads_to_the_shop_window(items):
    for address in ("?item=gone&look=1&but.gender=Men", "?look=1&piece.bag=p9", "?but.gender=Men"):
        assert read(address, items).query == Query()


def test_only_what_is_in_the_look_can_be_kept(items):
    visit = read("?item=p6&look=1&piece.bag=p9&piece.top=gone&keep=bag&keep=top&keep=nose", items)
    assert visit.query.look.pieces == {"bag": "p9"} and visit.query.look.kept[0] == "bag"
    assert "nose" not in visit.query.look.kept


def test_another_revision_is_said(items):
    visit = read("?item=p7&index=ffffffffffff", items)
    assert moved_on(visit, REVISION) == "This link was made with index fffffff; the shop now has index 1a2b3c4."
    assert moved_on(visit, None) == "This link was made with index fffffff; the shop now has another one."
    gone = read("?item=gone&index=ffffffffffff", items)
    assert moved_on(gone, REVISION).endswith("now has index 1a2b3c4. The shop no longer has: gone.")


@pytest.mark.parametrize(
    ("k", "meant"),
    [("60", 60), ("0", 1), ("101", 100), ("-5", PAGE), ("1e2", PAGE), ("9" * 5000, PAGE), ("²", PAGE), ("", PAGE)],
)
def test_how_many_are_shown_stays_within_bounds(items, k, meant):
    assert read(f"?item=p7&{urlencode({'k': k})}", items).query.k == meant


@pytest.mark.parametrize(
    ("varied", "meant"),
    [("0.5", 0.5), ("1", 1.0), (".5", 0.5), ("2", 1.0), ("-1", 0.0), ("nan", 0.0), ("inf", 0.0), ("1e9", 0.0),
     ("1.2.3", 0.0), (".", 0.0), ("9" * 5000, 1.0), ("²", 0.0)],
)  # fmt: skip
def test_so_does_how_varied(items, varied, meant):
    assert read(f"?item=p7&{urlencode({'varied': varied})}", items).options.diversity == meant


def junk(chance):
    """An address from the words of links, in an order and with values that nobody meant."""
    names = ("item", "found", "is.gender", "is.", "is.season", "but.baseColour", "but.", "look", "piece.bag", "piece.",
             "keep", "varied", "k", "index", "liked", "x")  # fmt: skip
    values = ("p7", "p9", "", "Red", "Men", "bag", "1", "\x00", "%", "ü\u202e", "<script>", "../..", "9" * 40, "\ud800")
    parts = [(chance.choice(names), chance.choice(values)) for _ in range(chance.randint(1, 8))]
    address = chance.choice(["?", "", "??", "#?"]) + urlencode(parts, errors="surrogatepass")
    return address.replace("=", chance.choice(["=", "==", "=%FF", "=%", "&", ";"]), 1)


def test_junk_in_an_address_is_read_as_what_is_left_of_it(shop, items):
    chance, answers, read_as = random.Random(0), PageHandlers(shop), set()
    for _ in range(300):
        address = junk(chance)
        visit = read(address, items)
        query = visit.query
        assert all(item_id in items for item_id in (*query.found, *filter(None, [query.item])))
        assert all(value in items.values(name) for name, values in visit.options.where.items() for value in values)
        assert 1 <= query.k <= 100 and len(moved_on(visit, REVISION)) < 1000
        read_as.add((query.item is not None, bool(query.found), query.look is not None))
        if query.look is None:
            answers.open_link(address, PageOptions(), Query())
    assert read_as >= {(False, False, False), (False, True, False), (True, False, False), (True, False, True)}


def test_a_piece_that_does_not_go_into_the_look_is_refused_in_words(shop):
    with pytest.raises(QueryError, match="does not go into the slot"):
        PageHandlers(shop).open_link("?item=p6&look=1&piece.bag=p8", PageOptions(), Query())


def test_a_link_is_an_address_whatever_the_catalogue_holds():
    query = Query(item="a&item=b#?%", but={"a=b&c": "<d>"})
    address = link(query, PageOptions({"x&y": ["1 & 2"]}), [], None)
    assert dict(parse_qsl(address[1:])) == {"item": "a&item=b#?%", "but.a=b&c": "<d>", "is.x&y": "1 & 2"}


def test_a_link_holds_ranges_numbers_and_stock():
    items = with_offers(fake_shop().items)
    options = PageOptions({"price": {"min": 10, "max": 30.5}, "in_stock": True, "size": ["M", None]})
    address = link(Query(item="p7"), options, [], None)
    assert "min.price=10&max.price=30.5&is.in_stock=True&is.size=M&is.size=" in address
    visit = read(address, items)
    assert (visit.options.where, visit.missing) == (options.where, ())


def test_a_link_says_which_ranges_this_shop_does_not_have():
    visit = read(
        "?item=p7&min.price=10&max.gender=3&max.=1&min.price=x&max.price=1e300", with_offers(fake_shop().items)
    )
    assert visit.options.where == {"price": {"min": 10}}
    assert visit.missing == ("gender 3", "price x", "price 1e300")
    assert read("?item=p7&min.price=10", fake_shop().items).missing == ("price 10",)
