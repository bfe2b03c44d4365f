"""SECURITY.md and docs/threat-model.md name tests and files that exist, and every attack that is tested."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = "".join((ROOT / name).read_text("utf-8") for name in ("SECURITY.md", "docs/threat-model.md"))
UPGRADING = (ROOT / "docs" / "upgrading.md").read_text("utf-8")
TESTS = {path: path.read_text("utf-8") for path in (ROOT / "tests").rglob("*.py")}


@pytest.mark.parametrize("name", sorted({*re.findall(r"`(test_\w+)`", PAGE + UPGRADING)}))
def test_every_test_that_is_named_exists(name):
    assert any(re.search(rf"def {name}\(", text) for text in TESTS.values())


@pytest.mark.parametrize("name", sorted({*re.findall(r"`(Test\w+)`", UPGRADING)}))
def test_so_does_every_class_of_them(name):
    assert f"class {name}:" in TESTS[ROOT / "tests" / "test_dependencies.py"]


@pytest.mark.parametrize("path", sorted({*re.findall(r"`((?:recsys|tests|benchmarks)/[\w/.]+)`", PAGE + UPGRADING)}))
def test_so_does_every_file(path):
    assert (ROOT / path).exists()


@pytest.mark.parametrize("file", ["test_attacks_index.py", "test_attacks_pictures.py", "test_attacks_server.py"])
def test_no_attack_is_left_out(file):
    """`not_attacks` are tests of what has to keep working beside the countermeasures."""
    not_attacks = {
        "test_what_page_and_clients_call_is_open",
        "test_a_small_picture_may_have_many_scans",
        "test_what_only_looks_like_a_scan_is_none",
        "test_a_place_or_a_comment_in_a_photo_is_not_kept",
        "test_no_answer_is_guessed_at_by_a_browser",
        "test_a_card_that_is_no_text_is_shown_as_far_as_it_is",
    }
    made = {*re.findall(r"def (test_\w+)\(", TESTS[ROOT / "tests" / "security" / file])}
    assert made - not_attacks - {*re.findall(r"test_\w+", PAGE)} == set()
