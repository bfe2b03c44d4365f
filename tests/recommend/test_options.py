"""Search options: likes, diversity, attribute overrides, filters and minimum similarity."""

import pytest
from PIL import Image

from recsys.errors import QueryError
from testkit.fake_shop import draw, fake_shop

RED_DRESS = draw("Dresses", "#b3262e")


def ids(matches):
    return [match.item.id for match in matches]


def kinds_of(matches):
    return [match.item.attributes["articleType"] for match in matches]


@pytest.fixture(scope="module")
def shop():
    return fake_shop()


def test_likes_alone_are_asked_with(shop):
    answer = shop.recommend(liked=["p40", "p52"], k=8)
    kinds = [match.item.attributes["articleType"] for match in answer]
    assert kinds.count("Watches") >= 6 and not {"p40", "p52"} & set(ids(answer))
    assert (answer.close, answer.seen) == (None, {})
    assert answer == shop.for_you(["p40", "p52"], 8)


def test_likes_move_what_is_found_with_a_picture(shop):
    moved = shop.recommend(RED_DRESS, k=10, liked=["p31"])
    rest = [match for match in shop.recommend(RED_DRESS, k=11) if match.item.id != "p31"]
    assert ids(moved) != ids(rest) and "p31" not in ids(moved) and kinds_of(moved) == kinds_of(rest[:10])
    cosine = {match.item.id: match.similarity for match in shop.recommend(RED_DRESS, k=60)}
    assert all(match.similarity == pytest.approx(cosine[match.item.id], abs=1e-6) for match in moved)


def test_likes_of_another_kind_do_not_take_the_answer_over(shop):
    plain = shop.recommend(RED_DRESS, k=10)
    for liked in (["p40"], ["p40", "p52", "p46"]):  # watches
        assert list(shop.recommend(RED_DRESS, k=10, liked=liked)) == list(plain)
        assert list(shop.similar("p7", k=5, liked=liked)) == list(shop.similar("p7", k=5))
    assert set(kinds_of(shop.recommend(liked=["p40"], k=6))) == {"Watches"}


def test_what_is_disliked_stays_out_and_pushes_away(shop):
    plain = shop.recommend(RED_DRESS, k=60)
    moved = shop.recommend(RED_DRESS, k=60, disliked=["p37"])
    assert len(moved) == 59 and "p37" not in ids(moved)
    women = [[match.item.attributes["gender"] for match in answer[:6]].count("Women") for answer in (plain, moved)]
    assert women == [3, 2]


@pytest.mark.parametrize("ask", ["recommend", "similar", "for_you"])
def test_filters_hold_whatever_is_liked(shop, ask):
    query = {"recommend": RED_DRESS, "similar": "p7", "for_you": ["p40"]}[ask]
    options = {"disliked": ["p13"]} | ({} if ask == "for_you" else {"liked": ["p40"]})
    answer = getattr(shop, ask)(query, k=100, where={"gender": "Women"}, **options)
    assert len(answer) == 29 and {match.item.attributes["gender"] for match in answer} == {"Women"}


@pytest.mark.parametrize("ask", ["recommend", "similar"])
def test_variety_makes_the_matches_less_alike_and_leaves_the_best_and_the_kinds(shop, ask):
    query = {"recommend": RED_DRESS, "similar": "p7"}[ask]
    plain, varied = getattr(shop, ask)(query, k=12), getattr(shop, ask)(query, k=12, diversity=1.0)
    assert len(varied) == 12 and varied[0] == plain[0]
    assert set(kinds_of(varied)) <= set(kinds_of(plain))
    assert likeness(shop, varied) < likeness(shop, plain)


def likeness(shop, answer):
    """The mean cosine of all pairs of matches."""
    vectors = shop.searcher.vectors([match.row for match in answer])
    return (vectors @ vectors.T).mean()


def test_another_value_is_had_instead_of_the_own(shop):
    answer = shop.recommend(RED_DRESS, k=100, but={"baseColour": "Black"})
    assert len(answer) == 12 and kinds_of(answer)[:2] == ["Dresses", "Dresses"]
    assert {match.item.attributes["baseColour"] for match in answer} == {"Black"}
    followed = shop.similar("p7", k=1, but={"baseColour": "Black", "gender": "Women"})[0].item
    assert (followed.attributes["articleType"], followed.attributes["gender"]) == ("Dresses", "Women")


@pytest.mark.parametrize("cap", ["p11", "p17"])
def test_all_else_stays_as_it_was_which_a_filter_alone_does_not_achieve(shop, cap):
    colour = shop.items[shop.items.row(cap)].attributes["baseColour"]
    first = [
        shop.similar(cap, k=1, **{option: {"articleType": "Watches"}})[0].item.attributes["baseColour"]
        for option in ("but", "where")
    ]
    assert first[0] == colour != first[1]


def test_what_is_wanted_instead_goes_before_the_filter_on_it(shop):
    answer = shop.recommend(RED_DRESS, k=100, where={"gender": "Men"}, but={"gender": "Women"})
    assert {match.item.attributes["gender"] for match in answer} == {"Women"}


def test_a_similarity_is_still_that_to_the_picture(shop):
    cosine = {match.item.id: match.similarity for match in shop.recommend(RED_DRESS, k=60)}
    answer = shop.recommend(RED_DRESS, k=60, but={"baseColour": "Black"})
    assert all(match.similarity == pytest.approx(cosine[match.item.id], abs=1e-6) for match in answer)


def test_what_is_too_far_is_left_out(shop):
    plain = shop.recommend(RED_DRESS, k=60)
    near = [match for match in plain if match.similarity >= 0.95]
    assert list(shop.recommend(RED_DRESS, k=60, min_similarity=0.95)) == near and 0 < len(near) < 60
    nothing = shop.recommend(Image.new("RGB", (240, 320), "black"), min_similarity=1.0)
    assert (len(nothing), nothing.close) == (0, None)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"diversity": 1.1}, "diversity is a number from 0 to 1; got 1.1"),
        ({"diversity": float("nan")}, "diversity is a number from 0 to 1; got nan"),
        ({"diversity": "much"}, "diversity is a number from 0 to 1; got 'much'"),
        ({"diversity": True}, "diversity is a number from 0 to 1; got True"),
        ({"min_similarity": -2}, "min_similarity is a number from -1 to 1; got -2"),
        ({"min_similarity": "0"}, "min_similarity is a number from -1 to 1"),
        ({"liked": "p7"}, "liked is a list of item ids; got 'p7'"),
        ({"disliked": [7]}, "disliked is a list of item ids"),
        ({"liked": ["nope"]}, "no item 'nope'"),
        ({"disliked": ["nope"]}, "no item 'nope'"),
        ({"liked": ["p7"], "disliked": ["p7"]}, "both liked and disliked"),
        ({"but": {"baseColour": "Plaid"}}, "Its values are: "),
        ({"but": {"size": "M"}}, "no attribute 'size'"),
        ({"but": {"gender": ["Men"]}}, "one value each"),
        ({"but": {"season": None}}, "one value each"),
    ],
    ids=str,
)
def test_options_out_of_range_or_unknown_are_refused_with_the_reason(shop, options, message):
    with pytest.raises(QueryError, match=message):
        shop.recommend(RED_DRESS, **options)
    with pytest.raises(QueryError, match=message):
        shop.similar("p8", **options)


def test_without_a_picture_and_a_like_there_is_nothing_to_ask_with(shop):
    for ask in (shop.recommend, lambda: shop.for_you([])):
        with pytest.raises(QueryError, match="at least one liked item"):
            ask()
