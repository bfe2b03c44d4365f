import pytest

from recsys.runtime.cpus import usable_cores


def test_a_variable_limits_the_cores_of_a_process(tmp_path, monkeypatch):
    monkeypatch.setenv("RECSYS_CORES", "1")
    assert usable_cores(tmp_path / "none") == 1
    monkeypatch.setenv("RECSYS_CORES", "100000")
    most = usable_cores(tmp_path / "none")
    monkeypatch.delenv("RECSYS_CORES")
    assert usable_cores(tmp_path / "none") == most


@pytest.mark.parametrize(
    ("said", "cores"), [("100000 100000", 1), ("50000 100000", 1), ("max 100000", None), ("?", None)]
)
def test_a_container_has_the_cores_of_its_quota(tmp_path, said, cores):
    quota = tmp_path / "cpu.max"
    assert usable_cores(quota) >= 1
    quota.write_text(said)
    assert usable_cores(quota) == (cores or usable_cores(tmp_path / "missing"))
