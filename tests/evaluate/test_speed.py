from recsys.evaluate.speed import time_search
from recsys.index.folder import IndexFolder


def test_more_effort_finds_more_and_the_index_is_left_as_served(index):
    searcher = IndexFolder.open(index).searcher
    served = searcher.search_k
    points = time_search(searcher, searcher.vectors(range(20)))
    assert [point.search_k for point in points] == sorted({point.search_k for point in points})
    assert [point.search_k for point in points if point.served] == [served] == [searcher.search_k]
    assert all(point.ms > 0 and 0.5 < point.recall <= 1 for point in points)
    assert points[-1].recall == 1
