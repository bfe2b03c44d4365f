import json
import shutil
import tracemalloc
import weakref
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from recsys.core.holdout import held_out, withheld
from recsys.core.linalg import unit
from recsys.errors import CatalogError
from recsys.evaluate import Pool, quick_report
from recsys.evaluate.__main__ import main, outliers
from recsys.evaluate.classification import evaluate_heads
from recsys.evaluate.confidence import calibrate, calibration_error, evaluate_confidence
from recsys.evaluate.contact_sheet import draw_sheet, examples
from recsys.evaluate.corruptions import CORRUPTIONS
from recsys.evaluate.pool import BATCH_SIZE, embed, thumbnail_vectors
from recsys.evaluate.protocol import cross_catalogue_protocol, split_protocol
from recsys.evaluate.report import table
from recsys.evaluate.retrieval import score_attributes, score_classes
from recsys.evaluate.search_task import SearchTask, nearest
from recsys.evaluate.slices import evaluate_slices, slice_task
from recsys.evaluate.speed import time_search
from recsys.index.folder import IndexFolder
from recsys.runtime.hashing import sha256
from recsys.types import Item, Product
from testkit.fake_shop import KINDS, draw, encoded
from tests.support.exam_shop import attributes, count_held_out, items, picture, pool, vectors_by_kind, write_shop


def by_label(scores):
    return {score.label: score for score in scores}


def test_the_nearest_are_found_across_blocks_and_a_query_does_not_find_itself():
    rng = np.random.default_rng(0)
    gallery = unit(rng.normal(size=(50, 8)))
    queries, itself = gallery[[3, 30, 7]], np.array([3, 30, -1])
    places, cosines = nearest(queries, [gallery[:20], gallery[20:33], gallery[33:]], 4, itself)
    every = queries @ gallery.T
    every[[0, 1], [3, 30]] = -2
    assert places.tolist() == np.argsort(-every, axis=1)[:, :4].tolist()
    assert cosines == pytest.approx(-np.sort(-every, axis=1)[:, :4])
    assert places[2, 0] == 7


def test_many_queries_of_a_large_gallery_do_not_fill_the_memory():
    gallery = np.random.default_rng(0).normal(size=(8192, 4)).astype(np.float32)
    itself = np.arange(4000)
    tracemalloc.start()
    places, cosines = nearest(gallery[:4000], [gallery], 1, itself)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2 * 4000 * 8192 * np.dtype(np.float32).itemsize
    last = gallery[3999] @ gallery.T
    last[3999] = -2
    assert (places[3999, 0], cosines[3999, 0]) == (last.argmax(), pytest.approx(last.max()))
    assert not (places[:, 0] == itself).any()


def test_vectors_that_know_the_kind_score_one_and_ones_that_know_nothing_score_chance():
    knowing = by_label(score_attributes(split_protocol(pool(600), "product", "product").retrieval))["articleType"]
    assert (knowing.precision.value, knowing.average_precision.value) == (1, 1)
    assert knowing.queries == count_held_out(600)
    blind = by_label(score_attributes(split_protocol(pool(3000, noise=1000), "product", "product").retrieval))[
        "articleType"
    ]
    assert blind.precision.low < 1 / 6 < blind.precision.high
    for chance in (blind.precision.value, blind.thumbnail.precision, blind.random.precision, blind.majority):
        assert chance == pytest.approx(1 / 6, abs=0.07)
    assert blind.average_precision.value == pytest.approx(blind.random.average_precision, abs=0.05)


def test_labels_are_joined_and_a_query_without_its_label_is_not_counted():
    scores = by_label(score_attributes(split_protocol(pool(600), "product", "product").retrieval))
    assert list(scores) == [
        "articleType",
        "baseColour",
        "gender",
        "articleType ∧ gender",
        "articleType ∧ baseColour",
        "articleType ∧ baseColour ∧ gender",
    ]
    women = sum(held_out(str(number)) for number in range(1, 600, 2))
    assert scores["gender"].queries == scores["articleType ∧ gender"].queries == women < scores["articleType"].queries
    assert scores["articleType ∧ baseColour"].precision.value < 1


def test_the_classes_of_the_queries_are_counted_and_scored():
    task = split_protocol(pool(600), "product", "product").retrieval
    classes = score_classes(task, "articleType")
    assert sum(found.queries for found in classes) == len(task.queries)
    assert {found.precision for found in classes} == {1}
    assert [found.queries for found in classes] == sorted((found.queries for found in classes), reverse=True)


