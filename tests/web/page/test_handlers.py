"""The handlers of the page, called as the functions they are."""

from __future__ import annotations

import re
from dataclasses import replace

import gradio as gr
import numpy as np
import pytest
from PIL import Image

from recsys.core.calibration import Calibration
from recsys.core.items import Items
from recsys.errors import QueryError
from recsys.web.page import handlers
from recsys.web.page.handlers import PageHandlers
from recsys.web.page.state import PageOptions, Query
from testkit.fake_shop import HOSTILE_NAME, draw, encoded, fake_shop, set_items

RED_DRESS = draw("Dresses", "#b3262e")
CALIBRATION = Calibration("articleType", (0.0, 1.0), (0.0, 0.9), threshold=0.9, refused=0.05, queries=60)
SEES = {"articleType": {"Dresses": 0.75, "Caps": 0.25}, "gender": {"Men": 0.4, "Women": 0.35, "Girls": 0.25}}
BLACK = Image.new("RGB", (240, 320), "black")
WOMEN = PageOptions({"gender": ["Women"]})
BLACK_ONE = {"attribute": "baseColour", "value": "Black"}


@pytest.fixture(scope="module")
def shop():
    return fake_shop()


@pytest.fixture(scope="module")
def answers(shop):
    return PageHandlers(shop)


@pytest.fixture(scope="module")
def knowing():
    """The handlers of a shop with a calibration, whose encoder tells attributes."""
    return PageHandlers(fake_shop(calibration=CALIBRATION, sees=SEES))


def ids(found):
    """The products on the cards, variants aside."""
    return re.findall(r'<div class="front"><a [^>]*data-item="([^"]*)"', found)


def pictured(answers, item_id="p7", asked=None):
    return answers.search_example(item_id, asked or PageOptions(), Query())[0]


def things():
    """A dress and a handbag, apart and small, on a plain ground."""
    photo = Image.new("RGB", (800, 600), "white")
    photo.paste(draw("Dresses", "#b3262e", (150, 200)), (80, 200))
    photo.paste(draw("Handbags", "#222222", (150, 200)), (550, 200))
    return photo


@pytest.fixture
def upload(monkeypatch):
    """What a visitor uploads."""

    def given(picture):
        monkeypatch.setattr(handlers, "picture_bytes", lambda _: encoded(picture))
        return {"path": "x"}

    return given


