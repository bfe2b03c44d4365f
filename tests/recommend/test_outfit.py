import numpy as np
import pytest

from recsys.core.items import Items
from recsys.errors import QueryError
from recsys.recommend.outfit import PictureAnchor, Stylist
from recsys.recommend.outfit.harmony import joins, relation, tone_of
from recsys.recommend.outfit.slots import slots_of
from recsys.types import Item
from testkit.fake_shop import ExactSearcher

NAMES = ("gender", "masterCategory", "articleType", "baseColour", "season", "usage")
SEEN = {"articleType": "Shirts", "gender": "Men", "usage": "Casual", "season": "Summer", "baseColour": "White"}
OPEN = ["bottom", "shoes", "bag", "accessory"]


def item(item_id, article_type, colour="Black", gender="Men", usage="Casual", season="Summer"):
    return Item(
        item_id, item_id, dict(zip(NAMES, (gender, "Apparel", article_type, colour, season, usage), strict=True))
    )


def stylist_of(*products, seed=0):
    items = Items.from_items(products, NAMES)
    vectors = np.random.default_rng(seed).normal(size=(len(items), 8)).astype(np.float32)
    return Stylist(items, ExactSearcher(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), items))


def catalogue():
    """Every kind for everyone, every use and season, in four colours."""
    kinds = ("Shirts", "Jeans", "Casual Shoes", "Handbags", "Watches")
    return [
        item(f"{kind} {gender} {usage} {season} {colour}", kind, colour, gender, usage, season)
        for kind in kinds
        for gender in ("Men", "Women", "Unisex", "Girls")
        for usage in ("Casual", "Formal")
        for season in ("Summer", "Winter", None)
        for colour in ("Black", "Red", "Green", "Yellow")
    ]


@pytest.fixture(scope="module")
def shop():
    return stylist_of(*catalogue(), item("Perfume", "Perfume and Body Mist"), item("Frock", "Dresses", gender="Women"))


def ids(look):
    return {slot: piece.item.id for slot, piece in look.pieces.items()}


@pytest.mark.parametrize(
    ("categories", "slots"),
    [
        (["Tshirts", "Topwear", "Apparel"], ["top"]),
        (["T-Shirt"], ["top"]),
        (["dress shirt"], ["top"]),
        (["shirt dress"], ["top", "bottom"]),
        (["Kurta Sets", "Apparel Set", "Apparel"], ["top", "bottom"]),
        (["Tracksuits", "Bottomwear", "Apparel"], ["top", "bottom"]),
        (["Salwar and Dupatta", "Bottomwear", "Apparel"], ["bottom"]),
        (["Track Pants"], ["bottom"]),
        (["Flip Flops", "Flip Flops", "Footwear"], ["shoes"]),
        (["Booties"], ["shoes"]),
        (["Women > Shoes > Heels"], ["shoes"]),
        (["Laptop Bag", "Bags", "Accessories"], ["bag"]),
        (["Clutches"], ["bag"]),
        (["Watches", "Watches", "Accessories"], ["accessory"]),
        (["Jewellery Set", "Jewellery", "Accessories"], ["accessory"]),
        (["Something New", "Footwear"], ["shoes"]),
        (["Belts", "Topwear", "Apparel"], ["accessory"]),
        ([None, "Topwear"], ["top"]),
        (["Innerwear Vests", "Innerwear", "Apparel"], []),
        (["Lounge Pants", "Loungewear and Nightwear", "Apparel"], []),
        (["Shoe Laces", "Shoe Accessories", "Accessories"], []),
        (["Handbags", "Free Gifts", "Free Items"], []),
        (["Lipstick", "Lips", "Personal Care"], []),
        (["Cushion Covers", "Home Furnishing", "Home"], []),
        ([None], []),
    ],
)
def test_a_product_has_the_slots_of_its_last_noun(categories, slots):
    assert list(slots_of(categories)) == slots