def test_pictures_that_cannot_be_read_are_left_out_and_none_at_all_is_refused():
    products = [Product(item, picture(item)) for item in items(3)] + [Product(items(4)[3], b"")]
    found = embed(products, thumbnail_vectors)
    assert [item.id for item in found.items] == ["0", "1", "2"]
    assert found.vectors == pytest.approx(found.thumbnails)
    with pytest.raises(CatalogError, match="no picture to evaluate on"):
        embed([], thumbnail_vectors)


def test_too_few_products_are_refused():
    with pytest.raises(CatalogError, match="too few to evaluate on"):
        split_protocol(pool(6), "product", "product")


def described_by_types(number):
    return {"articleType": KINDS[number % 6], "year": str(2012 + number % 7)}


@pytest.fixture
def shop_of_types(monkeypatch):
    """600 products, with one of the six kinds withheld by the split of types."""
    monkeypatch.setattr("recsys.core.holdout.WITHHELD_TYPES_SHARE", sorted(map(share_of_name, KINDS))[0] + 1e-9)
    kinds = [kind for kind in KINDS if withheld("type")(Item("", None, {"articleType": kind}))]
    assert len(kinds) == 1
    return pool(600, described=described_by_types), kinds[0]


def share_of_name(name):
    return int(sha256(name.encode())[:8], 16) / 16**8


def test_a_split_of_types_asks_for_types_never_seen_which_the_gallery_of_the_refusals_lacks(shop_of_types):
    shop, kind = shop_of_types
    protocol = split_protocol(shop, "type", "type")
    assert {item.attributes["articleType"] for item in protocol.retrieval.queries.items} == {kind}
    assert len(protocol.retrieval.queries) == 100
    assert kind not in {item.attributes["articleType"] for item in protocol.calibration.gallery.items}
    assert kind not in {item.attributes["articleType"] for item in protocol.calibration.queries.items}
    assert by_label(score_attributes(protocol.retrieval))["articleType"].precision.value == 1
    asked, found = protocol.retrieval.queries.items, protocol.retrieval.gallery.items
    assert all(
        asked[row].id not in {found[place].id for place in places}
        for row, places in enumerate(protocol.retrieval.neighbours[0])
    )
    (strangers,) = protocol.out_of_gallery.values()
    assert len(strangers) == 100


def test_a_split_of_types_asks_an_encoder_that_saw_them_only_for_what_was_held_out(shop_of_types):
    shop, kind = shop_of_types
    protocol = split_protocol(shop, "type", "product")
    assert all(held_out(item.id) for item in protocol.retrieval.queries.items)
    assert {item.attributes["articleType"] for item in protocol.retrieval.queries.items} == {kind}


def test_a_split_of_years_asks_for_the_later_ones_among_the_earlier(shop_of_types):
    protocol = split_protocol(shop_of_types[0], "year:2017", "year:2017")
    assert {item.attributes["year"] for item in protocol.retrieval.queries.items} == {"2017", "2018"}
    assert max(item.attributes["year"] for item in protocol.retrieval.gallery.items) == "2016"
    assert not any(held_out(item.id) for item in protocol.retrieval.gallery.items)
    assert not protocol.out_of_gallery, "they are later, but of known kinds"
    with pytest.raises(CatalogError, match="no split 'month'"):
        split_protocol(shop_of_types[0], "month", "product")


def test_queries_of_another_catalogue_count_where_the_gallery_has_their_value():
    def without_caps(number):
        return attributes(number) | {"articleType": KINDS[number % 5]}

    protocol = cross_catalogue_protocol(pool(600), pool(90, described=without_caps))
    score = by_label(score_attributes(protocol.retrieval))["articleType"]
    assert (score.left_out, score.queries) == (100, 500)
    assert "Caps" not in {found.value for found in score_classes(protocol.retrieval, "articleType")}
    assert len(protocol.calibration.queries) == score.queries
    assert [len(vectors) for vectors in protocol.out_of_gallery.values()] == [100]
    assert "100 of the queries have" in protocol.note


