"""The app as a stranger starts it: a process of its own over the index that ships with it."""

import json
import os
import re
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager
from pathlib import Path

import pytest
from gradio_client import Client, handle_file

pytestmark = pytest.mark.server

ROOT = Path(__file__).parents[1]
START = 90


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


@contextmanager
def app(tmp_path, *arguments, **environment):
    """Run app.py; gives its address and a function that stops it and returns what it printed."""
    port = free_port()
    log = tmp_path / "app.log"
    kept = {name: value for name, value in os.environ.items() if name not in ("HF_TOKEN", "INDEX_DIR", "INDEX_REPO")}
    settings = kept | {"GRADIO_SERVER_PORT": str(port), "GRADIO_TEMP_DIR": str(tmp_path / "gradio"), **environment}
    with log.open("w") as out:
        process = subprocess.Popen(
            [sys.executable, "app.py", *arguments], cwd=ROOT, env=settings, stdout=out, stderr=out
        )
        try:
            yield f"http://127.0.0.1:{port}", process, log
        finally:
            process.terminate()
            process.wait(20)


def wait_for(url, process, log):
    end = time.monotonic() + START
    while time.monotonic() < end and process.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=5) as response:
                return response.read().decode()
        except OSError:
            time.sleep(0.2)
    raise AssertionError(f"the page did not come up:\n{log.read_text()}")


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    folder = tmp_path_factory.mktemp("app")
    with app(folder) as (url, process, log):
        wait_for(url, process, log)
        Client(url, verbose=False).predict(handle_file(ROOT / "docs" / "shirt.jpg"), api_name="/recommend")
        assert list((folder / "gradio").rglob("shirt*"))
        yield url, log, folder


def test_a_fresh_clone_serves_the_sample_shop(served):
    url, log, _ = served
    assert "Traceback" not in log.read_text()
    with urllib.request.urlopen(f"{url}/config") as response:
        assert "480 products from sample" in response.read().decode()


def test_the_readmes_client_example_runs_as_it_stands(served, capsys, monkeypatch):
    url, _, _ = served
    monkeypatch.chdir(ROOT)
    example = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text("utf-8"), re.S)[1]
    assert "http://127.0.0.1:7860" in example
    exec(compile(example.replace("http://127.0.0.1:7860", url), "README.md", "exec"), {})
    printed = [line for line in capsys.readouterr().out.splitlines() if "/thumbs/" in line]
    assert len(printed) == 5


def test_a_space_without_a_token_serves(tmp_path):
    space = {"SYSTEM": "spaces", "SPACE_ID": "me/shop", "GRADIO_SERVER_NAME": "127.0.0.1"}
    with app(tmp_path, **space) as (url, process, log):
        wait_for(url, process, log)
        request = urllib.request.Request(
            f"{url}/gradio_api/call/v2/similar",
            json.dumps({"item_id": "S0001"}).encode(),
            {"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request) as response:
            event = json.load(response)["event_id"]
        with urllib.request.urlopen(f"{url}/gradio_api/call/similar/{event}") as response:
            assert '"matches"' in response.read().decode()


def test_where_no_tunnel_can_be_had_the_local_page_stays_up_and_the_reason_is_said(tmp_path):
    with app(tmp_path, "--share") as (url, process, log):
        wait_for(url, process, log)
        end = time.monotonic() + 60
        while "share" not in log.read_text().lower() and time.monotonic() < end:
            time.sleep(0.2)
        assert "share" in log.read_text().lower()
        assert process.poll() is None
        wait_for(url, process, log)


def test_an_index_that_must_not_be_served_ends_with_one_line(tmp_path):
    (tmp_path / "nothing").mkdir()
    with app(tmp_path, INDEX_DIR=str(tmp_path / "nothing")) as (_, process, log):
        assert process.wait(START) == 1
        assert "error: The folder nothing has no index.json" in log.read_text()
        assert "Traceback" not in log.read_text()


def test_a_proxy_that_is_no_address_ends_with_one_line(tmp_path):
    with app(tmp_path, FORWARDED_ALLOW_IPS="nginx") as (_, process, log):
        assert process.wait(START) == 1
        assert "error: FORWARDED_ALLOW_IPS" in log.read_text()
        assert "Traceback" not in log.read_text()


def test_where_annoy_ends_with_an_illegal_instruction_exact_search_serves_and_it_is_said(tmp_path):
    (tmp_path / "annoy.py").write_text("import os, signal\nos.kill(os.getpid(), signal.SIGILL)\n")
    with app(tmp_path, PYTHONPATH=str(tmp_path)) as (url, process, log):
        wait_for(url, process, log)
        health = json.loads(wait_for(f"{url}/healthz", process, log))
        assert health["alive"] and "SIGILL" in health["search"]["problem"]
        assert "\nrecsys_search_fallback 1.0" in wait_for(f"{url}/metrics", process, log)
        assert "SIGILL. Exact search serves instead." in wait_for(f"{url}/about", process, log)
        assert "SIGILL" not in wait_for(url, process, log)
        found = Client(url, verbose=False).predict(handle_file(ROOT / "docs" / "shirt.jpg"), api_name="/recommend")
        assert len(found["matches"]) == 5 and process.poll() is None
        assert "Exact search serves, because Annoy does not run here" in log.read_text()


def test_a_visitors_picture_is_gone_from_the_disk_soon_after_the_answer(served):
    """The last one of this file, since what was uploaded first has had its time by then."""
    _, _, folder = served
    end = time.monotonic() + 40
    while (left := list((folder / "gradio").rglob("shirt*"))) and time.monotonic() < end:
        time.sleep(0.2)
    assert not left
