"""A build that is killed goes on to the same index, and who reads meanwhile sees the old one whole or the new one."""

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


def test_a_build_that_is_killed_at_any_moment_goes_on_to_the_same_index(shop, hub):
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
def test_who_reads_while_an_index_is_replaced_again_and_again_sees_one_whole(shop, hub, exchange, monkeypatch):
    if not exchange:
        monkeypatch.setattr("recsys.index.replace._exchange", lambda one, other: False)
    with reader(shop.output) as seen:
        for number in range(40):
            shop.place("today" if number % 2 else "yesterday")
    assert seen["broken"] == []
    assert len(seen["opened"]) == 2