def test_a_query_of_another_catalogue_that_is_in_the_gallery_does_not_find_itself():
    shop = pool(60, noise=1000)
    protocol = cross_catalogue_protocol(shop.take(np.arange(40, 60)), shop.take(np.arange(50)))
    assert protocol.retrieval.own_rows.tolist() == [*range(40, 50), *[-1] * 10]
    assert not (protocol.retrieval.neighbours[0][:10] == protocol.retrieval.own_rows[:10, None]).any()


def test_a_query_of_another_catalogue_with_an_id_of_the_gallery_still_finds_all_of_its_kind():
    def only_one_cap(number):
        return {"articleType": "Caps" if number == 0 else "Belts"}

    asked = pool(6).take([5])
    gallery = pool(30, described=only_one_cap)
    protocol = cross_catalogue_protocol(asked, gallery)
    assert by_label(score_attributes(protocol.retrieval))["articleType"].queries == 1
    only = cross_catalogue_protocol(gallery.take([0]), gallery)
    assert score_attributes(only.retrieval) == (), "there is no other cap to be found"
    assert [len(vectors) for vectors in only.out_of_gallery.values()] == [0], "and it is no stranger"


def test_queries_that_name_their_kind_otherwise_than_the_gallery_are_not_told_to_be_of_its_kinds():
    protocol = cross_catalogue_protocol(pool(60, described=lambda number: {"label": KINDS[number % 6]}), pool(60))
    assert (len(protocol.calibration.queries), len(protocol.retrieval.queries)) == (0, 60)
    assert "by articleType, the queries by label" in protocol.note
    assert evaluate_confidence(protocol.calibration, {}) is None
    assert evaluate_slices(slice_task(protocol.calibration, "articleType"), "articleType", {}, thumbnail_vectors) == ()


def test_heads_are_judged_and_a_value_they_do_not_know_counts_as_wrong():
    task = split_protocol(pool(600), "product", "product").retrieval
    truth = [KINDS.index(item.attributes["articleType"]) for item in task.queries.items]
    logits = np.eye(6, dtype=np.float32)[truth]
    (right,) = evaluate_heads(task, {"articleType": logits}, {"articleType": KINDS})
    assert (right.accuracy.value, right.macro_f1, right.weighted_f1, right.unknown) == (1, 1, 1, 0)
    caps = truth.count(5)
    (part,) = evaluate_heads(task, {"articleType": logits[:, :5]}, {"articleType": KINDS[:5]})
    assert part.unknown == caps > 0
    assert part.accuracy.value == pytest.approx(1 - caps / len(truth))
    assert part.macro_f1 < 1
    assert part.majority == pytest.approx(1 / 6, abs=0.1)
    assert evaluate_heads(task, {"size": logits}, {"size": KINDS}) == ()


def test_a_confidence_that_was_fitted_on_like_queries_means_what_it_says():
    task = split_protocol(pool(4000, noise=0.35), "product", "product").calibration
    strangers = unit(np.random.default_rng(5).normal(size=(50, 16)) * ([0] * 6 + [1] * 10)).astype(np.float32)
    found = evaluate_confidence(task, {"strangers": strangers, "nobody": strangers[:0]})
    assert (found.attribute, found.queries) == ("articleType", count_held_out(4000))
    assert 0 <= found.error.low <= found.error.value <= found.error.high < 0.1
    assert found.refused.value < 0.12
    assert [refusal.name for refusal in found.refusals] == ["strangers"]
    assert found.refusals[0].refused.value > 0.5
    assert sum(part.matches for part in found.bins) == 10 * found.queries
    assert max(abs(part.confidence - part.right) for part in found.bins if part.matches > 300) < 0.15


@pytest.mark.parametrize("seed", range(5))
def test_the_interval_of_the_calibration_error_holds_it_and_for_what_is_calibrated_nearly_none(seed):
    rng = np.random.default_rng(seed)
    confidences = rng.random((300, 10))
    error = calibration_error(confidences, rng.random((300, 10)) < confidences)
    assert 0 <= error.low <= error.value <= error.high <= 1
    assert error.low < 0.02
    assert error.high - error.low < 0.05
    wrong = calibration_error(confidences, rng.random((300, 10)) < confidences**2)
    assert 0.1 < wrong.low < wrong.value < wrong.high < 0.25