class TestPicture:
    def test_an_example_is_searched_with_and_shown(self, answers):
        query, heading, found, narrow, picture, part = answers.search_example("p7", PageOptions(), Query())
        assert query.picture is not None and query.item is None
        assert "Closest to your picture" in heading and len(ids(found)) == 20 and ids(found)[0] in ("p7", "p37")
        assert narrow["where"] == {}
        assert picture["path"] is None and picture["url"].startswith("data:image/jpeg;base64,")
        assert 'data-frame=""' in part

    def test_a_link_is_emptied_once_its_picture_is_here(self, answers, monkeypatch):
        monkeypatch.setattr(handlers, "read_picture", {"https://a.b/x.png": RED_DRESS}.__getitem__)
        *shown, picture, part, link = answers.search_link(" https://a.b/x.png ", PageOptions(), Query())
        assert ids(shown[2])[0] in ("p7", "p37") and picture["url"] and "data-frame" in part and link == ""

    def test_a_picture_that_no_browser_shows_is_shown_all_the_same(self, answers, monkeypatch):
        files = {"TIFF": encoded(RED_DRESS, "TIFF"), "JPEG": encoded(RED_DRESS, "JPEG")}
        monkeypatch.setattr(handlers, "picture_bytes", files.__getitem__)
        assert answers.search_upload("TIFF", PageOptions(), Query())[4]["url"].startswith("data:")
        assert "url" not in answers.search_upload("JPEG", PageOptions(), Query())[4]

    def test_taking_the_picture_away_starts_again(self, answers):
        cleared, heading, _, _, part = answers.picture_cleared(PageOptions(), pictured(answers))
        assert cleared.picture is None and cleared.shown is None and part == ""
        assert "From the shop" in heading

    def test_clearing_what_is_empty_overtakes_no_upload(self, answers):
        assert answers.picture_cleared(PageOptions(), Query()) == (gr.skip(),) * 5

    def test_a_picture_that_was_refused_is_not_left_on_the_page(self, answers):
        refused, heading, _, _, picture, part = answers.picture_refused(PageOptions(), Query())
        assert refused.picture is None and picture is None and part == ""
        assert "From the shop" in heading

    def test_a_picture_that_was_refused_leaves_a_good_answer_as_it_is(self, answers):
        *shown, picture, part = answers.picture_refused(PageOptions(), pictured(answers))
        assert shown == [gr.skip()] * 4
        assert picture["url"].startswith("data:image/jpeg") and "data-frame" in part

    def test_a_picture_that_something_is_close_to_is_told_what_is_seen(self, knowing):
        _, heading, found, *_ = knowing.search_example("p7", PageOptions(), Query())
        assert "<h2>Closest to your picture</h2>" in heading
        chip = re.search(r'We see</span><button [^>]*data-attribute="articleType" data-value="Dresses"[^>]*>', heading)
        assert 'aria-pressed="false"' in chip[0] and 'title="Article type, 75 % sure' in chip[0]
        assert "Same kind" in found and "nearest all the same" not in heading

    def test_where_nothing_is_close_it_is_said_and_no_card_says_otherwise(self, knowing):
        far = Query(picture=knowing.recommender.embed(BLACK), search=1)
        _, heading, found, _ = knowing.filters_changed(PageOptions(), far)
        assert "<h2>No close match in this shop</h2>" in heading
        assert "These come nearest: 20 of 60 products" in heading
        assert found.count('class="similarity"') == 20 and "closeness" not in found
        assert "data-point-out" in heading
        _, heading, *_ = knowing.filters_changed(WOMEN, far)
        assert "<h2>No close match with these filters</h2>" in heading
        assert "20 of 30 products that match the filters" in heading and "data-point-out" not in heading

    def test_a_picture_of_a_kind_that_the_shop_lacks_is_told_so(self):
        calibration = replace(CALIBRATION, least_coverage=0.15)
        shop = fake_shop(calibration=calibration, sees={"articleType": {"Sarees": 0.9, "Dresses": 0.1}})
        query = Query(picture=shop.embed(RED_DRESS), search=1)
        _, heading, *_ = PageHandlers(shop).filters_changed(PageOptions(), query)
        assert "<h2>This shop seems to have no Sarees</h2>" in heading

    def test_every_answer_is_told_from_the_last(self, answers):
        query = pictured(answers)
        marks = [
            answers.search_similar("p8", PageOptions(), query)[1],
            answers.search_part(None, PageOptions(), query)[1],
        ]
        assert query.search == 1 and all('data-query="2"' in heading for heading in marks)
        assert 'data-query="1"' in answers.filters_changed(WOMEN, query)[1]


