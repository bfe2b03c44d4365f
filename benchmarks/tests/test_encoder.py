"""The benchmark of an encoder, on a small shop: its table, and the embedded catalogue that it keeps."""

from argparse import ArgumentParser

from benchmarks.quality import encoder
from testkit.fake_shop import COLOURS, KINDS, draw
from testkit.small_shop import write_encoder


def run(tmp_path):
    parser = ArgumentParser()
    encoder.add_arguments(parser)
    flags = ["--data", tmp_path / "data", "--encoder", tmp_path / "encoder", "--cache", tmp_path / "cache"]
    return encoder.run(parser.parse_args([str(flag) for flag in [*flags, "--shop", tmp_path / "data"]]))


def test_an_encoder_is_set_beside_the_bars_and_its_embedded_catalogue_is_kept(tmp_path):
    write_encoder(tmp_path / "encoder")
    for kind in KINDS:
        (tmp_path / "data" / kind).mkdir(parents=True)
        for number in range(30):
            draw(kind, list(COLOURS.values())[number % 5], (24, 32)).save(tmp_path / "data" / kind / f"{number}.png")
    (rows,) = run(tmp_path).tables.values()
    assert [row["measure"] for row in rows] == [
        "clean: P@5 of kind", "wild: its loss", "light: R@1", "light: R@10", "wild: R@1", "wild: R@10",
        "same name: R@1", "same name: R@10",
    ]  # fmt: skip
    assert {"queries", "encoder (95 %)", "bar", "reached", "16×16 thumbnail"} <= set(rows[0])
    (kept,) = (tmp_path / "cache").iterdir()
    written = kept.stat().st_mtime_ns
    assert run(tmp_path).tables[""] == rows
    assert kept.stat().st_mtime_ns == written
