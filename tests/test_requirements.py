"""Every third-party package that the project imports is pinned in a requirements file."""

from __future__ import annotations

import ast
import json
import re
import subprocess
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


LOCKED = re.compile(r"^([\w.-]+)==([^\s;]+)([^\n]*(?:\n    --hash=sha256:[0-9a-f]{64}(?: \\)?)*)", re.MULTILINE)


def locked(name):
    """Package → (versions, number of hashes) in a lock file."""
    found = LOCKED.findall((ROOT / f"requirements-{name}.lock").read_text("utf-8"))
    packages = {normalized(package): [] for package, _, _ in found}
    for package, version, hashes in found:
        packages[normalized(package)].append((version, hashes.count("--hash")))
    return packages


@pytest.mark.parametrize(("name", "files"), [("serve", ["serve"]), ("dev", ["dev", ""])])
def test_a_lock_file_has_the_pinned_versions_and_a_hash_for_every_package(name, files):
    """Where it fails after a pin was changed: make lock."""
    lock = locked(name)
    for file in (f"requirements-{each}.txt" if each else "requirements.txt" for each in files):
        pins = re.findall(r"^([\w.-]+)(?:\[\w+\])?==([\w.]+)", (ROOT / file).read_text("utf-8"), re.MULTILINE)
        for package, version in pins:
            assert version in [found for found, _ in lock.get(normalized(package), [])], f"{package} {version}"
    assert len(lock) > len(pins) and all(hashes for versions in lock.values() for _, hashes in versions)


@pytest.mark.slow
def test_the_bill_of_materials_names_the_packages_with_versions_and_hashes(tmp_path):
    command = re.search(r"\$\(BIN\)/cyclonedx-py (.*) -o sbom.json", (ROOT / "Makefile").read_text("utf-8"))[1]
    subprocess.run(
        [sys.executable, "-m", "cyclonedx_py", *command.split(), "-o", str(tmp_path / "sbom.json")],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    materials = json.loads((tmp_path / "sbom.json").read_text("utf-8"))
    components = {component["name"]: component for component in materials["components"]}
    assert components["gradio"]["version"] == locked("serve")["gradio"][0][0]
    assert components["gradio"]["purl"].startswith("pkg:pypi/gradio@")
    assert any("hashes" in reference for reference in components["gradio"]["externalReferences"])