class TestPart:
    def test_the_thing_in_a_large_picture_is_looked_at_and_framed(self, answers, upload):
        photo = Image.new("RGB", (800, 600), "white")
        photo.paste(draw("Handbags", "#222222", (150, 200)), (550, 200))
        query, _, found, _, _, part = answers.search_upload(upload(photo), PageOptions(), Query())
        left, _, right, _ = map(float, re.search(r'data-frame="([^"]+)"', part)[1].split())
        assert 0.6 < left < right < 0.95
        assert answers.items[answers.items.row(ids(found)[0])].attributes["articleType"] == "Handbags"
        whole = answers.search_part(None, PageOptions(), query)
        assert 'data-frame=""' in whole[4] and not np.allclose(whole[0].picture, query.picture)

    def test_the_whole_picture_has_the_embedding_of_the_upload_again(self, answers, upload):
        """Not that of the small JPEG which the page shows."""
        photo = Image.new("RGB", (1600, 1200), "white")
        photo.paste(draw("Handbags", "#222222", (150, 200)), (1250, 800))
        query = answers.search_upload(upload(photo), PageOptions(), Query())[0]
        assert query.box is not None
        part = answers.search_part({"point": [0.1, 0.1]}, PageOptions(), query)[0]
        for before in (query, part):
            whole = answers.search_part(None, PageOptions(), before)[0]
            assert whole.box is None and np.array_equal(whole.picture, answers.recommender.embed(photo))

    def test_in_clutter_the_part_that_answers_is_framed_as_in_the_library(self, answers, upload):
        tiles = np.random.default_rng(0).integers(0, 256, (10, 8, 3), dtype=np.uint8)
        photo = Image.fromarray(tiles).resize((480, 640), Image.Resampling.NEAREST)
        photo.paste(draw("Handbags", "#222222"), (240, 160))
        query, _, found, _, _, part = answers.search_upload(upload(photo), PageOptions(), Query())
        answer = answers.recommender.recommend(photo, 20)
        assert ids(found)[0] == answer[0].item.id and "Searched with the part in the frame" in part
        assert [float(edge) for edge in re.search(r'data-frame="([^"]+)"', part)[1].split()] == pytest.approx(
            answer.box, abs=1e-4
        )
        whole = answers.search_part(None, PageOptions(), query)
        assert "Searched with the whole picture" in whole[4] and whole[0].box is None

    def test_a_picture_is_segmented_once_a_search(self, answers, upload, monkeypatch):
        segmented, segment = [], handlers.Segmentation.from_picture
        monkeypatch.setattr(
            handlers.Segmentation, "from_picture", lambda picture: segmented.append(picture.size) or segment(picture)
        )
        query = answers.search_upload(upload(things()), PageOptions(), Query())[0]
        answers.search_part({"point": [0.78, 0.55]}, PageOptions(), query)
        assert segmented == [(800, 600), (640, 480)]

    def test_each_thing_in_the_picture_can_be_chosen(self, answers, upload):
        query, *_, part = answers.search_upload(upload(things()), PageOptions(), Query())
        boxes = [list(map(float, box.split())) for box in re.findall(r'data-box="([^"]*)"', part)]
        kinds = []
        for box in boxes:
            *_, found, _, framed = answers.search_part({"box": box}, PageOptions(), query)
            assert re.search(r'data-frame="([^"]*)"', framed)[1].split() == [f"{edge:.4f}" for edge in box]
            assert "data-whole" in framed
            kinds.append(answers.items[answers.items.row(ids(found)[0])].attributes["articleType"])
        assert sorted(kinds) == ["Dresses", "Handbags"]

    def test_a_frame_around_nothing_has_no_close_match(self, knowing, upload):
        query, *_, part = knowing.search_upload(upload(things()), PageOptions(), Query())
        thing = list(map(float, re.search(r'data-box="([^"]*)"', part)[1].split()))
        _, around_it, *_ = knowing.search_part({"box": thing}, PageOptions(), query)
        _, around_nothing, *_ = knowing.search_part({"box": [0.4, 0.0, 0.6, 0.25]}, PageOptions(), query)
        assert "<h2>Closest to your picture</h2>" in around_it
        assert "<h2>No close match in this shop</h2>" in around_nothing and "These come nearest" in around_nothing

    def test_a_point_means_the_thing_that_lies_there(self, answers, upload):
        query = answers.search_upload(upload(things()), PageOptions(), Query())[0]
        *_, part = answers.search_part({"point": [0.78, 0.55]}, PageOptions(), query)
        left, _, right, _ = map(float, re.search(r'data-frame="([^"]+)"', part)[1].split())
        assert 0.6 < left < 0.78 < right < 0.95

    def test_filters_and_the_picture_outlive_a_change_of_part(self, answers, upload):
        query = answers.search_upload(upload(things()), WOMEN, Query())[0]
        again, _, found, narrow, _ = answers.search_part({"box": [0.1, 0.3, 0.3, 0.7]}, WOMEN, query)
        assert again.shown == query.shown and narrow["where"] == {"gender": ["Women"]}
        assert {answers.items[answers.items.row(item_id)].attributes["gender"] for item_id in ids(found)} == {"Women"}

    @pytest.mark.parametrize(
        "part",
        [{}, 5, "p", [0, 0, 1, 1], {"box": [0, 0, 1]}, {"box": [1, 0, 0, 1]}, {"box": [0, 0, "1", 1]}, {"box": "abcd"},
         {"box": [float("nan"), 0, 1, 1]}, {"point": [2, 0]}, {"point": ["x", "y"]}, {"point": [None, None]}],
        ids=str,
    )  # fmt: skip
    def test_what_is_no_part_of_the_picture_is_refused(self, answers, part):
        with pytest.raises(QueryError, match="box|point"):
            answers.search_part(part, PageOptions(), pictured(answers))

    def test_without_a_picture_there_is_no_part_of_it(self, answers):
        with pytest.raises(QueryError, match="no picture yet. Upload one"):
            answers.search_part(None, PageOptions(), Query())


class TestItem:
    def test_an_item_is_followed_and_left_again(self, answers):
        query, _, first, *_ = answers.search_example("p7", PageOptions(), Query())
        followed, heading, found, _ = answers.search_similar("p8", PageOptions(), query)
        assert "More like" in heading and "Back to your picture" in heading and "p8" not in ids(found)
        assert answers.go_back(PageOptions(), followed)[2] == first
        assert "Back to the shop" in answers.search_similar("p8", PageOptions(), Query())[1]

    def test_where_nothing_is_close_to_an_item_it_is_said_too(self, knowing):
        _, heading, *_ = knowing.search_similar("p7", PageOptions({"articleType": ["Watches"]}), Query())
        assert "<h2>Nothing else with these filters is close to Men Red Dresse 7</h2>" in heading
        assert "We see" not in heading
        assert "<h2>More like Men Red Dresse 7</h2>" in knowing.search_similar("p7", PageOptions(), Query())[1]

    def test_an_unknown_item_is_refused(self, answers):
        for handler in (answers.search_similar, answers.open_product, answers.search_example):
            with pytest.raises(QueryError, match="Ids look like"):
                handler("nope", PageOptions(), Query())


