"""Every third-party package that the project imports is pinned in a requirements file."""

from __future__ import annotations

import ast
import re
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SOURCES = [
    *(ROOT / name for name in ("app.py", "build_index.py")),
    *sorted((ROOT / "recsys").rglob("*.py")),
    *sorted((ROOT / "sample_shop").rglob("*.py")),
]
OURS = {"recsys", "sample_shop", "app", "build_index"}
PIN = re.compile(r"^([\w.-]+)(?:\[\w+\])?==[\w.+]+", re.MULTILINE)
DISTRIBUTIONS = packages_distributions()


def normalized(distribution: str) -> str:
    return re.sub(r"[-_.]+", "-", distribution).lower()


def imports() -> dict[str, str]:
    """Top-level name of each imported third-party package → a file that imports it."""
    found = {}
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and node.level == 0:
                names = [node.module]
            for name in {name.partition(".")[0] for name in names} - sys.stdlib_module_names - OURS:
                found[name] = str(path.relative_to(ROOT))
    return found


IMPORTS = imports()
PINNED = {normalized(name) for file in ROOT.glob("requirements*.txt") for name in PIN.findall(file.read_text("utf-8"))}


def test_imports_are_found():
    assert {"gradio", "numpy", "PIL", "starlette", "torch", "prometheus_client"} <= IMPORTS.keys()


@pytest.mark.parametrize("name", sorted(IMPORTS))
def test_every_imported_package_is_pinned(name):
    distributions = {normalized(distribution) for distribution in DISTRIBUTIONS.get(name, [name])}
    assert distributions & PINNED, f"{IMPORTS[name]} imports {name}; pin one of {sorted(distributions)}"
