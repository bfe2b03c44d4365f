"""What the page relies on inside Gradio: each class name, function and attribute that Gradio does not promise.

A test fails where the page relies on a new one, which belongs in the lists here, and where Gradio no longer has one.
docs/upgrading.md says how to move a version.
"""

from __future__ import annotations

import inspect
import re
from importlib import import_module
from pathlib import Path

import gradio as gr
import pytest

from recsys.web.page import page
from recsys.web.page.preload import LIST

STATIC, TEMPLATES, WEB = page.HERE / "static", page.HERE / "templates", page.HERE.parent
ASSETS = Path(gr.__file__).parent / "templates" / "frontend" / "assets"

CLASSES = {
    "gradio-container": "the page: its width, and the ground of the query column",
    "app": "the column of the page within it: width and margins",
    "block": "the frame of a component, which is mirrored in languages from right to left",
    "html-container": "what is around the markup of a component: no padding, and dimmed while an answer is pending",
    "pending": "the state of a component while an answer is pending",
    "dark": "the dark colours",
    "show-api": "the button of the API in the footer, which an address opens",
    "divider": "the lines in the footer, which are hidden",
}
TEST_IDS = {
    "status-tracker": "the progress over the cards, which is hidden, because the cards say it",
    "toast-body": "the notice in the corner, which is hidden: errors stand where they happened",
    "toast-text": "the text of that notice, which is shown there",
}
SCRIPT_NAMES = ("element", "trigger", "props", "server", "upload", "watch")
"""What a script of gr.HTML is called with, in this order."""
CONFIG_KEYS = ("root", "api_prefix")
"""What scripts read from window.gradio_config, to send a picture to its upload route."""
NOTICE = "Connection to the server was lost"
"""How the notice of a lost connection begins, which the page says in its own words."""
IMPORTS = {
    "gradio.context.LocalContext": "request",
    "gradio.data_classes.FileData": None,
    "gradio.route_utils.FnIndexInferError": None,
    "gradio.route_utils.get_root_url": "request, route_path, root_path",
    "gradio.routes.file_upload_statuses": None,
    "gradio.routes.toorjson": "value",
    "gradio.utils.get_upload_folder": "",
}
"""What Python imports beside the package itself: a class with its attribute, or a function with its parameters."""


def read(folder, ending):
    return {path.name: path.read_text("utf-8") for path in sorted(folder.glob(f"*{ending}"))}


SHEETS, SCRIPTS, MARKUP = read(STATIC, ".css"), read(STATIC, ".js"), "".join(read(TEMPLATES, ".html").values())
ALL_SCRIPTS = "".join(SCRIPTS.values())
LOADED = "".join((ASSETS / name).read_text("utf-8") for name in LIST.read_text("utf-8").split())
"""Gradio's scripts and style sheets, as far as the page loads them."""
QUERY = re.compile(r"(?:querySelector(?:All)?|closest|matches|on|find)\(\s*([`\"'])(.*?)\1", re.DOTALL)


def names(pattern, text):
    """The words of whatever stands in the last group of a pattern."""
    found = [match if isinstance(match, str) else match[-1] for match in re.findall(pattern, text)]
    return {word for part in found for word in re.findall(r"[\w-]+", part)}


def selectors():
    """All selectors of the style sheets and scripts, as one text."""
    sheets = re.sub(r"/\*.*?\*/", "", "".join(SHEETS.values()), flags=re.DOTALL)
    asked = (re.sub(r"\$\{[^}]*\}", "", match[1]) for match in QUERY.findall(ALL_SCRIPTS))
    return "\n".join([*re.findall(r"([^{}]+)\{", sheets), *asked])


def test_each_class_name_is_ours_or_listed():
    own = names(r'class="([^"]*)"', MARKUP + ALL_SCRIPTS) | names(r'class(?:Name|List\.\w+)\W+"([^"]*)"', ALL_SCRIPTS)
    used = set(re.findall(r"\.([a-zA-Z_][\w-]*)", selectors()))
    assert used - own == CLASSES.keys()
    assert set(re.findall(r'data-testid="([\w-]+)"', selectors())) == TEST_IDS.keys()


@pytest.mark.parametrize("name", [*CLASSES, *TEST_IDS])
def test_gradio_still_has_the_class_name(name):
    purpose = {**CLASSES, **TEST_IDS}[name]
    assert re.search(rf"(?<![\w-]){name}(?![\w-])", LOADED), f"Gradio has no {name!r} any more: {purpose}"


def test_a_script_gets_what_it_relies_on_in_its_order():
    assert "Function(" + ",".join(f"`{name}`" for name in SCRIPT_NAMES) in LOADED
    assert re.search(r"window\.gradio_config\b", ALL_SCRIPTS)
    assert all(key in gr.Blocks().get_config_file() or key in LOADED for key in CONFIG_KEYS)


def test_gradio_reloads_the_page_after_a_notice_that_the_script_knows():
    assert f"/^{NOTICE}/" in ALL_SCRIPTS and NOTICE in LOADED
    assert re.search(r"\.reconnect\(\).{0,100}window\.location\.reload\(\)", LOADED)


def test_each_event_of_a_component_is_one_that_its_script_triggers():
    """Gradio makes an event of each word that it finds in `trigger("…")`."""
    wired = set(re.findall(r"\bon\.\w+\.(\w+)\(", inspect.getsource(page._wire))) | {"dress", "open"}
    assert wired == set(re.findall(r'trigger\("(\w+)"\)', ALL_SCRIPTS))


def test_what_python_takes_from_inside_is_listed():
    found = re.findall(r"^from (gradio\.[\w.]+) import (\w+)$", "".join(p.read_text() for p in WEB.rglob("*.py")), re.M)
    assert {".".join(pair) for pair in found} == IMPORTS.keys()


@pytest.mark.parametrize("path", IMPORTS)
def test_gradio_still_has_it(path):
    module, _, name = path.rpartition(".")
    thing, detail = getattr(import_module(module), name), IMPORTS[path]
    if inspect.isfunction(thing):
        assert list(inspect.signature(thing).parameters) == [each for each in (detail or "").split(", ") if each]
    elif detail:
        assert hasattr(thing, detail)


def test_gradio_still_has_the_attributes_that_python_reads():
    with gr.Blocks() as blocks:
        gr.HTML("")
    assert blocks.queue() is blocks and len(blocks._queue) == 0 and blocks._queue.event_ids_to_events == {}
    assert blocks.get_config_file()["components"] and isinstance(blocks.upload_file_set, set)
    assert callable(blocks._queue.push)
