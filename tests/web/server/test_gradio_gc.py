"""That the server keeps nothing of what is over: answers, sessions, uploads and their progress."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest
from gradio.routes import file_upload_statuses

from recsys.web.server import gradio_gc
from testkit.fake_shop import draw, encoded, fake_shop

RED_DRESS = encoded(draw("Dresses", "#b3262e"))


@pytest.fixture(scope="module")
def shop():
    return fake_shop()


def until(condition, seconds=10):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "this did not happen in time"
        time.sleep(0.02)


def call(web, session=None):
    named = {"session_hash": session} if session else {}
    return web.post("gradio_api/call/catalog", json={"data": [None], **named}).json()["event_id"]


def read(web, event):
    return web.get(f"gradio_api/call/catalog/{event}").text


def kept(server):
    """Sessions of which something is kept: calls, messages, state."""
    queue = server._queue
    maps = (queue.pending_event_ids_session, queue.pending_messages_per_session, server.app.state_holder.session_data)
    return [set(names) for names in maps]


def test_nothing_is_kept_of_a_call_that_names_no_session(server, web):
    before = kept(server)
    events = [call(web) for _ in range(5)]
    assert all("event: complete" in read(web, event) for event in events)
    until(lambda: kept(server) == before)
    assert len(server._queue.event_analytics) <= 1


def test_the_state_of_a_session_that_a_page_names_stays(server, web):
    assert "event: complete" in read(web, call(web, "apage"))
    until(lambda: "apage" not in server._queue.pending_event_ids_session)
    assert "apage" in server.app.state_holder.session_data
    assert "event: complete" in read(web, call(web, "apage"))


def test_answers_that_nobody_reads_are_forgotten_the_most_and_the_oldest_first(server, web, monkeypatch):
    monkeypatch.setattr(gradio_gc, "MAX_UNREAD_ANSWERS", 3)
    for _ in range(4):
        call(web, "hoarder")
    events = [call(web) for _ in range(3)]
    until(lambda: "hoarder" not in server._queue.pending_event_ids_session)
    time.sleep(1.5)
    assert all("event: complete" in read(web, event) for event in events)


def test_answers_are_forgotten_after_a_while(server, web, monkeypatch):
    monkeypatch.setattr(gradio_gc, "UNREAD_ANSWER_LIFE_S", 0.5)
    event = call(web)
    until(lambda: event not in server._queue.pending_messages_per_session)
    assert read(web, event).startswith("event: error")


def test_an_upload_that_is_not_used_goes_with_its_folder_and_its_progress(server, web, uploads, monkeypatch):
    path = Path(web.post("gradio_api/upload?upload_id=abc", files={"files": ("a.png", RED_DRESS)}).json()[0])
    time.sleep(1.2)
    assert path.exists() and "abc" in file_upload_statuses._statuses
    assert gradio_gc.stored_upload_bytes(server) == max(len(RED_DRESS), gradio_gc.MIN_COUNTED_BYTES)
    monkeypatch.setattr(gradio_gc, "UNUSED_UPLOAD_LIFE_S", 0.5)
    until(lambda: not server.upload_file_set and "abc" not in file_upload_statuses._signals)
    assert gradio_gc.stored_upload_bytes(server) == 0 and not path.parent.exists()


def test_a_fault_does_not_end_the_sweeping(server, web, monkeypatch, caplog):
    def broken(self, now):
        raise KeyError("something of Gradio's has moved")

    with monkeypatch.context() as patch:
        patch.setattr(gradio_gc.GradioGarbageCollector, "collect", broken)
        until(lambda: "could not be collected" in caplog.text)
    event = call(web)
    read(web, event)
    until(lambda: event not in server._queue.pending_event_ids_session)


@pytest.mark.parametrize("name", ["deep_link?session_hash=a", "process_recording"])
def test_what_would_write_to_the_disk_is_not_served(web, name):
    assert web.get(f"gradio_api/{name}").status_code == web.post(f"gradio_api/{name}").status_code == 404


def test_no_task_outlives_the_server(shop):
    async def run():
        class App:
            pass

        async with gradio_gc.collecting_garbage(App()):
            pass
        await asyncio.sleep(0)
        return len(asyncio.all_tasks())

    assert asyncio.run(run()) == 1
