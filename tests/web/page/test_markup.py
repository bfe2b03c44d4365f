"""What the page says of products, filters and answers, as HTML."""

from __future__ import annotations

import base64
import io
import re
from html import escape

import jinja2
import jinja2.meta
import numpy as np
import pytest
from markupsafe import Markup
from PIL import Image

from recsys.core.items import Items
from recsys.errors import QueryError
from recsys.images.box import Box
from recsys.recommend.outfit import Outfit, Piece
from recsys.types import Guess, Item, Match, Reason
from recsys.web.page import attribute_display, crop_hint, filters, headings, instead, outfit_view, product
from recsys.web.page.cards import ProductViews, gallery
from recsys.web.page.page import origin_line
from recsys.web.page.results import ResultsView
from recsys.web.page.state import LookState, PageOptions, Query
from recsys.web.page.templates import ENVIRONMENT, TEMPLATES, OneLine, render
from recsys.words.synonyms import Synonyms
from testkit.fake_shop import HOSTILE_NAME, fake_shop


class Hostile(str):
    """A text whose attributes and elements are all the same text, for templates that want records, lists or pairs."""

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return self

    def __format__(self, spec):
        return str(self)

    def __getitem__(self, place):
        return self

    def __iter__(self):
        return iter([self, self])

    def __call__(self, *arguments):
        return self


@pytest.fixture(scope="module")
def shop():
    return fake_shop()


def card_of(shop, item, attributes=(), **details):
    return gallery([ProductViews(shop, attributes).card(item, **details)])


def match_card(shop, match, attributes=(), **details):
    return card_of(shop, match.item, attributes, match=match, **details)


def heading(**values):
    empty = dict.fromkeys(["detail", "thumbnail", "back", "link", "tools", "look"], "")
    return render("heading.html", **empty | values)


def same_but(choices, chosen):
    return render("same_but.html", choices=choices, chosen=chosen)


def panel(shop, found, liked, disliked):
    return render("likes.html", products=ProductViews(shop, []).products(found), liked=liked, disliked=disliked)


def test_a_hostile_name_stays_text(shop):
    card = card_of(shop, shop.items[1], ["gender"])
    assert shop.items[1].name == HOSTILE_NAME
    assert "<script" not in card and '`"\'&"' not in card


def test_a_product_without_a_name_goes_by_what_tells_it_apart(shop):
    assert ProductViews(shop, ["gender", "articleType"]).title(shop.items[2]) == "Men · Trousers"
    assert ProductViews(shop, []).title(shop.items[2]) == "Product p2"


@pytest.mark.parametrize(
    ("kind", "colour", "words"),
    [
        (0.9, 0.7, "Same kind and colour"),
        (0.9, 0.2, "Same kind, other colour (Red)"),
        (0.6, 0.7, "Perhaps the same kind, same colour"),
        (0.6, 0.2, "Perhaps the same kind"),
        (0.1, 0.7, "Probably another kind, same colour"),
    ],
)
def test_a_card_says_what_is_the_same_and_what_differs(shop, kind, colour, words):
    card = match_card(shop, Match(shop.items[7], 0.9, kind, chances={"kind": kind, "colour": colour}))
    assert f">{words}<" in card and f"{round(100 * colour)} % sure to have the same colour" in card


@pytest.mark.parametrize(
    ("confidence", "words", "number"),
    [
        (0.8, "Same kind", "80 %"),
        (0.79, "Perhaps the same kind", "79 %"),
        (0.5, "Perhaps the same kind", "50 %"),
        (0.49, "Perhaps the same kind", "49 %"),
        (0.2, "Probably another kind", "20 %"),
        (0.19, "Probably another kind", "19 %"),
        (1.0, "Same kind", "over 99 %"),
        (0.0, "Probably another kind", "under 1 %"),
    ],
)
def test_a_confidence_reads_as_words_with_its_number_on_demand(shop, confidence, words, number):
    card = match_card(shop, Match(shop.items[7], 0.914, confidence))
    detail = f"{number} sure to be the same kind of thing; similarity 0.91"
    assert f'<span class="closeness" title="{detail}">{words}<span class="unseen"> ({detail})</span>' in card


def test_without_a_confidence_a_card_shows_the_similarity(shop):
    card = match_card(shop, Match(shop.items[7], -0.004))
    assert re.search(r'class="similarity" title="How alike[^"]*cosine[^"]*">similarity 0\.00<', card)
    assert "closeness" not in card