@pytest.mark.parametrize(
    ("one", "other", "why"),
    [
        ("Navy Blue", "Orange", "a neutral"),
        ("Off White", "Multi", "a neutral"),
        ("Maroon", "Red", "the same hue"),
        ("Red", "Rust", "neighbours on the colour circle"),
        ("Red", "Magenta", "neighbours on the colour circle"),
        ("Red", "Green", "opposite on the colour circle"),
        ("Yellow", "Purple", "opposite on the colour circle"),
        ("Red", "Yellow", None),
        ("Multi", "Red", None),
        ("Multi", "Multi", None),
        ("Unheard-of", "Red", ""),
        (None, "Multi", ""),
    ],
)
def test_colours_go_together_by_their_places_on_the_circle(one, other, why):
    assert relation(tone_of(one), tone_of(other)) == relation(tone_of(other), tone_of(one)) == why


def test_no_hue_is_on_more_than_two_pieces_but_a_neutral_may_be_on_all():
    red, black = tone_of("Red"), tone_of("Black")
    assert joins(red, [red]) and not joins(red, [red, red])
    assert joins(black, [black] * 4)


@pytest.mark.parametrize("gender", ["Men", "Women", "Girls"])
@pytest.mark.parametrize("usage", ["Casual", "Formal"])
@pytest.mark.parametrize("season", ["Summer", "Winter"])
def test_every_piece_obeys_every_rule(shop, gender, usage, season):
    for colour in ("Red", "Yellow"):
        look = shop.outfit(f"Shirts {gender} {usage} {season} {colour}")
        assert look.slots == ("top",) and list(look.pieces) == OPEN and not look.missing
        for piece in look.pieces.values():
            found = piece.item.attributes
            assert found["gender"] in ({gender} if gender == "Girls" else {gender, "Unisex"})
            assert found["usage"] == usage and found["season"] == season
        tones = [tone_of(colour), *(tone_of(piece.item.attributes["baseColour"]) for piece in look.pieces.values())]
        assert all(relation(one, other) for one in tones for other in tones)


def test_pieces_around_a_unisex_item_are_for_one_wearer(shop):
    for colour in ("Black", "Red", "Green", "Yellow"):
        look = shop.outfit(f"Handbags Unisex Casual Summer {colour}")
        assert look.theme.wearer in ("Men", "Women")
        assert {piece.item.attributes["gender"] for piece in look.pieces.values()} <= {look.theme.wearer, "Unisex"}


def test_what_an_item_leaves_open_is_settled_once_for_all_pieces(shop):
    look = shop.outfit("Shirts Men Casual None Black")
    assert look.theme.season in ("Summer", "Winter")
    assert {piece.item.attributes["season"] for piece in look.pieces.values()} == {look.theme.season}


def test_an_open_theme_is_the_one_that_fills_most_slots():
    shirt = item("shirt", "Shirts", season=None)
    summer = [item(f"jeans {number}", "Jeans") for number in range(5)]
    winter = [item("boots", "Boots", season="Winter"), item("cords", "Trousers", season="Winter")]
    assert ids(stylist_of(shirt, *summer, *winter).outfit("shirt")) == {"bottom": "cords", "shoes": "boots"}


def test_a_product_that_says_less_is_taken_only_where_no_other_is_left():
    shirt, silent = item("shirt", "Shirts"), [item(f"silent {n}", "Jeans", season=None) for n in range(9)]
    assert ids(stylist_of(shirt, *silent, item("says", "Jeans")).outfit("shirt")) == {"bottom": "says"}
    assert ids(stylist_of(shirt, *silent).outfit("shirt"))["bottom"].startswith("silent")


def test_of_those_that_obey_the_closest_in_style_is_taken():
    products = [item("plain shirt", "Shirts"), item("loud shirt", "Shirts")]
    products += [item("plain jeans", "Jeans"), item("loud jeans", "Jeans")]
    items = Items.from_items(products, NAMES)
    shirts = [[0.8, 0.6, 0], [0.8, -0.6, 0]]
    jeans = [[0, -0.28, 0.96], [0.6, -0.8, 0]]  # the loud ones have the higher cosine with both shirts
    stylist = Stylist(items, ExactSearcher(np.array([*shirts, *jeans], dtype=np.float32), items))
    assert ids(stylist.outfit("plain shirt")) == {"bottom": "plain jeans"}
    assert ids(stylist.outfit("loud shirt")) == {"bottom": "loud jeans"}
    loud = PictureAnchor(np.array([[0.6, -0.8, 0]], dtype=np.float32), SEEN)
    assert ids(stylist.outfit(loud)) == {"bottom": "loud jeans"}


