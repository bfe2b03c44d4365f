import pytest

from recsys.cli.build import parser
from recsys.cli.main import main
from recsys.errors import HubDownError
from recsys.index.folder import IndexFolder


def test_recsys_build_builds_an_index(pictures, encoder_folder, tmp_path):
    flags = ["--dataset", str(pictures), "--encoder", str(encoder_folder), "--output", str(tmp_path / "out")]
    assert main(["build", *flags]) == 0
    assert len(IndexFolder.open(tmp_path / "out").items) == 30


def test_the_help_describes_every_option_with_its_default(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "1000")  # no line breaks within a default
    with pytest.raises(SystemExit):
        main(["build", "--help"])
    text = capsys.readouterr().out
    for action in parser()._actions:
        assert action.help
        if action.default not in (None, False, "==SUPPRESS=="):
            assert f"(default: {action.default})" in text


def test_without_the_hub_the_error_names_the_shipped_encoder(pictures, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("recsys.encoder.loading.hub.pull_weights", unreachable)
    assert main(["build", "--dataset", str(pictures), "--output", str(tmp_path / "out")]) == 1
    assert "The Hub cannot be reached. Without a download: --encoder index" in capsys.readouterr().err


def unreachable(*_, **__):
    raise HubDownError("The Hub cannot be reached.")