def test_a_threshold_is_judged_on_other_queries_than_it_was_fitted_on():
    shop = pool(4000, noise=0.35)
    half = np.array([int(sha256(item.id.encode())[8], 16) % 2 for item in shop.items])
    shrunk = np.where(half[:, None] == 1, -shop.vectors, shop.vectors)
    task = split_protocol(shop, "product", "product").calibration
    turned = Pool(task.queries.items, np.stack([shrunk[int(item.id)] for item in task.queries.items]), pixels_of(task))
    found = evaluate_confidence(SearchTask.disjoint(turned, task.gallery), {})
    assert found.refused.value > 0.2
    assert found.error.value > 0.2


def pixels_of(task):
    return np.zeros((len(task.queries), 768), np.uint8)


def test_confidence_needs_queries_and_does_without_kinds():
    assert evaluate_confidence(split_protocol(pool(200), "product", "product").calibration, {}) is None
    protocol = split_protocol(described_pool(1500, lambda number: {"shop": "Ours"}), "product", "product")
    found = evaluate_confidence(protocol.calibration, {})
    assert (found.attribute, found.error, found.bins) == (None, None, ())


def test_queries_without_a_kind_do_not_count_for_the_calibration():
    def half_described(number):
        return attributes(number) if number % 2 else {**attributes(number), "articleType": None}

    task = split_protocol(described_pool(2000, half_described), "product", "product").calibration
    calibration = calibrate(task)
    assert calibration.attribute == "articleType"
    assert calibration.queries == sum(held_out(str(number)) for number in range(1, 2000, 2))


def described_pool(count, described):
    base = pool(count, noise=0.2)
    products = [replace(item, attributes=described(int(item.id))) for item in base.items]
    return Pool(products, base.vectors, np.zeros((count, 768), np.uint8))


@pytest.fixture(scope="module")
def drawn():
    """A task of drawn products by their thumbnails, with the pictures."""
    products = items(400)
    pictures = {item.id: picture(item) for item in products}
    shop = embed((Product(item, pictures[item.id]) for item in products), thumbnail_vectors)
    return split_protocol(shop, "product", "product").calibration, pictures


@pytest.mark.slow
def test_slices_ask_with_the_same_queries_as_visitors_send_them(drawn):
    task, pictures = drawn
    task = slice_task(task, "articleType")
    slices = {part.name: part for part in evaluate_slices(task, "articleType", pictures, thumbnail_vectors)}
    clean = slices["as they are"]
    assert clean.fall is None
    assert clean.precision.value == pytest.approx(clean.thumbnail)
    assert slices["all at once"].fall.value > slices["recompressed"].fall.value
    for name in ("cluttered", "rotated", "mirrored"):
        assert slices[name].precision.value == pytest.approx(slices[name].thumbnail), "with the same vectors"
    assert slices["greyscale"].fall.value == pytest.approx(clean.precision.value - slices["greyscale"].precision.value)
    assert not {"types of fewer than 50 products", "small pictures"} & set(slices), "there are none"


def test_no_more_than_a_batch_of_pictures_is_decoded_at_once(drawn, monkeypatch):
    decoded, most = [], 0

    def counting(data):
        nonlocal most
        image = Image.new("RGB", (240, 320))
        decoded.append(weakref.ref(image))
        most = max(most, sum(found().width == 240 for found in decoded if found()))
        return image

    task, pictures = drawn
    monkeypatch.setattr("recsys.evaluate.slices.decode", counting)
    monkeypatch.setattr("recsys.evaluate.slices.CORRUPTIONS", {"mirrored": CORRUPTIONS["mirrored"]})
    many = task.take(np.arange(2 * BATCH_SIZE + 1) % len(task.queries))
    slices = {part.name: part for part in evaluate_slices(many, "articleType", pictures, thumbnail_vectors)}
    assert slices["mirrored"].queries == 2 * BATCH_SIZE + 1
    assert most <= 2 * BATCH_SIZE


@pytest.mark.slow
def test_slices_of_rare_types_and_of_small_pictures_are_those_queries_as_they_are(monkeypatch):
    products = items(400)
    small = {item.id: encoded(draw("Caps", "#222222", (24, 32) if int(item.id) % 3 else (48, 64))) for item in products}
    shop = embed((Product(item, small[item.id]) for item in products), thumbnail_vectors)
    task = split_protocol(shop, "product", "product").calibration
    monkeypatch.setattr("recsys.evaluate.slices.RARE_BELOW", 64)
    rare = (task.label(["articleType"]).relevant < 64).sum()
    slices = {part.name: part for part in evaluate_slices(task, "articleType", small, thumbnail_vectors)}
    assert 0 < slices["types of fewer than 64 products"].queries == rare < len(task.queries)
    assert slices["types of fewer than 64 products"].fall is None