class TestProduct:
    def test_a_product_opens_with_all_there_is_to_know_and_where_to_go(self, answers):
        dialog = answers.open_product("p7", PageOptions(), Query())
        assert dialog.startswith("<dialog") and '<h2 id="product-name">Men Red Dresse 7</h2>' in dialog
        assert "<dt>Base colour</dt><dd>Red</dd>" in dialog and "<dt>Season</dt><dd>Summer</dd>" in dialog
        assert 'data-similar="p7"' in dialog and 'data-look="p7"' in dialog
        others = re.findall(r'<a [^>]*data-item="([^"]*)"', dialog.partition("More like this</h3>")[2])
        assert len(others) == 6 and "p7" not in others

    def test_what_the_catalogue_leaves_open_is_no_fact_and_what_it_says_is_text(self, answers):
        assert "<dt>Season" not in answers.open_product("p0", PageOptions(), Query())
        hostile = answers.open_product("p1", PageOptions(), Query())
        assert answers.items[1].name == HOSTILE_NAME
        assert "<script" not in hostile and "&lt;script&gt;" in hostile

    def test_in_the_shop_window_there_is_no_query_to_be_like(self, answers):
        assert "Why this was found" not in answers.open_product("p7", PageOptions(), Query())

    def test_a_product_says_why_it_answers_the_picture(self, knowing):
        query = pictured(knowing)
        dialog = knowing.open_product("p37", PageOptions(), query)
        assert "Why this was found" in dialog and "Same kind" in dialog
        both = re.search(r"<p>In common: (.*?)</p>", dialog)[1]
        assert re.sub("<[^>]*>", "", both) == "Dresses"
        assert 'class="heat"' not in dialog and "brighter" not in dialog

    def test_where_the_encoder_can_tell_the_heat_lies_over_the_picture(self, knowing, monkeypatch):
        seen = []

        def heat(image, vector):
            seen.append((image.size, vector))
            return np.array([[0.1, -0.2], [0.4, 0.0]], np.float32)

        monkeypatch.setattr(knowing.recommender.encoder, "heat", heat)
        dialog = knowing.open_product("p37", PageOptions(), pictured(knowing))
        assert dialog.count("data:image/png;base64,") == 1 and dialog.count("data:image/jpeg;base64,") == 1
        assert "The brighter a part" in dialog
        assert seen[0][0] == (240, 320) and np.allclose(seen[0][1], knowing.recommender.embed_items(["p37"])[0])

    def test_a_product_found_from_another_is_compared_with_that(self, knowing):
        followed = knowing.search_similar("p8", PageOptions(), pictured(knowing))[0]
        dialog = knowing.open_product("p38", PageOptions(), followed)
        assert "Why this was found" in dialog and "similarity 1.00" in dialog
        assert "Why this was found" not in knowing.open_product("p8", PageOptions(), followed)

    def test_what_a_visitor_thinks_of_it_is_pressed(self, answers):
        def pressed(asked):
            dialog = answers.open_product("p7", asked, Query()).partition("</div>")[0]
            return re.findall(r'data-opinion="(\w+)" data-id="p7"[^>]*aria-pressed="true"', dialog)

        assert pressed(PageOptions()) == []
        assert pressed(PageOptions(liked=("p7",))) == ["liked"]
        assert pressed(PageOptions(disliked=("p7",))) == ["disliked"]


