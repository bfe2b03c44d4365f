"""A killed build continues to the same index. Meanwhile readers see either the complete old index or the new one."""

from __future__ import annotations

import random

import pytest

from testkit.killed_builds import Moment, Shop, contents, reader

pytestmark = pytest.mark.slow

KILLS = 5


@pytest.fixture(scope="module")
def shop(stand_in, encoder_folder, tmp_path_factory):
    from recsys.hub import cache_folder

    return Shop(tmp_path_factory.mktemp("killed"), stand_in, encoder_folder, cache_folder("compiled"), products=60)


def test_a_build_killed_at_any_moment_continues_to_the_same_index(shop, hub):
    rng, done = random.SystemRandom(), 0
    with reader(shop.output) as seen:
        while done < KILLS:
            way = {"update": done % 2 == 1, "exchange": done < 3}
            shop.reset(cold=False)
            moment = shop.draw(rng, cold=False)
            if shop.build("today", moment, **way) != -9:
                continue
            done += 1
            assert shop.published() in (shop.old, shop.new), moment
            assert shop.build("today", Moment(), **way) == 0, (moment, (shop.work / "log").read_text())
            assert contents(shop.output) == shop.published() == shop.new, moment
            assert not shop.leftovers(), moment
    assert seen["broken"] == []
    assert len(seen["opened"]) == 2


@pytest.mark.parametrize("exchange", [True, False], ids=["one step", "two renames"])
def test_a_reader_sees_only_complete_indexes_while_they_are_replaced(shop, hub, exchange, monkeypatch):
    if not exchange:
        monkeypatch.setattr("recsys.index.replace._exchange", lambda one, other: False)
    with reader(shop.output) as seen:
        for number in range(40):
            shop.place("today" if number % 2 else "yesterday")
    assert seen["broken"] == []
    assert len(seen["opened"]) == 2