def test_the_slot_with_the_least_choice_is_filled_first():
    bottoms = [item(f"jeans {colour}", "Jeans", colour) for colour in ("Yellow", "Green")]
    shop = stylist_of(item("shirt", "Shirts", "White"), *bottoms, item("bag", "Handbags", "Red"))
    assert ids(shop.outfit("shirt")) == {"bottom": "jeans Green", "bag": "bag"}


def test_a_dress_fills_top_and_bottom(shop):
    look = shop.outfit("Frock")
    assert look.slots == ("top", "bottom")
    assert list(look.pieces) == ["shoes", "bag", "accessory"]


def test_a_piece_says_what_it_obeys():
    white = stylist_of(item("shirt", "Shirts", "White"), item("jeans", "Jeans", "Navy Blue", gender="Unisex"))
    (piece,) = white.outfit("shirt").pieces.values()
    assert piece.reasons == ("Unisex", "Casual", "Summer", "Navy Blue goes with White: a neutral")


def test_a_slot_that_stays_empty_says_why():
    look = stylist_of(
        item("shirt", "Shirts", "Yellow"),
        item("jeans", "Jeans", "Red"),
        item("heels", "Heels", gender="Women"),
        item("belt", "Belts"),
    ).outfit("shirt")
    assert list(look.pieces) == ["accessory"]
    assert look.missing == {
        "bottom": "None of the bottoms for Men, Casual, Summer harmonises with the colours of this look.",
        "shoes": "This catalogue has no shoes for Men, Casual, Summer.",
        "bag": "This catalogue has no bags.",
    }


def test_a_slot_with_nothing_of_the_season_or_usage_takes_another_and_says_so():
    kurta = item("kurta", "Kurtas", gender="Women", usage="Ethnic")
    others = [item("jeans", "Jeans", gender="Women", season="Winter"), item("heels", "Heels", gender="Women")]
    stylist = stylist_of(kurta, *others, item("boots", "Boots"))
    look = stylist.outfit("kurta")
    assert ids(look) == {"bottom": "jeans", "shoes": "heels"}
    assert look.pieces["shoes"].reasons[-1] == "the shop has no shoes for Women, Ethnic, Summer"
    assert ids(stylist.outfit("kurta", locked=ids(look))) == ids(look)
    assert stylist.has_looks("kurta") and not stylist.has_looks("boots")


def test_a_look_is_shown_as_it_was_given(shop):
    pieces = {"shoes": "Casual Shoes Men Casual Summer Red", "bag": "Handbags Unisex Casual Summer Red"}
    assert ids(shop.as_given(pieces)) == pieces
    look = shop.outfit("Frock", locked=pieces, is_strict=False)
    assert ids(look).items() >= pieces.items() and "accessory" in look.pieces


def test_a_locked_slot_keeps_its_item_and_the_others_harmonise_with_it(shop):
    anchor, red = "Shirts Men Casual Summer Black", "Jeans Men Casual Summer Red"
    look = shop.outfit(anchor, locked={"bottom": red})
    assert ids(look)["bottom"] == red
    assert "Yellow" not in {piece.item.attributes["baseColour"] for piece in look.pieces.values()}
    assert list(look.pieces) == OPEN


def test_a_swap_changes_one_slot_and_comes_round(shop):
    anchor = "Shirts Men Casual Summer Yellow"
    first = ids(shop.outfit(anchor))
    others = {slot: item_id for slot, item_id in first.items() if slot != "shoes"}
    passed, shown = [], []
    for _ in range(60):
        look = ids(shop.outfit(anchor, locked=others, passed_over=passed))
        assert {slot: look[slot] for slot in others} == others
        shown.append(look["shoes"])
        passed.append(look["shoes"])
    turn = shown.index(shown[0], 1)
    assert turn == len(set(shown)) >= 4
    assert shown[turn : 2 * turn] == shown[:turn]


