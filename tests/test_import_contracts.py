"""The layers and the homes of the heavy libraries, as `pyproject.toml` states them for import-linter."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_every_import_contract_is_kept():
    lint = shutil.which("lint-imports", path=str(Path(sys.executable).parent))
    done = subprocess.run([lint], cwd=ROOT, capture_output=True, text=True, timeout=100)
    assert done.returncode == 0, done.stdout


def test_tests_and_benchmarks_share_code_by_testkit_alone():
    for folder, other in (("tests", "benchmarks"), ("benchmarks", "tests"), ("testkit", "tests|benchmarks")):
        imports = re.compile(rf"^\s*(?:from|import) (?:{other})\b", re.M)
        found = [path for path in (ROOT / folder).rglob("*.py") if imports.search(path.read_text("utf-8"))]
        assert found == [], f"{folder} imports {other}"