def test_what_is_shared_is_marked_where_it_stands(shop):
    reasons = (Reason("shop", "Ours"), Reason("articleType", "Dresses"), Reason("baseColour", "Red"))
    card = match_card(shop, Match(shop.items[7], 1.0, 0.9, reasons), ["gender", "articleType"])
    facts = re.search(r'class="facts">(.*?)</span>', card)[1]
    assert re.sub(' title="[^"]*"', "", facts) == "Men · <mark>Dresses</mark> · <mark>Red</mark>"


def test_a_card_without_a_name_is_marked_in_its_place(shop):
    match = Match(shop.items[2], 1.0, 0.9, (Reason("articleType", "Trousers"),))
    card = match_card(shop, match, ["gender", "articleType"])
    name = re.search(r'class="name" title="Men · Trousers">(.*?)</span>', card)[1]
    assert re.sub(' title="[^"]*"', "", name) == "Men · <mark>Trousers</mark>"
    assert '<span class="facts"></span>' in card


def test_three_shared_things_are_enough_the_most_telling_first():
    reasons = [Reason(name, "x") for name in ("size", "usage", "gender", "base_color", "kind", "season")]
    assert attribute_display.shared(reasons, ["size"]) == ["kind", "base_color", "gender"]
    assert attribute_display.shared(reasons[:2], ["size"]) == ["size"]
    assert attribute_display.shared([], ["size"]) == []


def test_what_is_seen_is_what_is_sure_the_kind_of_thing_first():
    def guesses(**values):
        return {name: Guess(name, value, 0.6, ((value or "x", 0.6),)) for name, value in values.items()}

    every = guesses(gender="Men", season="Fall", pattern="Dotted", baseColour="Red", articleType="Caps", size="M")
    assert [guess.value for guess in attribute_display.seen(every, ["size"])] == ["Caps", "Red", "Men", "Dotted"]
    some = guesses(gender="Men", season="Fall", pattern=None, baseColour="Red", articleType=None, size="M")
    assert [guess.value for guess in attribute_display.seen(some, ["size"])] == ["Red", "Men", "M"]
    assert attribute_display.seen(guesses(gender="Men", pattern="Dotted"), ["gender"]) == []
    assert headings.chips([], {}, None) == ""


def test_what_an_encoder_and_a_catalogue_say_stays_text(shop):
    item = Item("p1", HOSTILE_NAME, {HOSTILE_NAME: HOSTILE_NAME})
    match = Match(item, 1.0, 0.9, (Reason(HOSTILE_NAME, HOSTILE_NAME),))
    items, guess = Items.from_items([item], [HOSTILE_NAME]), Guess(HOSTILE_NAME, HOSTILE_NAME, 0.9, ())
    outfit = Outfit((HOSTILE_NAME,), None, {HOSTILE_NAME: Piece(item, (HOSTILE_NAME,))}, {HOSTILE_NAME: HOSTILE_NAME})
    why = product.Why(match, HOSTILE_NAME, None)
    said = {
        "card": match_card(shop, match, [HOSTILE_NAME], opinion="liked", variants=[item]),
        "dialog": product.dialog(
            ProductViews(shop, [HOSTILE_NAME]), item, has_looks=True, why=why, variants=[item], others=[item]
        ),
        "chips": headings.chips([guess], {}, items) + headings.chips([guess], {}, shop.items),
        "menu": same_but({HOSTILE_NAME: {HOSTILE_NAME: 1}}, {HOSTILE_NAME: HOSTILE_NAME}),
        "heading": heading(text=HOSTILE_NAME, detail=HOSTILE_NAME, query="1", back=HOSTILE_NAME, link=HOSTILE_NAME),
        "nothing": render("nothing_passes.html", loosen={HOSTILE_NAME: (HOSTILE_NAME, 1)}),
        "notice": render("notice.html", text=HOSTILE_NAME),
        "header": render("header.html", title=HOSTILE_NAME, origin=HOSTILE_NAME),
        "filters": filters.panels(Items.from_items([item, Item("p2", None, {})], [HOSTILE_NAME])),
        "likes": panel(shop, [item], 1, 0),
        "examples": render("examples.html", products=ProductViews(shop, []).products([item])),
        "look": outfit_view.markup(ProductViews(shop, []), outfit, (HOSTILE_NAME,), PageOptions(), item),
    }
    for place, markup in said.items():
        assert "&lt;script&gt;" in markup, place
        assert "<script" not in markup and '`"\'&"' not in markup, place
    assert said["card"].count("<mark ") == 1


