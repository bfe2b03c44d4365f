"""Every example of docs/api.md runs as it stands, against the shop that it is written for."""

from __future__ import annotations

import asyncio
import json
import os
import re
import subprocess
from pathlib import Path

import pytest
from mcp import ClientSession
from mcp.client.streamable_http import streamable_http_client

from recsys import Recommender
from recsys.recommend.options import MAX_LIKES
from recsys.web import launch
from recsys.web.api.arguments import MAX_PICTURES

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "api.md").read_text("utf-8")
ADDRESS = "http://127.0.0.1:7860"
MODULES = Path(os.environ.get("NODE_MODULES", ROOT / "node_modules"))


def examples(language):
    return re.findall(rf"```{language}\n(.*?)```", TEXT, re.S)


@pytest.fixture(scope="module")
def server_address(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GRADIO_TEMP_DIR", str(tmp_path_factory.mktemp("uploads")))
        page = launch(Recommender.from_pretrained(ROOT / "index"), prevent_thread_lock=True)
        yield page.local_url.rstrip("/")
        page.close()


@pytest.fixture
def run():
    """Run a command in the root of the repository; gives what it prints."""

    def finish(*command):
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    return finish


THREE_MATCHES = r"(.+ http://\S+/thumbs/\S+\n){3}"
PRINTED = {
    "python": [
        THREE_MATCHES + r"\[.+\]\n\{.*'articleType': .+\}\n\{.+\} \{.*\}\n273 \[.+\]\n\[.+\]\n.*'bad_picture'.*\n",
        r"bad_query – There is no item 'no such id' .*\n",
        rf"\['recommend', .+\]\n{THREE_MATCHES}True .*'bad_query'.*\n",
    ],
    "bash": [*[r"event: complete\ndata: \[\{.*\}\]\n\n"] * 2, r"(\{.*\"matches\":\[\{.*\}\].*\}\n?){2}"],
    "javascript": [THREE_MATCHES + r"(\w+ .+\n)+2 bad_picture\nbad_query – There is no item 'no such id' .*\n"],
}
"""For each example what it prints, as a pattern."""


@pytest.mark.parametrize("number", range(len(examples("python"))))
def test_a_python_example_runs(number, server_address, monkeypatch, capsys):
    monkeypatch.chdir(ROOT)
    exec(compile(examples("python")[number].replace(ADDRESS, server_address), "docs/api.md", "exec"), {})
    said = re.sub(r"Loaded as API.*\n", "", capsys.readouterr().out)
    assert re.fullmatch(PRINTED["python"][number], said), said


@pytest.mark.parametrize("number", range(len(examples("bash"))))
def test_a_curl_example_runs(number, server_address, run):
    said = run("bash", "-euc", examples("bash")[number].replace(ADDRESS, server_address))
    assert re.fullmatch(PRINTED["bash"][number], said), said


@pytest.mark.npm
@pytest.mark.skipif(not (MODULES / "@gradio" / "client").is_dir(), reason="needs @gradio/client in NODE_MODULES")
@pytest.mark.parametrize("number", range(len(examples("javascript"))))
def test_a_javascript_example_runs(number, server_address, run, tmp_path):
    (tmp_path / "node_modules").symlink_to(MODULES.resolve())
    (tmp_path / "example.mjs").write_text(examples("javascript")[number].replace(ADDRESS, server_address), "utf-8")
    said = run("node", str(tmp_path / "example.mjs"))
    assert re.fullmatch(PRINTED["javascript"][number], said), said


@pytest.mark.parametrize("number", range(len(examples("json"))))
def test_the_configuration_for_agents_leads_to_the_tools(number, server_address):
    async def tools(url):
        async with streamable_http_client(url) as (read, write, _), ClientSession(read, write) as session:
            await session.initialize()
            return [tool.name for tool in (await session.list_tools()).tools]

    (server,) = json.loads(examples("json")[number].replace(ADDRESS, server_address))["mcpServers"].values()
    assert [f"/{name}" for name in asyncio.run(tools(server["url"]))] == re.findall(r"^\| `(/\w+)`", TEXT, re.M)


def test_the_limits_that_are_named_are_those_that_hold():
    assert f"1 to {MAX_PICTURES} of them" in TEXT
    assert f"at most {MAX_LIKES}." in TEXT
