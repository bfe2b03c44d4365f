from itertools import product as combinations

import numpy as np
import pytest

from recsys.core.items import Items
from recsys.errors import QueryError
from recsys.recommend.likes import RERANKED, Likes, rocchio
from recsys.recommend.options import SearchOptions
from recsys.types import Item, Reason
from testkit.fake_shop import ExactSearcher

KINDS, COLOURS, USES = ("Shirts", "Shoes", "Watches"), ("Blue", "Red", "Green", "Black"), ("Sports", "Casual", None)
COPIES = 4
GROUPS = {"Shirts": "Apparel", "Shoes": "Footwear", "Watches": "Accessories"}
NOTHING = np.empty((0, 2), dtype=np.float32)


def unit(vectors):
    vectors = np.asarray(vectors, dtype=np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


@pytest.fixture(scope="module")
def shop():
    """Its vectors show the kind clearly, the colour faintly, and the use not at all."""
    rng, items, vectors = np.random.default_rng(0), [], []
    for kind, colour, use, number in combinations(KINDS, COLOURS, USES, range(COPIES)):
        attributes = {"group": GROUPS[kind], "kind": kind, "colour": colour, "use": use}
        items.append(Item(f"{kind}/{colour}/{use}/{number}", None, attributes))
        looks = np.r_[np.eye(3)[KINDS.index(kind)], 0.3 * np.eye(4)[COLOURS.index(colour)], 1.0]
        vectors.append(looks + 0.03 * rng.normal(size=8))
    columns = Items.from_items(items, ["group", "kind", "colour", "use"])
    return columns, ExactSearcher(unit(vectors), columns)


def values_of(items, rows, attribute):
    return [items[int(row)].attributes[attribute] for row in rows]


def nearest(likes, query, k, where=None, without=()):
    """The k best rows for a query beside these likes, and their cosines, as a search puts them together."""
    out = [*likes.judged, *without]
    (rows,), (cosines,) = likes.searcher.search(query, max(k, RERANKED) + len(out), where)
    rows, cosines = (found[~np.isin(rows, out)] for found in (rows, cosines))
    order = likes.rerank(query, rows)[:k]
    return rows[order], cosines[order]


def query_of(shop, item_id):
    items, searcher = shop
    return searcher.vectors([items.row(item_id)])


def test_a_query_moves_towards_the_liked_and_away_from_the_disliked():
    query, east, north = unit([[1, 1]]), unit([[1, 0]]), unit([[0, 1]])
    towards, away = rocchio(query, east, NOTHING), rocchio(query, NOTHING, north)
    assert towards @ east.T > query @ east.T
    assert away @ north.T < query @ north.T
    both = rocchio(query, east, north)
    assert both @ east.T > towards @ east.T
    assert (towards.shape, towards.dtype) == ((1, 2), np.float32)
    assert np.linalg.norm([*towards, *away, *both], axis=1) == pytest.approx(1, abs=1e-6)


def test_a_query_without_likes_stays_and_finds_what_a_search_finds(shop):
    items, searcher = shop
    query = query_of(shop, "Shirts/Blue/Sports/0")
    assert rocchio(query, query[:0], query[:0]) == pytest.approx(query)
    rows, cosines = nearest(Likes(items, searcher), query, 20)
    (expected,), (near,) = searcher.search(query, 20)
    assert rows.tolist() == expected.tolist()
    assert cosines == pytest.approx(near, abs=1e-6)


def test_one_like_brings_what_no_picture_shows(shop):
    items, searcher = shop
    query = query_of(shop, "Shirts/Blue/Casual/0")
    before, _ = nearest(Likes(items, searcher), query, 3)
    after, _ = nearest(Likes.from_ids(items, searcher, ["Shirts/Red/Sports/0"]), query, 3)
    assert set(values_of(items, before, "use")) != {"Sports"} and set(values_of(items, before, "colour")) == {"Blue"}
    assert set(values_of(items, after, "use")) == {"Sports"}


def test_likes_count_by_what_they_share(shop):
    items, searcher = shop
    likes = Likes.from_ids(items, searcher, ["Shirts/Red/Sports/0", "Shirts/Blue/Sports/0", "Shoes/Black/Sports/1"])
    query = query_of(shop, "Shirts/Green/Casual/0")
    before, after = (
        values_of(items, nearest(liking, query, 8)[0], "use") for liking in (Likes(items, searcher), likes)
    )
    assert set(after[:4]) == {"Sports"} != set(before[:4]) and after.count("Sports") > before.count("Sports")


def test_a_dislike_alone_keeps_its_like_away(shop):
    items, searcher = shop
    query = query_of(shop, "Shirts/Blue/Casual/0")
    before = values_of(items, nearest(Likes(items, searcher), query, 9)[0], "colour")
    after = values_of(
        items, nearest(Likes.from_ids(items, searcher, [], ["Shirts/Blue/Casual/1"]), query, 9)[0], "colour"
    )
    assert after.count("Blue") < before.count("Blue")


def test_what_was_judged_or_left_out_stays_out_and_all_else_can_come(shop):
    items, searcher = shop
    likes = Likes.from_ids(items, searcher, ["Shoes/Red/Sports/0"], ["Shoes/Red/Casual/0"])
    asked = items.row("Shoes/Red/Sports/1")
    rows, _ = nearest(likes, searcher.vectors([asked]), len(items), without=[asked])
    assert sorted(rows.tolist()) == sorted({*range(len(items))} - {*likes.liked, *likes.disliked, asked})
    assert not {*likes.for_you(len(items))[0].tolist()} & {*likes.liked, *likes.disliked}


def test_the_cosines_are_those_to_the_query_as_it_was_asked(shop):
    items, searcher = shop
    query = query_of(shop, "Watches/Red/Sports/0")
    rows, cosines = nearest(Likes.from_ids(items, searcher, ["Watches/Blue/Casual/0"]), query, 6)
    assert cosines == pytest.approx(searcher.vectors(rows) @ query[0], abs=1e-6)


def test_a_filter_holds_and_its_own_value_tells_nothing(shop):
    items, searcher = shop
    likes = Likes.from_ids(items, searcher, ["Shirts/Red/Sports/0"])
    for rows, _ in (nearest(likes, query_of(shop, "Shirts/Blue/Casual/0"), 50, {"colour": "Blue"}),
                    likes.for_you(50, {"colour": "Blue"})):  # fmt: skip
        assert set(values_of(items, rows, "colour")) == {"Blue"} and len(rows) == 3 * 3 * COPIES
    blue = items.passing({"colour": "Blue", "use": "Sports"})
    even = np.zeros(len(blue), dtype=np.float32)
    of_kind = dict(zip(values_of(items, blue, "kind"), likes.scores(blue, even), strict=True))
    colours_alone = Items(items.ids, items.names, {"colour": values_of(items, range(len(items)), "colour")})
    without_kind = Likes(colours_alone, searcher, likes.liked).scores(blue, even)
    assert of_kind["Shirts"] > of_kind["Shoes"]
    assert np.ptp(without_kind) == 0


def test_a_missing_value_is_no_reason(shop):
    items, searcher = shop
    likes = Likes.from_ids(items, searcher, ["Shirts/Red/None/0", "Shoes/Blue/None/0"])
    alike = items.passing({"kind": "Shirts", "colour": "Red"})
    scores = likes.scores(alike, np.zeros(len(alike), dtype=np.float32))
    assert scores == pytest.approx(scores[0])
    assert "use" not in [reason.attribute for reason in likes.shared_values()]


def test_for_you_serves_every_interest_the_latest_first(shop):
    items, searcher = shop
    rows, cosines = Likes.from_ids(items, searcher, ["Watches/Red/Sports/0", "Shoes/Black/Casual/0"]).for_you(10)
    kinds = values_of(items, rows, "kind")
    assert kinds[:2] == ["Shoes", "Watches"] and kinds.count("Shoes") == kinds.count("Watches") == 5
    likes = {"Shoes": query_of(shop, "Shoes/Black/Casual/0"), "Watches": query_of(shop, "Watches/Red/Sports/0")}
    near = [float((searcher.vectors([row]) @ likes[kind].T)[0, 0]) for row, kind in zip(rows, kinds, strict=True)]
    assert cosines == pytest.approx(near, abs=1e-6)
    assert len({*rows.tolist()}) == 10


def test_what_comes_by_two_likes_comes_once_with_the_cosine_of_its_turn(shop):
    items, searcher = shop
    rows, cosines = Likes.from_ids(items, searcher, ["Shirts/Red/Sports/0", "Shirts/Blue/Sports/0"]).for_you(20)
    assert len({*rows.tolist()}) == 20
    latest = query_of(shop, "Shirts/Blue/Sports/0")
    assert cosines[0] == pytest.approx(float((searcher.vectors(rows[:1]) @ latest.T)[0, 0]), abs=1e-6)


def test_what_the_likes_share_can_be_said(shop):
    items, searcher = shop
    liked = ["Shirts/Blue/Sports/0", "Shoes/Blue/Sports/0", "Watches/Blue/Sports/1"]
    assert set(Likes.from_ids(items, searcher, liked).shared_values()) == {
        Reason("colour", "Blue"),
        Reason("use", "Sports"),
    }
    assert Likes.from_ids(items, searcher, liked[:1]).shared_values() == ()
    twice = Likes.from_ids(items, searcher, ["Shirts/Blue/None/0", "Shirts/Red/None/0"]).shared_values()
    assert len(twice) == 1 and twice[0].value in ("Shirts", "Apparel")


def test_a_catalogue_without_attributes_still_moves(shop):
    items, searcher = shop
    bare = Items(items.ids, items.names, {})
    query = query_of(shop, "Shirts/Blue/Casual/0")
    moves = ExactSearcher(searcher.matrix, bare)
    before = values_of(items, nearest(Likes(bare, moves), query, 20)[0], "colour")
    after = values_of(items, nearest(Likes.from_ids(bare, moves, ["Shirts/Red/Casual/0"]), query, 20)[0], "colour")
    assert after.count("Red") > before.count("Red")


@pytest.mark.parametrize("kind", KINDS)
def test_likes_of_other_kinds_change_nothing_in_the_answer_to_a_query(shop, kind):
    items, searcher = shop
    query = query_of(shop, f"{kind}/Blue/Casual/0")
    others = [items.ids[row] for row in range(0, len(items), 5) if items.columns["kind"][row] != kind]
    plain, _ = nearest(Likes(items, searcher), query, 10)
    assert set(values_of(items, plain, "kind")) == {kind}
    for liked, disliked in ((others[:1], []), (others, []), ([], others)):
        assert nearest(Likes.from_ids(items, searcher, liked, disliked), query, 10)[0].tolist() == plain.tolist()


def test_likes_of_its_own_kind_keep_the_kind_at_each_place(shop):
    items, searcher = shop
    between = unit(query_of(shop, "Shirts/Blue/Casual/0") + query_of(shop, "Shoes/Red/Casual/0"))
    plain, _ = nearest(Likes(items, searcher), between, 24)
    moved, _ = nearest(Likes.from_ids(items, searcher, ["Shirts/Green/None/0", "Shoes/Green/None/0"]), between, 24)
    assert values_of(items, moved, "kind") == values_of(items, plain, "kind") and moved.tolist() != plain.tolist()


def test_a_filter_that_nothing_passes_gives_nothing(shop):
    items, searcher = shop
    likes = Likes.from_ids(items, searcher, ["Shirts/Red/Sports/0"])
    nothing = {"group": "Apparel", "kind": "Shoes"}
    assert [len(part) for part in nearest(likes, query_of(shop, "Shirts/Blue/Casual/0"), 5, nothing)] == [0, 0]
    assert [len(part) for part in likes.for_you(5, nothing)] == [0, 0]


def test_unknown_and_contradictory_likes_are_refused(shop):
    with pytest.raises(QueryError, match="both liked and disliked"):
        SearchOptions(liked=["Shirts/Red/Sports/0"], disliked=["Shirts/Red/Sports/0"])
    with pytest.raises(QueryError, match="Ids look like"):
        Likes.from_ids(*shop, ["nope"])
    with pytest.raises(QueryError, match="at least one liked item"):
        Likes.from_ids(*shop, [], ["Shirts/Red/Sports/0"]).for_you(5)


def test_a_like_said_twice_counts_once(shop):
    assert (
        Likes.from_ids(*shop, ["Shirts/Red/Sports/0"] * 2).liked == Likes.from_ids(*shop, ["Shirts/Red/Sports/0"]).liked
    )
