"""Imports go downwards only, and a heavy library has one home."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ROWS = [
    {"errors", "cores", "logs"},
    {"settings", "types", "digest", "attributes", "ahead", "mishaps"},
    {"picture", "items", "metrics", "recipe", "projection", "calibration", "splits", "plots"},
    {"describe", "outfit", "steer", "taste", "variety", "focus"},
    {"manifest", "vectors", "link", "hub", "sample", "variants", "wish"},
    {"index", "output"},
    {"catalog", "encoder", "folder"},
    {"baseline", "milvus"},
    {"card", "recommender", "evaluate", "intake"},
    {"shop"},
    {"build", "assembly", "ui", "train", "ray_engine"},
    {"compare", "reload"},
    {"app", "build_index"},
]
HOMES = {
    "annoy": {"index"},
    "datasets": {"catalog"},
    "gradio": {"ui"},
    "huggingface_hub": {"hub"},
    "openvino": {"encoder"},
    "pymilvus": {"milvus"},
    "ray": {"ray_engine"},
    "timm": {"encoder"},
    "matplotlib": {"plots"},
    "torch": {"encoder", "train", "compare"},
    "pyarrow": {"folder", "catalog"},
}
SURFACE = ROOT / "recsys" / "__init__.py"  # names the public parts and is imported by none of them
FILES = [ROOT / "app.py", ROOT / "build_index.py", *sorted({*(ROOT / "recsys").rglob("*.py")} - {SURFACE})]
IDS = [path.relative_to(ROOT).as_posix() for path in FILES]


def module_of(path):
    parts = path.relative_to(ROOT).with_suffix("").parts
    return parts[1] if parts[0] == "recsys" else parts[0]


def imports(path):
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def row_of(module):
    return next(row for row, modules in enumerate(ROWS) if module in modules)


@pytest.mark.parametrize("path", FILES, ids=IDS)
def test_imports_go_downwards(path):
    module = module_of(path)
    lower = {name.split(".")[1] for name in imports(path) if name.startswith("recsys.") and name.count(".") > 0}
    for other in lower - {module, "Recommender", "Encoder"}:
        late = (module, other) in {("recommender", "assembly")}
        assert late or row_of(other) < row_of(module), f"{module} imports {other}"


@pytest.mark.parametrize("path", FILES, ids=IDS)
def test_a_heavy_library_is_imported_in_its_home_only(path):
    used = {name.split(".")[0] for name in imports(path)}
    for library, homes in HOMES.items():
        assert library not in used or module_of(path) in homes, f"{path.name} imports {library}"
