from recsys.runtime.cpus import usable_cores


def test_a_variable_limits_the_cores_of_a_process(tmp_path, monkeypatch):
    monkeypatch.setenv("RECSYS_CORES", "1")
    assert usable_cores(tmp_path / "none") == 1
    monkeypatch.setenv("RECSYS_CORES", "100000")
    most = usable_cores(tmp_path / "none")
    monkeypatch.delenv("RECSYS_CORES")
    assert usable_cores(tmp_path / "none") == most