def test_slices_are_of_a_thousand_queries_at_most(monkeypatch):
    monkeypatch.setattr("recsys.evaluate.slices.MAX_QUERIES", 10)
    task = split_protocol(pool(600), "product", "product").calibration
    chosen = [item.id for item in slice_task(task, "articleType").queries.items]
    assert len(chosen) == 10
    assert chosen == [item.id for item in slice_task(task, "articleType").queries.items]


def test_a_sheet_shows_a_query_of_each_kind_first_with_its_matches_framed(drawn, tmp_path):
    task, pictures = drawn
    lines = examples(task, "articleType", best=True)
    assert len({line[0].kind for line in lines[:5]}) == 5
    assert all(len(line) == 6 and line[0].right is None for line in lines)
    right = [sum(shown.right for shown in line[1:]) for line in lines]
    worst = [sum(shown.right for shown in line[1:]) for line in examples(task, "articleType", best=False)]
    assert np.mean(right) >= np.mean(worst)
    assert all(shown.right == (shown.kind == line[0].kind) for line in lines for shown in line[1:])
    draw_sheet(lines, pictures, pictures, tmp_path / "best.png")
    with Image.open(tmp_path / "best.png") as sheet:
        assert sheet.width <= 920
        colours = {sheet.getpixel((x, 17)) for x in range(sheet.width)}
    assert (0x3F, 0x7D, 0x4E) in colours


def test_more_effort_finds_more_and_the_index_is_left_as_served(index):
    searcher = IndexFolder.open(index).searcher
    served = searcher.search_k
    points = time_search(searcher, searcher.vectors(range(20)))
    assert [point.search_k for point in points] == sorted({point.search_k for point in points})
    assert [point.search_k for point in points if point.served] == [served] == [searcher.search_k]
    assert all(point.ms > 0 and 0.5 < point.recall <= 1 for point in points)
    assert points[-1].recall == 1


def quickly(count, noise=0.1, described=attributes, **options):
    products = items(count)
    found = [replace(item, attributes=described(int(item.id))) for item in products]
    return quick_report(found, vectors_by_kind(products, noise), [picture(item) for item in products], **options)


@pytest.mark.slow
def test_a_quick_judgement_asks_for_what_was_held_out_and_of_a_small_shop_for_everything():
    large, small = quickly(1300), quickly(60)
    assert by_label(large.scores)["articleType"].queries == large.calibration.queries == count_held_out(1300)
    assert by_label(small.scores)["articleType"].queries == small.calibration.queries == 60
    assert large.calibration.attribute == "articleType"
    assert by_label(quickly(60, limit=30).scores)["articleType"].queries == 30


def test_a_quick_judgement_does_without_attributes_and_with_hardly_any_products():
    plain = quickly(60, described=lambda number: {})
    assert plain.scores == ()
    assert (plain.calibration.attribute, plain.calibration.queries) == (None, 60)
    assert quickly(3).calibration is None
    assert quickly(12).calibration is None
    assert "too few to fit a confidence" in quickly(12).note


def test_a_quick_judgement_asks_with_all_the_queries_it_is_given_up_to_its_limit():
    found = quickly(300, queries=pool(200))
    assert by_label(found.scores)["articleType"].queries == found.calibration.queries == 200
    assert by_label(quickly(300, queries=pool(200), limit=30).scores)["articleType"].queries == 30


def test_a_quick_judgement_does_with_hardly_any_queries_and_says_so():
    none = quickly(300, queries=pool(200).take(np.arange(0)))
    assert (none.scores, none.calibration) == ((), None)
    assert "too few products to evaluate on: 0 queries" in none.note
    few = quickly(300, queries=pool(19))
    assert by_label(few.scores)["articleType"].queries == 19
    assert few.calibration is None
    assert "too few to fit a confidence" in few.note


