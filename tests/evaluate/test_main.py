import json
import shutil

import pytest

from recsys.core.holdout import held_out
from recsys.evaluate.__main__ import main, outliers
from recsys.evaluate.pool import thumbnail_vectors
from tests.support.evaluation_shop import items


@pytest.mark.slow
def test_the_command_prints_a_table_or_json_and_writes_a_report_to_look_at(
    shop_folder, pictures, encoder_folder, tmp_path, capsys
):
    command = ["--encoder", str(encoder_folder), "--dataset", str(shop_folder)]
    more = [
        "--beside",
        str(encoder_folder),
        "--slices",
        "--outliers-from",
        str(pictures),
        "--output",
        str(tmp_path / "out"),
    ]
    assert main([*command, *more]) == 0
    printed = capsys.readouterr().out
    queries = sum(held_out(f"{item.attributes['articleType']}/{item.id}") for item in items(300))
    assert f"| label | {queries} | " in printed
    assert "times" not in printed
    assert "all at once" in printed
    assert str(tmp_path) not in printed
    written = {path.name for path in (tmp_path / "out").iterdir()}
    assert written == {"report.json", "report.md", "per_class.png", "slices.png", "best.png", "worst.png"}
    assert (tmp_path / "out" / "report.md").read_text() == printed
    report = json.loads((tmp_path / "out" / "report.json").read_text())
    assert report["scores"][0]["queries"] == queries
    assert report["classification"][0]["attribute"] == "label"
    assert len(report["encoder"]["fingerprint"]) == 64
    assert report["latency"]["runs"] >= 30
    tasks = {task["task"]: task["scores"] for task in report["tasks"]}
    assert [(s["case"], s["encoder"]) for s in tasks["very product"]][:3] == [
        ("light", encoder_folder.name),
        ("light", encoder_folder.name),
        ("light", "16×16 thumbnail"),
    ]
    assert tasks["same name"] == []  # each name occurs once
    assert "| very product | encoder | queries | R@1 (95 %) |" in printed


@pytest.mark.slow
def test_the_command_judges_an_index_with_the_queries_of_another_catalogue(shop_folder, built, pictures, capsys):
    command = ["--encoder", str(built), "--dataset", str(pictures), "--queries-from", str(shop_folder), "--json"]
    assert main(command) == 0
    report = json.loads(capsys.readouterr().out)
    unseen = sum(held_out(f"{item.attributes['articleType']}/{item.id}") for item in items(300))
    assert report["queries_from"]["products"] == unseen
    assert report["search"][0]["recall"] > 0.5
    assert f"{unseen} queries, products of another catalogue; 30 products in the gallery" in report["note"]


@pytest.mark.slow
def test_a_frozen_network_is_evaluated_on_all_products_of_another_catalogue(
    shop_folder, encoder_folder, pictures, tmp_path, capsys
):
    frozen = shutil.copytree(encoder_folder, tmp_path / "frozen")
    config = json.loads((frozen / "config.json").read_text())
    (frozen / "config.json").write_text(json.dumps(config | {"embedding": False}))
    assert main(["--encoder", str(frozen), "--dataset", str(pictures), "--queries-from", str(shop_folder)]) == 0
    assert "300 queries" in capsys.readouterr().out


def test_two_folders_of_outliers_with_one_name_are_both_kept(pictures, tmp_path):
    again = shutil.copytree(pictures, tmp_path / pictures.name)
    found = outliers([str(pictures), str(again)], thumbnail_vectors)
    assert {name: len(vectors) for name, vectors in found.items()} == {"drawn-shop 1": 30, "drawn-shop 2": 30}
    assert list(outliers([str(pictures)], thumbnail_vectors)) == ["drawn-shop"]


def test_the_command_says_what_it_cannot_judge(pictures, encoder_folder, capsys):
    assert main(["--encoder", "no_such_net", "--dataset", str(pictures)]) == 1
    assert "error: no_such_net is not an encoder" in capsys.readouterr().err
    command = ["--encoder", str(encoder_folder), "--dataset", str(pictures)]
    assert main([*command, "--split", "month"]) == 1
    assert "no split 'month'" in capsys.readouterr().err
    assert main([*command, "--split", "type", "--queries-from", "sample"]) == 1
    assert "--split or --queries-from, not both" in capsys.readouterr().err
    assert main([*command, "--tasks", "colours"]) == 1
    assert "There is no task 'colours'" in capsys.readouterr().err
    assert main([*command, "--limit", "3"]) == 1
    assert "too few to evaluate on" in capsys.readouterr().err
