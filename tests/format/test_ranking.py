import pytest

from recsys.core.reranking import Ranking
from recsys.errors import IndexDamagedError
from recsys.format.manifest import Manifest
from testkit.manifests import rewrite

RANKING = {"weights": {"label": 0.3}, "keep_from": 0.9, "scored": ["label"], "queries": 60, "before": 0.5, "after": 0.6}


def test_an_index_may_have_a_ranking_and_older_ones_have_none(index):
    assert Manifest.read(index).ranking is None
    assert "ranking" not in Manifest.read(index).to_json()
    rewrite(index, lambda body: body.update(ranking=RANKING))
    found = Manifest.read(index)
    assert found.ranking == Ranking({"label": 0.3}, 0.9, ("label",), 60, 0.5, 0.6)
    (index / "index.json").write_text(found.to_json())
    assert Manifest.read(index) == found


@pytest.mark.parametrize(
    "change",
    [
        {"weights": ["label"]},
        {"weights": {"label": -1}},
        {"weights": {"label": float("nan")}},
        {"after": 2},
        {"chances": {"label": [[0.1], []]}},
    ],
)
def test_a_ranking_of_another_form_is_refused(index, change):
    rewrite(index, lambda body: body.update(ranking=RANKING | change))
    with pytest.raises(IndexDamagedError, match="index.json is not valid"):
        Manifest.read(index)