@pytest.mark.parametrize("template", [path.name for path in TEMPLATES.iterdir()])
def test_every_template_escapes_each_value_that_it_is_given(template):
    given = jinja2.meta.find_undeclared_variables(ENVIRONMENT.parse((TEMPLATES / template).read_text("utf-8")))
    markup = render(template, **dict.fromkeys(given, Hostile(HOSTILE_NAME)))
    assert "&lt;script&gt;" in markup or not given
    assert "<script" not in markup and '`"\'&"' not in markup


def test_no_template_turns_the_escaping_off():
    for path in TEMPLATES.iterdir():
        assert not re.search(r"\bsafe\b|autoescape", path.read_text("utf-8")), path.name


def test_a_value_that_a_template_lacks_is_an_error():
    with pytest.raises(jinja2.UndefinedError, match="'text' is undefined"):
        render("notice.html")


def test_the_indentation_of_a_template_is_not_on_the_page():
    extension = OneLine(ENVIRONMENT)
    assert extension.preprocess("<p>\n  {{ a }}\n  <b\n   id='x'>\n  two\n  words\n</b>\n", None) == (
        "<p>{{ a }}<b id='x'>two words</b>"
    )


def test_a_small_picture_is_enlarged_twice_at_most(shop):
    assert re.search(r'<img srcset="thumbs/p9\?v=[0-9a-f]{8} 0.5x"', card_of(shop, shop.items[9]))


def test_filters_list_every_value_with_its_count(shop):
    markup = filters.panels(shop.items)
    assert re.findall(r'data-name="([^"]*)" data-attributes="([^"]*)"', markup) == [
        ("For whom", "Gender"), ("Kind", "Master category|Article type"), ("Colour", "Base colour"),
        ("Season", "Season"),
    ]  # fmt: skip
    assert "Ours" not in markup
    assert re.search(r"data-absent><span>Not given</span><span class=\"count\">20<", markup)
    assert "Base colour" in markup and 'name="baseColour" value="Navy Blue"' in markup


def test_a_value_is_found_by_the_shops_other_words_for_it(tmp_path):
    kinds = ["Tshirts", "Sweaters", *(f"Kind {number}" for number in range(12))]
    items = Items.from_items([Item(kind, None, {"articleType": kind}) for kind in kinds], ["articleType"])
    file = tmp_path / "synonyms.json"
    file.write_text('{"groups": [["Sweaters", "woollies"]], "means": {"upper": ["tshirts"]}}')
    markup = filters.panels(items, synonyms=Synonyms.read(file))
    words = dict(re.findall(r'data-words="([^"]*)" name="articleType" value="([^"]*)"', markup))
    words = {value: found.split("|") for found, value in words.items()}
    assert words.keys() == {"Tshirts", "Sweaters"}
    assert {"tee", "t-shirt", "upper"} <= set(words["Tshirts"])
    assert {"jumper", "woollies"} <= set(words["Sweaters"])


def test_same_but_counts_what_each_value_would_leave_of_the_kind(shop):
    results = ResultsView(shop)
    _, heading, *_ = results.show(PageOptions({"gender": ["Women"]}), Query(item="p7"))
    menu = re.findall(r'data-but="(\w+)" data-value="([^"]*)"( disabled)?>[^<]*<span[^>]*>(\d+)<', heading)
    assert ("baseColour", "Black", "", "1") in menu and ("gender", "Women", "", "5") in menu
    assert not {("baseColour", "Red"), ("gender", "Men")} & {entry[:2] for entry in menu}, "the product has these"
    _, heading, *_ = results.show(PageOptions({"season": ["Winter"]}), Query(item="p7"))
    menu = re.findall(r'data-but="(\w+)" data-value="([^"]*)"( disabled)?>[^<]*<span[^>]*>(\d+)<', heading)
    assert all(is_disabled and count == "0" for *_, is_disabled, count in menu)
    counted = instead.counted(shop.items, {"articleType": ["Caps", "Watches", "Dresses"]}, {"season": ["Winter"]})
    assert counted == {"articleType": {"Caps": 10, "Watches": 0, "Dresses": 0}}


@pytest.mark.parametrize(
    ("attribute", "words"),
    [("baseColour", "Base colour"), ("base_colour", "Base colour"), ("year", "Year"), ("", "")],
)
def test_an_attribute_reads_as_words(attribute, words):
    assert attribute_display.label(attribute) == words


