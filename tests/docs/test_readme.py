"""What the README shows works."""

import re
import shlex
from pathlib import Path

import pytest
import yaml

from recsys.cli.build import parser

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "README.md").read_text("utf-8")


def blocks(language):
    return re.findall(rf"```{language}\n(.*?)```", TEXT, re.S)


def pins():
    lines = (ROOT / "requirements.txt").read_text("utf-8").splitlines()
    found = [re.match(r"([\w-]+)==([\w.]+)", line) for line in lines]
    return {match[1]: match[2] for match in found if match}


def test_the_front_matter_is_what_the_hub_takes(hub):
    from huggingface_hub import SpaceCard

    card = SpaceCard.load(ROOT / "README.md")
    card.validate()
    assert card.data.sdk == "gradio"
    assert (ROOT / card.data.app_file).is_file()
    assert len(card.data.short_description) <= 60


def test_the_sdk_is_the_version_that_is_installed():
    front = yaml.safe_load(TEXT.split("---")[1])
    assert front["sdk_version"] == pins()["gradio"]


def test_every_requirement_is_pinned_and_the_fixed_ones_are_there():
    lines = [line.split("#")[0].strip() for line in (ROOT / "requirements.txt").read_text("utf-8").splitlines()]
    assert all(re.fullmatch(r"[\w-]+==[\w.]+", line) for line in lines if line)
    assert {"gradio", "timm", "torch", "annoy", "datasets", "huggingface_hub", "pillow"} <= pins().keys()


def test_the_pictures_that_are_shown_exist():
    assert all((ROOT / path).is_file() for path in re.findall(r"!\[[^]]*\]\(([^)]+)\)", TEXT))


def test_the_commands_of_build_index_are_understood():
    lines = [line for block in blocks("bash") for line in block.splitlines() if "build_index.py" in line]
    assert lines
    for line in lines:
        parser().parse_args(shlex.split(line.split("build_index.py")[1]))


def test_the_commands_of_training_name_flags_that_exist(capsys):
    from recsys.train.__main__ import main

    with pytest.raises(SystemExit):
        main(["--help"])
    usage = capsys.readouterr().out
    command = next(line for block in blocks("bash") for line in block.splitlines() if "recsys.train" in line)
    assert all(flag in usage for flag in re.findall(r"--[\w-]+", command))


def test_the_library_example_runs_as_it_stands(monkeypatch, capsys):
    monkeypatch.chdir(ROOT)
    exec(compile(blocks("python")[0], "README.md", "exec"), {})
    assert len(capsys.readouterr().out.splitlines()) == 7
