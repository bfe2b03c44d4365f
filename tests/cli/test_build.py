import pytest

from recsys.cli.build_flags import parser
from recsys.cli.main import main
from recsys.errors import HubDownError
from recsys.index.folder import IndexFolder
from testkit.fake_shop import draw
from testkit.shop_exports import shopify


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


def test_a_dry_run_shows_what_became_of_an_export_and_builds_nothing(tmp_path, capsys):
    export = shopify(tmp_path / "export")
    flags = ["--dataset", str(export), "--output", str(tmp_path / "out"), "--currency", "EUR", "--dry-run"]
    assert main(["build", *flags, "--link-template", "https://shop.example/products/{Handle}"]) == 0
    out = capsys.readouterr().out
    assert "60 products of 240 rows · id = Handle · name = Title" in out
    assert "prices in EUR" in out and "columns left out: " in out
    assert "link: https://shop.example/products/00009" in out and "00010" not in out
    assert not (tmp_path / "out").exists()


def test_an_export_is_built_in_one_command(encoder_folder, tmp_path, capsys):
    export, out = shopify(tmp_path / "export"), tmp_path / "out"
    assert main(["build", "--dataset", str(export), "--encoder", str(encoder_folder), "--output", str(out)]) == 0
    items = IndexFolder.open(out).items
    assert len(items) == 60 and items.has_prices
    assert items[0].attributes["Size"] == ("S", "M", "L")
    assert "60 products of 240 rows" in capsys.readouterr().out


def test_a_shop_of_one_kind_and_twelve_products_is_built(encoder_folder, tmp_path):
    for number in range(12):
        draw("Caps", f"#{number:02x}40{20 * number:02x}", (60, 80)).save(tmp_path / f"{number}.png")
    rows = "".join(f"{number}.png,Cap,colour {number}\n" for number in range(12))
    (tmp_path / "caps.csv").write_text(f"picture,Type,Colour\n{rows}")
    flags = ["--dataset", str(tmp_path), "--encoder", str(encoder_folder), "--output", str(tmp_path / "out")]
    assert main(["build", *flags]) == 0
    assert list(IndexFolder.open(tmp_path / "out").items.columns) == ["Type", "Colour"]


def test_a_build_also_writes_the_strip_of_similar_products(pictures, encoder_folder, tmp_path, capsys):
    flags = ["--dataset", str(pictures), "--encoder", str(encoder_folder), "--output", str(tmp_path / "out")]
    assert main(["build", *flags, "--strip", str(tmp_path / "strip"), "--strip-app", "https://app.example"]) == 0
    assert (tmp_path / "strip" / "strip.js").is_file() and "of 30 products in" in capsys.readouterr().out
    assert (
        main(["strip", str(tmp_path / "out"), "--output", str(tmp_path / "strip"), "--app", "https://app.example"]) == 0
    )
    assert " 0 files written" in capsys.readouterr().out
    assert main(["strip", str(tmp_path / "out"), "--output", str(tmp_path / "out")]) == 1
    assert "something other than a strip" in capsys.readouterr().err


def test_a_build_checks_the_folder_of_the_strip_before_it_begins(pictures, tmp_path, capsys):
    (tmp_path / "strip").mkdir()
    (tmp_path / "strip" / "mine.txt").write_text("mine")
    flags = ["--dataset", str(pictures), "--output", str(tmp_path / "out"), "--strip", str(tmp_path / "strip")]
    assert main(["build", *flags]) == 1
    assert "something other than a strip" in capsys.readouterr().err and not (tmp_path / "out").exists()
