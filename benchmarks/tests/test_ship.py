"""The figures of a new shipped encoder beside those of its float32 form and of the encoder before."""

from argparse import Namespace

import pytest

from benchmarks.core import results
from benchmarks.quality import ship


def result(monkeypatch, tmp_path, figure):
    """The result of a run in which the encoders of a new index have these figures."""
    measured = iter(["float32", "int8"])

    def row(name, encoder, queries, index=None):
        return {"encoder": name, "P@5 articleType": figure[next(measured)]}

    monkeypatch.setattr(ship, "_row", row)
    monkeypatch.setattr(ship, "train_tower", lambda *parts: "figures of the text tower")
    monkeypatch.setattr(ship, "build_index", lambda *parts, **options: None)
    monkeypatch.setattr(ship.Encoder, "from_pretrained", lambda *parts, **options: Namespace(compiled=lambda: None))
    (tmp_path / "new").mkdir()
    (tmp_path / "new" / "config.json").write_text('{"pretrained_cfg": {}}')
    options = {"encoder": tmp_path / "new", "queries": "sample", "limit": 3, "index": tmp_path, "float": False}
    return ship.run(Namespace(**options, license="mit", origin_url=None, origin=None))


@pytest.mark.parametrize(("int8", "failures"), [(0.861, 0), (0.862, 0), (0.858, 1)])
def test_int8_may_lose_little_and_earlier_rows_are_kept(monkeypatch, tmp_path, int8, failures):
    found = result(monkeypatch, tmp_path, {"float32": 0.8625, "int8": int8})
    rows = found.tables[""]
    assert rows[:-2] == results.load("ship")["tables"][""]
    assert [row["encoder"] for row in rows[-2:]] == ["new, float32", "new, int8, shipped"]
    assert len(found.failures) == failures
    assert all("Ship the float32 form with --float" in failure for failure in found.failures)
