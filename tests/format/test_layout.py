from recsys.cli import build_flags
from recsys.format.layout import default_index, sample_index


def test_the_sample_index_is_served_until_the_user_builds_one(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert default_index() == sample_index()
    (tmp_path / "my-index").mkdir()
    assert default_index() == sample_index()
    (tmp_path / "my-index" / "index.json").write_text("{}")
    assert default_index().resolve() == tmp_path / "my-index"


def test_a_build_does_not_replace_the_sample_index_by_default():
    output = build_flags.parser().parse_args([]).output
    assert output.resolve() != sample_index().resolve() and str(output) == "my-index"


def test_the_sample_index_opens_by_its_name_from_any_folder(tmp_path, monkeypatch):
    from recsys import Recommender

    monkeypatch.chdir(tmp_path)
    assert Recommender.from_pretrained("sample").items.ids[0] == "S0001"
