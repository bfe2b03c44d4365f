from dataclasses import replace

import numpy as np
import pytest

from recsys.evaluate import quick_report
from testkit.fake_shop import KINDS
from tests.support.evaluation_shop import attributes, by_label, count_held_out, items, picture, pool, vectors_by_kind


def quickly(count, noise=0.1, described=attributes, **options):
    products = items(count)
    found = [replace(item, attributes=described(int(item.id))) for item in products]
    return quick_report(found, vectors_by_kind(products, noise), [picture(item) for item in products], **options)


@pytest.mark.slow
def test_a_quick_report_queries_held_out_products_and_all_products_of_a_small_shop():
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


def test_a_quick_report_uses_the_given_queries_up_to_its_limit():
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


def test_a_quick_report_says_in_plain_words_how_well_the_encoder_finds_beside_thumbnails():
    head, kind, colour, joint, warning = quickly(300).lines()
    assert "share of the first 5 results" in head
    assert kind.startswith("  articleType: 1.000 (1.000 – 1.000); by 16×16 thumbnails ")
    assert colour.startswith("  baseColour: ")
    assert joint.startswith("  articleType ∧ baseColour ∧ gender: ")
    assert warning.startswith("warning: by ") and "not measurably better" in warning
    assert "baseColour" in warning.partition("this encoder")[0]


def test_a_quick_report_warns_where_a_useless_encoder_is_no_better_than_thumbnails():
    useless = quickly(300, noise=100.0)
    assert useless.lines()[-1].startswith("warning: by articleType, baseColour, articleType ∧ baseColour ∧ gender, ")


def test_a_quick_report_says_why_nothing_was_measured():
    (line,) = quickly(60, described=lambda number: {}).lines()
    assert "was not measured" in line and "No query has an attribute" in line
    (line,) = quickly(3).lines()
    assert "was not measured. There are too few products to evaluate on: 3 queries" in line
    brand_only = quickly(60, described=lambda number: {"brand": f"b{number % 3}"})
    assert [line.partition(":")[0] for line in brand_only.lines()[1:]] == ["  brand", "warning"]