class TestFilters:
    def test_a_filter_narrows_the_query_without_the_picture(self, answers):
        query = pictured(answers)
        again, heading, found, narrow = answers.filters_changed(WOMEN, replace(query, k=60))
        assert "20 of 30 products that match the filters" in heading
        assert again.k == 20 and again.picture is query.picture and narrow["where"] == {"gender": ["Women"]}
        assert {answers.items[answers.items.row(item_id)].attributes["gender"] for item_id in ids(found)} == {"Women"}

    def test_each_count_obeys_the_filters_on_the_other_attributes(self, answers):
        asked = PageOptions({"gender": ["Women"], "articleType": ["Dresses"]})
        counts = answers.filters_changed(asked, Query())[3]["counts"]
        by_value = {name: dict(zip(answers.items.values(name), counts[name], strict=True)) for name in counts}
        assert by_value["gender"] == {"Men": 5, "Women": 5}
        assert set(by_value["articleType"].values()) == {5} and by_value["masterCategory"] == {
            "Apparel": 5, "Accessories": 0
        }  # fmt: skip

    def test_a_chip_that_filters_is_pressed(self, knowing):
        asked = PageOptions({"articleType": ["Dresses"]})
        assert re.search(
            r'data-value="Dresses" aria-pressed="true"', knowing.filters_changed(asked, pictured(knowing))[1]
        )

    def test_filters_without_a_product_say_which_to_leave_out(self, answers):
        asked = PageOptions({"articleType": ["Watches"], "masterCategory": ["Apparel"], "gender": ["Men"]})
        _, heading, found, _ = answers.filters_changed(asked, Query())
        assert "No product matches all these filters" in found and "0 products" in heading
        assert "Without Kind: Watches (15)" in found and "Without Master category: Apparel (5)" in found
        assert "Without For whom" not in found
        rest = {name: values for name, values in asked.where.items() if name != "masterCategory"}
        _, _, found, narrow = answers.filters_changed(PageOptions(rest), Query())
        assert narrow["where"] == {"articleType": ["Watches"], "gender": ["Men"]}
        assert len(ids(found)) == 5

    def test_the_shop_window_shows_many_kinds_and_obeys_the_filters(self, answers):
        _, heading, found, _ = answers.filters_changed(PageOptions({"baseColour": ["Red"]}), Query())
        items = [answers.items[answers.items.row(item_id)] for item_id in ids(found)]
        assert "From the shop" in heading and "12 of 12 products" in heading
        assert len({item.attributes["articleType"] for item in items[:6]}) == 6
        assert {item.attributes["baseColour"] for item in items} == {"Red"}

    def test_more_is_shown_on_demand_up_to_a_hundred_and_as_long_as_there_is_more(self, answers):
        query, shown, offered = pictured(answers), [], []
        for _ in range(3):
            query, _, found, _ = answers.show_more(PageOptions(), query)
            shown.append(len(ids(found)))
            offered.append("data-longer" in found)
        assert (shown, offered) == ([40, 60, 60], [True, False, False])
        assert answers.show_more(PageOptions(), replace(query, k=90))[0].k == 100

    def test_the_shop_window_grows_too(self, answers):
        _, _, found, _ = answers.show_more(PageOptions(), Query())
        assert len(ids(found)) == 40 and "data-longer" in found

    def test_more_is_not_offered_where_the_rest_stays_out(self, answers):
        assert (
            "data-longer"
            not in answers.show_more(
                PageOptions(), replace(answers.search_similar("p7", PageOptions(), Query())[0], k=60)
            )[2]
        )