def test_a_reroll_picks_others_in_every_slot_and_keeps_the_rules(shop):
    anchor = "Shirts Men Casual Summer Black"
    first = ids(shop.outfit(anchor))
    again = shop.outfit(anchor, passed_over=list(first.values()))
    assert not set(ids(again).values()) & set(first.values())
    assert list(again.pieces) == OPEN
    kept = {"bag": first["bag"]}
    assert ids(shop.outfit(anchor, locked=kept, passed_over=list(first.values())))["bag"] == first["bag"]


def test_equal_arguments_give_equal_looks(shop):
    arguments = {"locked": {"bag": "Handbags Unisex Casual Summer Red"}, "passed_over": ["Jeans Men Casual Summer Red"]}
    look = shop.outfit("Shirts Men Casual Summer Black", **arguments)
    assert look == stylist_of(
        *catalogue(), item("Perfume", "Perfume"), item("Frock", "Dresses", gender="Women")
    ).outfit("Shirts Men Casual Summer Black", **arguments)
    assert look == shop.outfit(
        "Shirts Men Casual Summer Black", **(arguments | {"passed_over": {"gone", arguments["passed_over"][0]}})
    )


def test_a_picture_gets_the_look_of_what_it_seems_to_be(shop):
    vector = np.eye(1, 8, dtype=np.float32)
    look = shop.outfit(PictureAnchor(vector, SEEN | {"season": None, "usage": None, "baseColour": None}))
    assert look.slots == ("top",) and list(look.pieces) == OPEN
    assert look.theme.wearer == "Men" and look.theme.usage and look.theme.season
    assert {piece.item.attributes["usage"] for piece in look.pieces.values()} == {look.theme.usage}
    assert shop.slots(PictureAnchor(vector, {"articleType": None})) == ()


def test_a_catalogue_that_says_only_what_things_are_gets_looks_too():
    items = Items(list("abc"), [None] * 3, {"label": ["Shirt", "Boots", "Mugs"]})
    stylist = Stylist(items, ExactSearcher(np.eye(3, dtype=np.float32), items))
    look = stylist.outfit("a")
    assert ids(look) == {"shoes": "b"} and look.pieces["shoes"].reasons == ()
    assert look.missing["bottom"] == "This catalogue has no bottoms."
    assert [stylist.slots(item_id) for item_id in "abc"] == [("top",), ("shoes",), ()]


@pytest.mark.parametrize(
    ("gender", "fitting", "unfitting"),
    [
        ("Male", "Mens", "Ladies"),
        ("Kids", "Boys", "Unisex"),
        ("Unisex Kids", "Girls", "Women"),
        ("Women's", "unisex", "Girls"),
        ("Dogs", "Dogs", "Men"),
    ],
)
def test_other_words_for_wearers_are_understood(gender, fitting, unfitting):
    shirt = item("shirt", "Shirts", gender=gender)
    others = [item(kind, kind, gender=unfitting) for kind in ("Boots", "Handbags")]
    shop = stylist_of(shirt, item("fits", "Jeans", gender=fitting), *others)
    assert ids(shop.outfit("shirt")) == {"bottom": "fits"}


@pytest.mark.parametrize(
    ("anchor", "locked", "message"),
    [
        ("nobody", {}, "no item 'nobody'"),
        ("Perfume", {}, "Perfume is not known as part of a look.*Start from one"),
        ("Frock", {"top": "Shirts Women Casual Summer Red"}, "no slot 'top' to lock.*It has: shoes, bag, accessory"),
        ("Frock", {"shoe": "Shirts Women Casual Summer Red"}, "no slot 'shoe' to lock"),
        ("Frock", {"shoes": "Shirts Women Casual Summer Red"}, "does not go into the slot 'shoes'"),
        ("Frock", {"shoes": "gone"}, "no item 'gone'"),
        ("Frock", {"shoes": "Casual Shoes Men Casual Summer Red"}, "do not agree in gender"),
        ("Frock", {"shoes": "Casual Shoes Women Formal Summer Red"}, "do not agree in gender, usage and season"),
    ],
)
def test_what_cannot_be_a_look_is_refused(shop, anchor, locked, message):
    with pytest.raises(QueryError, match=message):
        shop.outfit(anchor, locked=locked)
