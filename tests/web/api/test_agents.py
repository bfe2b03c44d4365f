"""The API as tools of agents, through an MCP client; and what its server does with file references."""

from __future__ import annotations

import json
from urllib.parse import quote

import pytest

from recsys.web.server.uploads import NO_DATA_URLS
from testkit.fake_shop import draw, encoded, fake_shop
from tests.support.api import ENDPOINTS

RED_DRESS = draw("Dresses", "#b3262e")
META = {"_type": "gradio.FileData"}


@pytest.fixture(scope="module")
def shop():
    return fake_shop()


class TestAgents:
    def test_each_endpoint_is_a_tool_that_says_what_it_takes(self, agent):
        tools = agent(ask_for=lambda session: session.list_tools()).tools
        assert [tool.name for tool in tools] == ENDPOINTS
        for tool in tools:
            assert tool.description
            assert all(entry["description"] for entry in tool.inputSchema["properties"].values())
            assert "request" not in tool.inputSchema["properties"]

    def test_a_result_is_the_same_json_as_any_program_gets(self, agent, ask):
        calls = [
            ("recommend", {"liked": ["p7"], "k": 2}),
            ("similar", {"item_id": "p7", "k": 2, "where": {"season": [None, "Summer"]}}),
            ("complete_the_look", {"item_id": "p7"}),
            ("catalog", {"where": {"gender": "Men"}}),
        ]
        for (name, values), result in zip(calls, agent(*calls), strict=True):
            (part,) = result.content
            assert not result.isError
            assert json.loads(part.text) == ask(name, **values)

    def test_an_agent_may_name_an_upload_or_a_link(self, agent, upload, server, monkeypatch):
        monkeypatch.setattr("recsys.web.server.uploads.fetch", lambda url: encoded(RED_DRESS))
        upload_tool = f"{server.local_url}gradio_api/file={quote(upload(encoded(RED_DRESS))['path'])}"
        for image in (upload_tool, "https://example.com/dress.png"):
            found, batch = agent(
                ("recommend", {"image": image, "k": 1}), ("recommend_batch", {"images": [image], "k": 1})
            )
            assert json.loads(batch.content[0].text) == [json.loads(found.content[0].text)]
            assert json.loads(found.content[0].text)["matches"][0]["attributes"]["articleType"] == "Dresses"

    def test_words_are_a_query_and_the_tool_says_what_they_may_be(self, agent):
        tools = agent(ask_for=lambda session: session.list_tools())
        recommend = next(tool for tool in tools.tools if tool.name.endswith("recommend"))
        assert "plain English" in recommend.inputSchema["properties"]["text"]["description"]
        (found,) = agent(("recommend", {"text": "ladies red dres", "k": 1}))
        assert '"id": "p37"' in found.content[0].text and '"how": "spelling"' in found.content[0].text

    def test_image_urls_are_those_of_the_proxy_in_front(self, agent):
        headers = {"x-forwarded-host": "me-shop.hf.space", "x-forwarded-proto": "https"}
        (result,) = agent(("similar", {"item_id": "p7", "k": 1}), headers=headers)
        assert json.loads(result.content[0].text)["matches"][0]["image"].startswith("https://me-shop.hf.space/thumbs/")

    @pytest.mark.parametrize("meta", [META, {"_type": "gradio.FileData", "x": 1}, 5], ids=str)
    def test_no_file_of_the_server_is_read_wherever_one_is_named(self, agent, uploads, tmp_path, meta):
        (tmp_path / "secret.txt").write_text("secret")
        before = {*uploads.rglob("*")}
        named = {"path": str(tmp_path / "secret.txt"), "meta": meta}
        for name, values in (
            ("catalog", {"where": {"gender": named}}),
            ("catalog", {"where": {"gender": [{"x": [named]}]}}),
            ("catalog", {"where": named}),
            ("complete_the_look", {"item_id": "p7", "locked": {"bag": named}}),
            ("recommend", {"image": named}),
            ("recommend_batch", {"images": [named]}),
        ):
            (result,) = agent((name, values))
            assert result.isError and str(uploads) not in result.content[0].text
            assert {*uploads.rglob("*")} <= before

    def test_an_error_is_json_with_code_and_message(self, agent, uploads):
        before = {*uploads.rglob("*")}
        data_url = "data:image/png;base64,AAAA"
        unknown, refused, either = agent(
            ("similar", {"item_id": "nope"}),
            ("recommend", {"image": data_url}),
            ("recommend_batch", {"images": [data_url]}),
        )
        assert unknown.isError and json.loads(unknown.content[0].text)["error"]["code"] == "bad_query"
        said = {"error": {"code": "bad_picture", "message": NO_DATA_URLS}}
        assert refused.isError and json.loads(refused.content[0].text) == said
        assert json.loads(either.content[0].text) == [said]
        assert {*uploads.rglob("*")} <= before