def test_a_quick_judgement_with_queries_of_other_kinds_has_no_confidence_and_says_why():
    strange = quickly(300, queries=pool(60, described=lambda number: {"articleType": "Lamps"}))
    assert (strange.scores, strange.calibration) == ((), None)
    assert "60 of the queries have a value of articleType that no product" in strange.note
    otherwise = quickly(300, queries=pool(60, described=lambda number: {"label": KINDS[number % 6]}))
    assert (otherwise.scores, otherwise.calibration) == ((), None)
    assert "by articleType, the queries by label" in otherwise.note


def test_a_table_holds_what_would_break_out_of_it():
    assert table(["x | y"], [["<img src=x\nonerror=1>`"]]) == "| x   y |\n| --- |\n|  img src=x onerror=1   |"


@pytest.fixture(scope="module")
def shop_folder(tmp_path_factory):
    return write_shop(tmp_path_factory.mktemp("protocol") / "shop", 300)


@pytest.mark.slow
def test_the_command_prints_a_table_or_json_and_writes_a_report_to_look_at(
    shop_folder, pictures, encoder_folder, tmp_path, capsys
):
    command = ["--encoder", str(encoder_folder), "--dataset", str(shop_folder)]
    more = ["--slices", "--outliers-from", str(pictures), "--output", str(tmp_path / "out")]
    assert main([*command, *more]) == 0
    printed = capsys.readouterr().out
    queries = sum(held_out(f"{item.attributes['articleType']}/{item.id}") for item in items(300))
    assert f"| label | {queries} | " in printed
    assert "times" not in printed
    assert "all at once" in printed
    assert str(tmp_path) not in printed
    written = {path.name for path in (tmp_path / "out").iterdir()}
    assert written == {"report.json", "report.md", "per_class.png", "slices.png", "best.png", "worst.png"}
    assert (tmp_path / "out" / "report.md").read_text() == printed
    report = json.loads((tmp_path / "out" / "report.json").read_text())
    assert report["scores"][0]["queries"] == queries
    assert report["classification"][0]["attribute"] == "label"
    assert len(report["encoder"]["fingerprint"]) == 64
    assert report["latency"]["runs"] >= 30


def test_the_command_judges_an_index_with_the_queries_of_another_catalogue(shop_folder, built, pictures, capsys):
    command = ["--encoder", str(built), "--dataset", str(pictures), "--queries-from", str(shop_folder), "--json"]
    assert main(command) == 0
    report = json.loads(capsys.readouterr().out)
    unseen = sum(held_out(f"{item.attributes['articleType']}/{item.id}") for item in items(300))
    assert report["queries_from"]["products"] == unseen
    assert report["search"][0]["recall"] > 0.5
    assert f"{unseen} queries, products of another catalogue; 30 products in the gallery" in report["note"]


@pytest.mark.slow
def test_a_frozen_network_is_asked_for_everything_as_it_saw_nothing(
    shop_folder, encoder_folder, pictures, tmp_path, capsys
):
    frozen = shutil.copytree(encoder_folder, tmp_path / "frozen")
    config = json.loads((frozen / "config.json").read_text())
    (frozen / "config.json").write_text(json.dumps(config | {"embedding": False}))
    assert main(["--encoder", str(frozen), "--dataset", str(pictures), "--queries-from", str(shop_folder)]) == 0
    assert "300 queries" in capsys.readouterr().out


def test_two_folders_of_outliers_with_one_name_are_both_kept(pictures, tmp_path):
    again = shutil.copytree(pictures, tmp_path / pictures.name)
    found = outliers([str(pictures), str(again)], thumbnail_vectors)
    assert {name: len(vectors) for name, vectors in found.items()} == {"drawn-shop 1": 30, "drawn-shop 2": 30}
    assert list(outliers([str(pictures)], thumbnail_vectors)) == ["drawn-shop"]


def test_the_command_says_what_it_cannot_judge(pictures, encoder_folder, capsys):
    assert main(["--encoder", "no_such_net", "--dataset", str(pictures)]) == 1
    assert "error: no_such_net is no encoder" in capsys.readouterr().err
    command = ["--encoder", str(encoder_folder), "--dataset", str(pictures)]
    assert main([*command, "--split", "month"]) == 1
    assert "no split 'month'" in capsys.readouterr().err
    assert main([*command, "--split", "type", "--queries-from", "sample"]) == 1
    assert "--split or --queries-from, not both" in capsys.readouterr().err
    assert main([*command, "--limit", "3"]) == 1
    assert "too few to evaluate on" in capsys.readouterr().err
