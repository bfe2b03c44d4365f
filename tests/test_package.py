"""The package's metadata says the same as the requirements files and the changelog."""

import re
import tomllib
from pathlib import Path

import recsys

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
EXTRAS = PROJECT["optional-dependencies"]


def pins(name):
    """The requirements of a file, without comments and without `-r` lines."""
    lines = [line.split("#")[0].strip() for line in (ROOT / name).read_text("utf-8").splitlines()]
    return {line for line in lines if line and not line.startswith("-r")}


def own(extra):
    return {requirement for requirement in EXTRAS[extra] if not requirement.startswith("recsys[")}


def test_the_library_needs_what_serving_needs():
    assert set(PROJECT["dependencies"]) == pins("requirements-serve.txt")


def test_the_whole_is_serving_and_training():
    assert pins("requirements.txt") == pins("requirements-serve.txt") | own("train")


def test_the_extras_pin_what_the_requirements_files_pin():
    assert own("dev") == pins("requirements-dev.txt")
    assert own("ray") | own("milvus") < pins("requirements-scale.txt")
    assert own("int8") < pins("requirements-dev.txt")


def test_the_changelog_has_the_version_with_its_date():
    heading = rf"^## {re.escape(recsys.__version__)} \(\d{{4}}-\d\d-\d\d\)$"
    assert re.search(heading, (ROOT / "CHANGELOG.md").read_text("utf-8"), re.M)


def test_every_command_of_the_command_line_prints_its_help(capsys):
    import pytest

    from recsys.cli.main import COMMANDS, main

    for command in COMMANDS:
        with pytest.raises(SystemExit) as end:
            main([command, "--help"])
        assert end.value.code == 0 and f"usage: recsys {command} " in capsys.readouterr().out
