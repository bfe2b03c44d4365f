"""Results: how they are stored and rendered, and that docs/benchmarks.md is made of those that are stored."""

import json

import numpy as np
import pytest

from benchmarks.__main__ import BENCHMARKS, main
from benchmarks.core import results


def test_a_result_is_stored_with_machine_date_commit_and_command(tmp_path):
    result = results.Result({"": [{"clients": np.int64(8), "throughput": 86.61734, "p99": float("nan")}]})
    results.save(result, "load", ["--index", "/some/where/whole", "--output", "/tmp/x"], tmp_path / "load.json")
    stored = json.loads((tmp_path / "load.json").read_text("utf-8"))
    assert stored["command"] == "python -m benchmarks load --index whole"
    assert stored["tables"] == {"": [{"clients": np.int64(8), "throughput": 86.62, "p99": None}]}
    assert {"date", "commit", "machine"} <= set(stored)


def test_tables_are_rendered_with_all_columns_of_their_rows():
    text = results.to_markdown(
        {"Load": [{"clients": 1}, {"clients": 40_680, "errors": True}], " ": [{"a": 1234.5}, {"a": 56_068.4}]}
    )
    assert text == (
        "**Load**\n\n| clients | errors |\n| --- | --- |\n| 1 |  |\n| 40,680 | yes |\n\n"
        "| a |\n| --- |\n| 1,234 |\n| 56,068 |"
    )


def test_the_page_is_up_to_date():
    assert results.DOCS.read_text("utf-8") == results.docs()


def test_the_list_names_every_benchmark(capsys):
    assert main(["--list"]) == 0
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == list(BENCHMARKS)


@pytest.mark.parametrize("name", sorted(results.FOLDER.glob("*.json")), ids=lambda path: path.stem)
def test_stored_results_say_when_and_where_they_were_measured(name):
    stored = json.loads(name.read_text("utf-8"))
    assert {"command", "date", "commit", "machine"} <= set(stored)
