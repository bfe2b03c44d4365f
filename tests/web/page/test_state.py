import pytest

from recsys.errors import QueryError
from recsys.recommend.options import MAX_LIKES
from recsys.web.page.state import PageOptions, longer
from testkit.fake_shop import fake_shop


@pytest.fixture(scope="module")
def items():
    return fake_shop().items


def test_what_the_fields_hold_is_what_is_asked(items):
    taste = {"liked": ["p7", "a/b ü?"], "disliked": ["p8"], "panel": "<p>"}
    narrow = {"where": {"season": ["Summer", None], "gender": "Men"}, "counts": {}}
    asked = PageOptions.from_fields(narrow, 0.25, taste, items)
    where = {"season": ["Summer", None], "gender": ["Men"]}
    assert asked == PageOptions(where=where, liked=("p7", "a/b ü?"), disliked=("p8",), diversity=0.25)
    assert (asked.filter, asked.but, asked.index) == (where, {}, None)


@pytest.mark.parametrize("junk", [None, 5, True, "p7", ["p7"], {}, {"where": None, "liked": None}], ids=repr)
def test_fields_that_hold_nothing_ask_for_nothing(items, junk):
    assert PageOptions.from_fields(junk, None, junk, items) == PageOptions()


@pytest.mark.parametrize(
    ("variety", "meant"),
    [(0.5, 0.5), (1, 1.0), (-3, 0.0), (7, 1.0), (10**400, 1.0), (float("nan"), 0.0), (float("inf"), 1.0), ("1", 0.0),
     ([1], 0.0)],
    ids=str,
)  # fmt: skip
def test_variety_runs_from_zero_to_one(items, variety, meant):
    diversity = PageOptions.from_fields(None, variety, None, items).diversity
    assert diversity == meant and isinstance(diversity, float)


@pytest.mark.parametrize("where", ["gender", ["gender"], {"gender": {"x": 5}}, {"gender": [["Men"]]}], ids=str)
def test_what_is_no_filter_is_refused(items, where):
    with pytest.raises(QueryError, match="where is a filter such as"):
        PageOptions.from_fields({"where": where}, 0, None, items)


@pytest.mark.parametrize("liked", [5, True, "p7", {"p7": 1}, {"liked": ["p7"]}], ids=repr)
def test_what_is_no_list_of_likes_counts_for_nothing(items, liked):
    assert PageOptions.from_fields(None, 0, {"liked": liked}, items) == PageOptions()


def test_likes_of_what_this_shop_does_not_have_count_for_nothing(items):
    taste = {"liked": ["gone", "p7", 7, None, ["p8"], {}], "disliked": ["p9", ""]}
    asked = PageOptions.from_fields(None, 0, taste, items)
    assert (asked.liked, asked.disliked) == (("p7",), ("p9",))


def test_what_is_both_liked_and_not_is_liked(items):
    asked = PageOptions.from_fields(None, 0, {"liked": ["p7"], "disliked": ["p7", "p8"]}, items)
    assert (asked.liked, asked.disliked) == (("p7",), ("p8",))


def test_the_latest_likes_are_kept_where_there_are_too_many(items):
    liked = PageOptions.from_fields(None, 0, {"liked": ["p7"] * 5 + ["p8"] * MAX_LIKES}, items).liked
    assert liked == ("p8",) * MAX_LIKES


def test_an_opinion_is_one_of_three(items):
    asked = PageOptions(liked=("p7",), disliked=("p8",))
    assert [asked.opinion(item_id) for item_id in ("p7", "p8", "p9")] == ["liked", "disliked", ""]


def test_a_page_more_is_shown_up_to_a_hundred():
    assert [longer(k) for k in (20, 40, 80, 90, 100)] == [40, 60, 100, 100, 100]
