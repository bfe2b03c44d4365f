"""What the README and the pages it links show works."""

import re
import shlex
from pathlib import Path

import pytest
import yaml

from recsys.cli.build_flags import parser

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "README.md").read_text("utf-8")
PAGES = {path.name: path.read_text("utf-8") for path in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))}
MAX_LINES, MAX_FIGURES = 120, 6


def blocks(language, text=TEXT):
    return re.findall(rf"```{language}\n(.*?)```", text, re.S)


def commands(word):
    """The lines of the shell examples, on every page, that hold this word."""
    lines = [line for text in PAGES.values() for block in blocks("bash", text) for line in block.splitlines()]
    return [line for line in lines if word in line]


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


def test_the_readme_is_a_path_and_not_a_catalogue():
    body = TEXT.split("---", 2)[2].strip().splitlines()
    figures = TEXT.split("## How good it is")[1].split("## ")[0].count("\n| ") - 2
    assert len(body) <= MAX_LINES and figures <= MAX_FIGURES


@pytest.mark.parametrize("name", PAGES)
def test_every_picture_and_page_that_is_linked_exists(name):
    folder = ROOT if name == "README.md" else ROOT / "docs"
    targets = re.findall(r"\]\(([^)#]+)[^)]*\)", PAGES[name])
    assert all((folder / target).exists() for target in targets if "://" not in target), targets


def test_the_commands_of_build_index_are_understood():
    assert commands("build_index.py")
    for line in commands("build_index.py"):
        parser().parse_args(shlex.split(line.split("build_index.py")[1], comments=True))


def test_the_commands_of_training_name_flags_that_exist(capsys):
    from recsys.train.__main__ import main

    with pytest.raises(SystemExit):
        main(["--help"])
    usage = capsys.readouterr().out
    assert commands("recsys.train")
    for command in commands("recsys.train"):
        assert all(flag in usage for flag in re.findall(r"--[\w-]+", command)), command


def test_the_library_example_runs_as_it_stands(monkeypatch, capsys):
    monkeypatch.chdir(ROOT)
    exec(compile(blocks("python")[0], "README.md", "exec"), {})
    assert len(capsys.readouterr().out.splitlines()) == 7


def test_the_example_of_the_library_page_runs_as_it_stands(monkeypatch, capsys):
    monkeypatch.chdir(ROOT)
    exec(compile(blocks("python", PAGES["library.md"])[0], "library.md", "exec"), {})
    assert len(capsys.readouterr().out.splitlines()) == 5


def test_the_example_of_the_words_page_runs_as_it_stands(monkeypatch, capsys):
    monkeypatch.chdir(ROOT)
    exec(compile(blocks("python", PAGES["words.md"])[0], "words.md", "exec"), {})
    assert "baseColour ('Red',) value False" in capsys.readouterr().out