def test_a_card_tells_what_varies_and_not_what_follows_from_it(shop):
    assert attribute_display.card_attributes(shop.items) == ["gender", "articleType", "baseColour"]


def test_the_kind_of_a_product_is_the_attribute_that_implies_others(shop):
    assert attribute_display.kind(shop.items.columns) == "articleType"


def test_a_showcase_is_the_same_each_time_and_of_different_kinds(shop):
    everything = shop.items.passing({})
    first = attribute_display.showcase(shop.items, everything, 6, "examples")
    assert first == attribute_display.showcase(shop.items, everything, 6, "examples")
    assert len({item.attributes["articleType"] for item in first}) == 6
    assert first != attribute_display.showcase(shop.items, everything, 6, "window")
    assert attribute_display.showcase(shop.items, everything[:0], 6, "window") == []


def test_the_origin_reads_as_a_line(shop):
    assert origin_line(shop.origin, 2000) == (
        "index tests/fake-shop @ 1a2b3c4 · 2,000 products from tests/fake-products"
    )


def test_a_chip_filters_where_the_shop_has_that_value(shop):
    guesses = [Guess("baseColour", "Red", 0.7, ()), Guess("articleType", "Kimonos", 0.995, ())]
    chips = headings.chips(guesses, {"baseColour": ["Red"]}, shop.items)
    button, text = re.findall(r"<(?:button|span)[^>]*class=\"chip\"[^>]*>", chips)
    assert button.startswith("<button") and 'data-attribute="baseColour" data-value="Red" aria-pressed="true"' in button
    assert 'title="Base colour, 70 % sure. Press to see only these"' in button
    assert text == '<span class="chip" title="Article type, over 99 % sure">'
    assert 'aria-pressed="false"' in headings.chips(guesses, {"baseColour": ["Olive"]}, shop.items)


def test_without_a_choice_there_is_no_menu_but_what_was_chosen_can_be_undone():
    nameless = Items.from_items([Item("p1", None, {"gender": None})], ["gender"])
    assert same_but({}, {}) == "" and attribute_display.steerable(nameless) == {}
    undo = same_but({}, {"gender": "Men"})
    assert "<details" not in undo and 'data-but="gender" data-value=""' in undo and ">but Men<" in undo


def test_a_heading_offers_what_can_be_done_and_no_more():
    bare = heading(text="From the shop", query="0")
    assert "<button" not in bare and "data-look" not in bare and 'data-link=""' in bare
    full = heading(text="More", query="1", back="Back", link="?item=p7", look=True)
    assert "data-back>Back<" in full and "data-share" in full and "data-look" in full and 'data-link="?item=p7"' in full
    assert "tools" not in bare
    assert heading(text="", query="1", tools=[Markup("<b>")]).endswith('<div class="tools"><b></div>')


def test_more_is_offered_while_there_is_more(shop):
    assert "data-longer" in gallery([], has_more=True) and "data-longer" not in gallery([])
    view, count = ResultsView(shop), len(shop.items)
    assert "data-longer" in view.window(PageOptions(), Query(k=count - 1))[1]
    assert "data-longer" not in view.window(PageOptions(), Query(k=count))[1]


def test_where_no_filter_alone_is_to_blame_it_says_to_clear_some():
    assert "Clear some of them" in render("nothing_passes.html", loosen={})


def test_an_opinion_is_a_pressed_button(shop):
    card = card_of(shop, shop.items[7], opinion="disliked")
    pressed = re.findall(r'data-opinion="(\w+)" data-id="(\w+)"[^>]*aria-pressed="(\w+)"', card)
    assert pressed == [("liked", "p7", "false"), ("disliked", "p7", "true")]


def test_a_card_shows_three_variants_and_counts_the_rest(shop):
    def variants(count):
        card = card_of(shop, shop.items[7], variants=[shop.items[row] for row in range(8, 8 + count)])
        return re.search(r'<div class="variants".*?</div>', card), card

    found, card = variants(5)
    assert re.findall(r'data-item="(\w+)"', found[0]) == ["p8", "p9", "p10"] and "<span>+2</span>" in found[0]
    assert "+" not in variants(3)[0][0] and variants(0)[0] is None
    assert card.count("data-opinion") == 2


def test_a_product_opens_by_a_link_that_leads_to_it(shop):
    assert 'href="?item=a%2Fb%20%C3%BC%3F" data-item="a/b ü?"' in card_of(shop, shop.items[3])