class TestSameBut:
    def test_it_gives_the_same_in_another_colour(self, answers):
        query, heading, found, narrow = answers.change_value(BLACK_ONE, PageOptions(), replace(pictured(answers), k=60))
        assert query.but == {"baseColour": "Black"} and query.k == 20 and narrow["where"] == {}
        items = [answers.items[answers.items.row(item_id)] for item_id in ids(found)]
        assert len(items) == 12 and {item.attributes["baseColour"] for item in items} == {"Black"}
        assert {item.attributes["articleType"] for item in items[:2]} == {"Dresses"}
        assert "12 of 12 products" in heading and "data-longer" not in found
        assert 'data-but="baseColour" data-value="" aria-label="Undo: but Black">but Black' in heading

    def test_where_the_kind_has_none_of_it_the_kind_stays_and_other_colours_are_offered(self):
        shop = fake_shop()
        told = [
            replace(item, attributes={**item.attributes, "baseColour": "Olive"})
            if item.attributes["articleType"] == "Dresses" and item.attributes["baseColour"] in ("Black", "Mustard")
            else item
            for item in shop.items
        ]
        set_items(shop, Items.from_items(told, list(shop.items.columns)))
        answers = PageHandlers(shop)
        similar = answers.search_similar("p7", PageOptions(), Query())[0]
        query, heading, found, _ = answers.change_value(BLACK_ONE, PageOptions(), similar)
        items = [answers.items[answers.items.row(item_id)] for item_id in ids(found)]
        assert items and {item.attributes["articleType"] for item in items} == {"Dresses"}
        assert "The shop has no Black among its Dresses" in heading and query.but == {"baseColour": "Black"}
        assert re.search(r'data-but="baseColour" data-value="Olive">Olive \(\d+\)', heading)

    def test_it_is_undone(self, answers):
        query, _, first, *_ = answers.search_example("p7", PageOptions(), Query())
        changed = answers.change_value(BLACK_ONE, PageOptions(), query)[0]
        undone = answers.change_value({"attribute": "baseColour", "value": ""}, PageOptions(), changed)
        assert undone[0].but == {} and undone[2] == first

    def test_what_is_offered_are_colour_and_gender_with_the_values_there_are(self, answers):
        heading = answers.filters_changed(PageOptions(), pictured(answers))[1]
        offered = re.findall(r'data-but="(\w+)" data-value="([^"]+)"', heading)
        assert {name for name, _ in offered} == {"baseColour", "gender"}
        assert ("gender", "Women") in offered and len(offered) == 7
        assert "Same but" not in answers.filters_changed(PageOptions(), Query())[1]

    def test_it_goes_for_an_item_and_outlives_the_filters(self, answers):
        query = answers.change_value(BLACK_ONE, PageOptions(), answers.search_similar("p7", PageOptions(), Query())[0])[
            0
        ]
        query, heading, found, _ = answers.filters_changed(WOMEN, query)
        items = [answers.items[answers.items.row(item_id)] for item_id in ids(found)]
        assert {(item.attributes["baseColour"], item.attributes["gender"]) for item in items} == {("Black", "Women")}
        assert "6 of 6 products that match the filters" in heading

    def test_where_the_filters_leave_nothing_of_it_it_can_be_undone(self, answers):
        query = answers.change_value({"attribute": "season", "value": "Summer"}, PageOptions(), pictured(answers))[0]
        _, heading, found, _ = answers.filters_changed(PageOptions({"articleType": ["Trousers"]}), query)
        assert "No product matches all these filters" in found and "Without Kind: Trousers (20)" in found
        assert "Without Season" not in found and ">but Summer<" in heading

    def test_what_the_shop_does_not_have_is_refused(self, answers):
        with pytest.raises(QueryError, match="Its values are"):
            answers.change_value({"attribute": "baseColour", "value": "Plaid"}, PageOptions(), pictured(answers))


class TestLook:
    def test_a_look_is_put_together_around_a_product(self, answers):
        query, heading, found, _ = answers.change_look({"item": "p6"}, PageOptions(), Query())
        assert query.item == "p6" and list(query.look.pieces) == ["bottom", "bag", "accessory"]
        assert "<h2>A look with Men Red Tshirt 6</h2>" in heading and "Put together by rules" in heading
        assert "data-look" in heading and "Back to the products" in heading
        assert ids(found) == ["p6", *query.look.pieces.values()]
        assert re.findall(r"<h3>(\w+)</h3>", found) == ["Top", "Bottom", "Bag", "Accessory"]
        assert "Shoes: This catalogue has no shoes." in found and "Men" in found

    def test_a_look_is_put_together_around_a_picture(self, knowing):
        query = pictured(knowing)
        assert "Complete the look" in knowing.filters_changed(PageOptions(), query)[1]
        query, heading, found, _ = knowing.change_look({"act": "start", "slot": ""}, PageOptions(), query)
        assert query.item is None and "<h2>A look with your picture</h2>" in heading
        assert ids(found) == list(query.look.pieces.values()) and "top" not in query.look.pieces
        assert "Back to your picture" in heading and "<h2>Closest" in knowing.go_back(PageOptions(), query)[1]

    def test_a_slot_is_swapped_and_the_others_stay(self, answers):
        first = answers.change_look({"item": "p6"}, PageOptions(), Query())[0]
        swapped = answers.change_look({"act": "swap", "slot": "bag"}, PageOptions(), first)[0]
        assert swapped.look.passed == (first.look.pieces["bag"],)
        assert swapped.look.pieces["bag"] != first.look.pieces["bag"] and swapped.item == "p6"
        assert {**swapped.look.pieces, "bag": ""} == {**first.look.pieces, "bag": ""}

    def test_what_is_kept_stays_when_all_else_is_chosen_anew(self, answers):
        first = answers.change_look({"item": "p6"}, PageOptions(), Query())[0]
        kept, _, found, _ = answers.change_look({"act": "keep", "slot": "bag"}, PageOptions(), first)
        assert kept.look.kept == ("bag",) and kept.look.pieces == first.look.pieces
        assert re.findall(r'data-slot="(\w+)" aria-pressed="true"', found) == ["bag"]
        again = answers.change_look({"act": "reroll", "slot": ""}, PageOptions(), kept)[0]
        assert again.look.pieces["bag"] == first.look.pieces["bag"] and again.look.kept == ("bag",)
        assert again.look.pieces["bottom"] != first.look.pieces["bottom"]
        assert again.look.pieces["accessory"] != first.look.pieces["accessory"]
        assert answers.change_look({"act": "keep", "slot": "bag"}, PageOptions(), again)[0].look.kept == ()

    def test_another_product_starts_another_look(self, answers):
        first = answers.change_look({"item": "p6"}, PageOptions(), Query())[0]
        other = answers.change_look({"item": "p2"}, PageOptions(), first)[0]
        assert other.item == "p2" and list(other.look.pieces) == ["top", "bag", "accessory"]
        assert other.look.passed == ()

    def test_from_a_look_it_goes_back_to_the_product_and_filters_end_it(self, answers):
        look = answers.change_look({"item": "p6"}, PageOptions(), Query())[0]
        assert "<h2>More like Men Red Tshirt 6</h2>" in answers.go_back(PageOptions(), look)[1]
        assert answers.filters_changed(WOMEN, look)[0].look is None

    @pytest.mark.parametrize("change", [{"act": "explode"}, {"item": "nope"}], ids=str)
    def test_what_cannot_be_done_with_a_look_is_refused(self, answers, change):
        look = answers.change_look({"item": "p6"}, PageOptions(), Query())[0]
        with pytest.raises(QueryError, match="started, rerolled|Ids look like"):
            answers.change_look(change, PageOptions(), look)

    def test_in_the_shop_window_there_is_nothing_to_dress(self, answers):
        with pytest.raises(QueryError, match="built around a product or a picture"):
            answers.change_look({}, PageOptions(), Query())


