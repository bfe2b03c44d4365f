"""Fixtures that call the API of a running server: by name, by position and as an agent."""

from __future__ import annotations

import asyncio
import json
import re

import httpx
import pytest
from mcp import ClientSession
from mcp.client.streamable_http import streamable_http_client

META = {"_type": "gradio.FileData"}


@pytest.fixture
def call_endpoint(web):
    """Send a body to an endpoint; gives "complete" with the answer, or "error" with what an error says."""

    def call(name, body, form="call"):
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        sent = web.post(f"gradio_api/{form}/{name}", content=content, headers={"content-type": "application/json"})
        if sent.status_code != 200:
            assert sent.status_code in (400, 404, 422), sent.text
            return "error", sent.json()
        stream = web.get(f"gradio_api/{form}/{name}/{sent.json()['event_id']}").text
        event, data = re.search(r"event: (complete|error)\ndata: (.*)", stream).groups()
        return event, json.loads(data)[0] if event == "complete" else json.loads(data)

    return call


@pytest.fixture
def ask(call_endpoint):
    """Ask an endpoint by names; gives its answer, or (code, message)."""

    def call(name, **values):
        event, said = call_endpoint(name, values, "call/v2")
        return said if event == "complete" else (said["title"], said["error"])

    return call


@pytest.fixture
def upload(web):
    def post(data, name="picture"):
        return {"path": web.post("gradio_api/upload", files={"files": (name, data)}).json()[0], "meta": META}

    return post


@pytest.fixture
def agent(server):
    """Call tools as an agent does; gives their results, or what `ask_for` asks of the session."""

    def call(*calls, headers=None, ask_for=None):
        async def talk():
            url = f"{server.local_url}gradio_api/mcp/"
            async with (
                httpx.AsyncClient(headers=headers, timeout=10) as http,
                streamable_http_client(url, http_client=http) as (read, write, _),
                ClientSession(read, write) as session,
            ):
                await session.initialize()
                if ask_for:
                    return await ask_for(session)
                return [await asyncio.wait_for(session.call_tool(name, values), 10) for name, values in calls]

        return asyncio.run(talk())

    return call


@pytest.fixture
def ask_by_position(web):
    """Ask an endpoint over plain HTTP; gives its answer, or the text of its error."""

    def call(name, *values):
        started = web.post(f"gradio_api/call/{name}", json={"data": list(values)})
        assert started.status_code == 200, started.text
        stream = web.get(f"gradio_api/call/{name}/{started.json()['event_id']}").text
        event, data = re.search(r"event: (complete|error)\ndata: (.*)", stream).groups()
        return json.loads(data)[0] if event == "complete" else json.loads(data)["error"]

    return call