def test_a_product_is_shown_in_its_other_colours_and_with_those_like_it(shop):
    views = ProductViews(shop, [])
    bare = product.dialog(views, shop.items[7])
    assert "<h3>" not in bare and "Why this was found" not in bare
    full = product.dialog(views, shop.items[7], has_looks=True, variants=[shop.items[8]], others=[shop.items[9]])
    assert re.findall(r"<h3>(.*?)</h3>", full) == ["Also available", "More like this"]


def test_the_heat_is_strongest_where_the_share_is_and_absent_where_it_speaks_against(shop):
    heat = product.heat_picture(np.array([[0.2, -0.5], [0.4, 0.0]], np.float32))
    with Image.open(io.BytesIO(base64.b64decode(heat.partition(",")[2]))) as picture:
        alpha = np.asarray(picture)[..., 3]
    assert alpha.tolist() == [[96, 0], [191, 0]]
    assert heat.startswith("data:image/png;base64,")
    product.heat_picture(np.zeros((2, 2), np.float32))


def test_likes_have_a_row_and_ways_to_keep_them(shop):
    full = panel(shop, [shop.items[7]], 2, 1)
    assert "2 liked, 1 not for you" in full and 'data-item="p7"' in full
    assert re.findall(r'data-taste="(\w+)" hidden', full) == ["undo", "clear", "export"] and 'type="file"' in full
    empty = ResultsView(shop).for_you(PageOptions())["panel"]
    assert "For you" not in empty and 'type="file"' in empty


def test_under_the_picture_stands_what_is_looked_at():
    box, other = Box(0.1, 0.2, 0.3, 0.4), Box(0.5, 0.5, 1, 1)
    whole = crop_hint.markup([box], None)
    assert 'data-frame=""' in whole and "data-whole" not in whole and "data-box" not in whole
    part = crop_hint.markup([box, other], box)
    assert 'data-frame="0.1000 0.2000 0.3000 0.4000"' in part and "data-whole" in part
    assert re.findall(r'data-box="([^"]*)"', part) == ["0.1000 0.2000 0.3000 0.4000", "0.5000 0.5000 1.0000 1.0000"]
    assert crop_hint.markup([other] * 9, None).count("data-box") == crop_hint.MAX_THINGS


def test_a_box_is_read_back_from_what_the_page_says():
    box = Box(0.1234, 0.2, 0.9, 1)
    edges = re.search(r'data-frame="([^"]*)"', crop_hint.markup([], box))[1]
    assert crop_hint.box_of({"box": [float(edge) for edge in edges.split()]}, None) == box
    assert crop_hint.box_of(None, None) is None


def test_a_look_has_a_way_to_keep_and_to_swap_each_piece(shop):
    outfit = shop.complete_the_look(item_id="p6")
    markup = outfit_view.markup(ProductViews(shop, []), outfit, ("bag",), PageOptions(liked=("p6",)), shop.items[6])
    ways = re.findall(r'data-act="(\w+)" data-slot="(\w+)"(?: aria-pressed="(\w+)")?', markup)
    assert ways == [(act, slot, str(slot == "bag").lower() if act == "keep" else "")
                    for slot in ("bottom", "bag", "accessory") for act in ("keep", "swap")]  # fmt: skip
    assert markup.count("Another look") == 1 and 'data-id="p6" title="Like" aria-pressed="true"' in markup
    assert all(escape(reason) in markup for piece in outfit.pieces.values() for reason in piece.reasons)


@pytest.mark.parametrize("act", ["keep", "swap", "reroll", "explode"])
def test_before_there_is_a_look_it_is_started(act):
    assert outfit_view.changed(None, {"act": act, "slot": "bag"}) == LookState()


def test_a_look_changes_as_it_is_told():
    look = LookState({"top": "a", "bag": "b", "shoes": "c"}, ("bag",), ("z",))
    assert outfit_view.changed(look, {"act": "swap", "slot": "bag"}) == LookState(
        {"top": "a", "shoes": "c"}, (), ("z", "b")
    )
    assert outfit_view.changed(look, {"act": "reroll"}) == LookState({"bag": "b"}, ("bag",), ("z", "a", "c"))
    assert outfit_view.changed(look, {"act": "keep", "slot": "bag"}).kept == ()
    assert outfit_view.changed(look, {"act": "start"}) == LookState()
    with pytest.raises(QueryError, match="got 'explode'"):
        outfit_view.changed(look, {"act": "explode"})