class TestTaste:
    LIKES = PageOptions(liked=("p40", "p52"), disliked=("p13",))

    def test_likes_move_the_answer_and_what_is_judged_keeps_its_place(self, answers):
        query, _, first, *_ = answers.search_example("p7", PageOptions(), Query())
        liked, disliked = ids(first)[3], ids(first)[5]
        judged = PageOptions(liked=(liked, "p40"), disliked=(disliked,))
        again, heading, found, _, taste = answers.likes_changed(judged, query)
        assert again.picture is query.picture and "Closest to your picture" in heading
        assert "Moved by your likes" in heading and "Liked (2)" in heading
        assert ids(found) != ids(first) and (ids(found)[3], ids(found)[5]) == (liked, disliked)
        assert re.search(f'data-opinion="liked" data-id="{liked}" title="Like" aria-pressed="true"', found)
        assert (taste["liked"], taste["disliked"]) == ([liked, "p40"], [disliked])
        after = answers.likes_changed(replace(judged, liked=(liked, ids(found)[8])), again)[2]
        assert ids(after)[3] == liked and ids(after)[8] == ids(found)[8]

    def test_the_next_answer_has_what_is_liked_and_lacks_what_is_not_wanted(self, answers):
        first = ids(answers.search_example("p7", PageOptions(), Query())[2])
        judged = PageOptions(liked=(first[3],), disliked=(first[5],))
        found = ids(answers.search_example("p7", judged, Query())[2])
        assert found[3] == first[3] and first[5] not in found and len(found) == 20

    def test_likes_can_be_switched_off(self, answers):
        query, _, first, *_ = answers.search_example("p7", PageOptions(), Query())
        off = PageOptions(liked=(ids(first)[3],), disliked=(ids(first)[5],), likes_off=True)
        _, heading, found, _, taste = answers.likes_changed(off, query)
        assert ids(found) == ids(first) and "Your likes are off" in heading and taste["off"] is True

    def test_the_sheet_has_what_is_liked_side_by_side(self, answers):
        sheet = answers.likes_changed(self.LIKES, Query())[4]["sheet"]
        assert "Liked (2)" in sheet and re.findall(r'<a href[^>]*data-item="([^"]*)"', sheet) == ["p52", "p40"]
        assert '<tr class="same"><th scope="row">Article type</th><td>Watches</td><td>Watches</td></tr>' in sheet
        assert "p13" not in sheet

    def test_there_is_a_row_for_the_likes_alone(self, answers):
        panel = answers.likes_changed(self.LIKES, Query())[4]["panel"]
        row = re.findall(r'data-item="([^"]*)"', panel)
        assert "For you" in panel and "2 liked, 1 not for you" in panel and len(row) == 6
        assert not {"p40", "p52", "p13"} & set(row)
        items = [answers.items[answers.items.row(item_id)] for item_id in row]
        assert [item.attributes["articleType"] for item in items].count("Watches") >= 4

    def test_without_likes_there_is_no_row(self, answers):
        panel = answers.likes_changed(PageOptions(disliked=("p13",)), Query())[4]["panel"]
        assert "0 liked, 1 not for you" in panel and "data-item" not in panel
        assert "For you" not in answers.likes_changed(PageOptions(), Query())[4]["panel"]

    def test_in_the_shop_window_likes_are_pressed(self, answers):
        shown = ids(answers.filters_changed(PageOptions(), Query())[2])[0]
        found = answers.likes_changed(PageOptions(liked=(shown,)), Query())[2]
        assert re.findall(r'data-opinion="liked" data-id="([^"]*)"[^>]*aria-pressed="true"', found) == [shown]

    def test_variety_changes_the_answer_and_leaves_the_first(self, answers):
        query, _, first, *_ = answers.search_example("p7", PageOptions(), Query())
        found = answers.filters_changed(PageOptions(diversity=1.0), query)[2]
        assert ids(found)[0] == ids(first)[0] and ids(found) != ids(first)


