import weakref

import numpy as np
import pytest
from PIL import Image

from recsys.evaluate.corruptions import CORRUPTIONS
from recsys.evaluate.pool import BATCH_SIZE, embed, thumbnail_vectors
from recsys.evaluate.protocol import split_protocol
from recsys.evaluate.slices import evaluate_slices, slice_task
from recsys.types import Product
from testkit.fake_shop import draw, encoded
from tests.support.evaluation_shop import items, pool


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