class TestVisit:
    def visited(self, answers, address, asked=None):
        return answers.open_link(address, asked or PageOptions(), Query())

    def test_a_link_brings_back_what_was_shown(self, answers):
        asked = PageOptions({"gender": ["Women"]}, diversity=0.5)
        _, heading, found, narrow = answers.search_similar("p7", asked, Query())
        address = link_of(heading)
        _, again, found_again, narrow_again, variety, _, told = self.visited(answers, address)
        assert (link_of(again), found_again, narrow_again, variety, told) == (address, found, narrow, 0.5, gr.skip())

    def test_what_was_found_with_a_picture_stands_for_it(self, answers):
        _, heading, found, *_ = answers.search_example("p7", PageOptions(), Query())
        query, again, found_again, *_ = self.visited(answers, link_of(heading))
        assert list(query.found) == ids(found) and query.picture is None
        assert "<h2>A result that was shared with you</h2>" in again
        assert ids(found_again) == ids(found) and "similarity" not in found_again
        followed, heading, *_ = answers.search_similar("p7", PageOptions(), query)
        assert "Back to what was shared" in heading and answers.go_back(PageOptions(), followed)[2] == found_again

    def test_a_look_comes_back_piece_by_piece(self, answers):
        look = answers.change_look({"item": "p6"}, PageOptions(), Query())[0]
        look = answers.change_look({"act": "swap", "slot": "bag"}, PageOptions(), look)[0]
        kept, heading, found, _ = answers.change_look({"act": "keep", "slot": "bag"}, PageOptions(), look)
        query, _, again, *_ = self.visited(answers, link_of(heading))
        assert (query.look.pieces, query.look.kept, query.item) == (kept.look.pieces, ("bag",), "p6")
        assert again == found

    def test_so_does_a_look_around_a_picture(self, knowing):
        query, heading, found, _ = knowing.change_look({"act": "start"}, PageOptions(), pictured(knowing))
        again, heading, found_again, *_, told = self.visited(knowing, link_of(heading))
        assert again.look.pieces == query.look.pieces and ids(found_again) == ids(found) and told == gr.skip()
        assert "<h2>A look that was shared with you</h2>" in heading

    def test_a_link_to_an_answer_without_products_still_leads_to_the_picture(self, answers):
        asked = PageOptions({"articleType": ["Watches"], "masterCategory": ["Apparel"]})
        _, heading, *_ = answers.search_example("p7", asked, Query())
        assert self.visited(answers, link_of(heading))[0].found

    def test_what_the_browser_remembers_counts(self, answers):
        taste = PageOptions(liked=("p40",), disliked=("p13",))
        *shown, _, panel, _ = self.visited(answers, "?item=p7", taste)
        assert panel["liked"] == ["p40"] and "For you" in panel["panel"]
        assert "p13" not in ids(shown[2]) and "p13" in ids(self.visited(answers, "?item=p7")[2])

    def test_what_is_no_longer_so_is_told(self, answers):
        *shown, told = self.visited(answers, "?item=gone&look=1&piece.bag=away&index=ffffffffff")
        assert "made with index fffffff; the shop now has index 1a2b3c4" in told
        assert "The shop no longer has: gone, away" in told
        assert "From the shop" in shown[1]

    def test_an_empty_address_is_the_shop_window(self, answers):
        query, heading, *_, told = self.visited(answers, "")
        assert "From the shop" in heading and told == gr.skip() and link_of(heading) == "" and query.search == 1

    def test_what_was_on_the_page_before_is_left(self, answers):
        query = answers.open_link("?item=p8", WOMEN, pictured(answers))[0]
        assert query.picture is None and query.item == "p8"


def link_of(heading):
    return re.search(r'data-link="([^"]*)"', heading)[1].replace("&amp;", "&")
