"""What the server tells those who watch it: health, metrics and a log; and what it keeps out of them."""

from __future__ import annotations

import io
import json
import logging
import re
import subprocess
import sys
import time

import pytest

from recsys.runtime.json_log import JsonFormatter
from recsys.web.server import metrics
from recsys.web.server.limits import Limits
from testkit.fake_shop import draw, encoded, fake_shop

RED_DRESS = encoded(draw("Dresses", "#b3262e"))
INDEX = {"name": "tests/fake-shop", "revision": "1a2b3c4d5e6f7890", "items": 60, "notice": None}
SAMPLE = re.compile(r'([a-z_]+)(\{(?:[a-z]+="[^"]*",?)+\})? (\S+)')


@pytest.fixture(scope="module")
def shop():
    return fake_shop()


@pytest.fixture
def ask(web):
    """Ask /recommend with a picture; gives the answer to the call, and the stream of its events."""

    def call(data=RED_DRESS, name="secret-holiday.png", **headers):
        path = web.post("gradio_api/upload", files={"files": (name, data)}).json()[0]
        picture = {"path": path, "meta": {"_type": "gradio.FileData"}}
        called = web.post("gradio_api/call/recommend", json={"data": [picture]}, headers=headers)
        return called, web.get(f"gradio_api/call/recommend/{called.json()['event_id']}").text

    return call


@pytest.fixture
def scraped(web):
    """The samples of /metrics: name with labels → value."""

    def scrape():
        lines = web.get("metrics").text.splitlines()
        return {"".join(found.groups("")[:2]): float(found[3]) for found in map(SAMPLE.fullmatch, lines) if found}

    return scrape


@pytest.fixture
def logged(caplog):
    """The lines that a test logs, one object each, once so many responses are: a line follows its response."""
    lines, handler = io.StringIO(), logging.StreamHandler()
    handler.setStream(lines)
    handler.setFormatter(JsonFormatter())
    caplog.set_level(logging.INFO)
    caplog.set_level(logging.WARNING, "httpx")  # the client of these tests
    logging.getLogger().addHandler(handler)

    def read(responses):
        end = time.monotonic() + 10
        while lines.getvalue().count('"responded"') < responses:
            assert time.monotonic() < end, "the responses were not logged"
            time.sleep(0.01)
        return [json.loads(line) for line in lines.getvalue().splitlines()]

    yield read
    logging.getLogger().removeHandler(handler)


class TestHealth:
    def test_it_is_alive_and_ready_with_an_index_and_a_revision(self, web):
        for path in ("healthz", "readyz"):
            answer = web.get(path)
            assert (answer.status_code, answer.json()) == (200, {"alive": True, "ready": True, "index": INDEX})

    def test_while_the_encoder_loads_it_is_alive_and_not_ready(self, web, shop, monkeypatch, scraped):
        monkeypatch.setattr(shop.encoder, "is_ready", False, raising=False)
        alive, ready = web.get("healthz"), web.get("readyz")
        assert (alive.status_code, alive.json()["ready"]) == (200, False)
        assert (ready.status_code, ready.headers["retry-after"], ready.json()["ready"]) == (503, "5", False)
        assert scraped()["recsys_ready"] == 0


class TestMetrics:
    def test_every_line_is_one_that_prometheus_reads(self, web, ask):
        ask()
        answer = web.get("metrics")
        assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
        lines = answer.text.splitlines()
        typed = [line.split()[2:] for line in lines if line.startswith("# TYPE")]
        assert all(kind in ("counter", "histogram", "gauge") for _, kind in typed)
        assert len({name for name, _ in typed}) == len(typed)
        assert all(SAMPLE.fullmatch(line) or line.startswith(("# HELP ", "# TYPE ")) for line in lines)
        assert answer.text.endswith("\n")

    def test_an_answer_is_counted_by_endpoint_and_outcome_and_timed_by_stage(self, ask, scraped):
        ask()
        before = scraped()
        assert "event: complete" in ask()[1] and "event: error" in ask(b"no picture")[1]
        gained = {name: value - before.get(name, 0) for name, value in scraped().items()}
        assert gained['recsys_answers_total{endpoint="recommend",outcome="ok"}'] == 1
        assert gained['recsys_answers_total{endpoint="recommend",outcome="bad_picture"}'] == 1
        assert gained['recsys_answer_seconds_count{endpoint="recommend"}'] == 2
        assert gained['recsys_answer_seconds_bucket{endpoint="recommend",le="+Inf"}'] == 2
        stages = {
            name: gained[f'recsys_stage_seconds_count{{stage="{name}"}}'] for name in ("decode", "encode", "search")
        }
        assert stages == {"decode": 2, "encode": 1, "search": 1}
        assert (
            gained['recsys_stage_seconds_count{stage="wait"}'] == gained['recsys_stage_seconds_count{stage="answer"}']
        )

    def test_a_bucket_counts_all_that_took_no_longer(self, scraped):
        for seconds in (0.001, 0.005, 0.006, 60):
            metrics.STAGE_SECONDS.labels("a test").observe(seconds)
        found = scraped()
        bounds = [*map(str, metrics.BUCKETS_S), "+Inf"]
        counts = [found[f'recsys_stage_seconds_bucket{{le="{bound}",stage="a test"}}'] for bound in bounds]
        assert counts[:2] == [2, 3] and counts[-2:] == [3, 4]
        assert found['recsys_stage_seconds_count{stage="a test"}'] == 4

    def test_what_is_in_work_and_what_is_served_are_gauges(self, scraped):
        found = scraped()
        assert found["recsys_calls_waiting"] == 0 and found["recsys_index_items"] == 60
        assert found["process_resident_memory_bytes"] > 50e6
        assert time.time() - 86_400 < found["process_start_time_seconds"] < time.time()

    def test_a_refusal_is_counted(self, web, scraped):
        before = scraped().get('recsys_refused_total{code="too_large"}', 0)
        assert web.post("gradio_api/call/recommend", content=b"x" * (Limits().max_body_bytes + 1)).status_code == 413
        assert scraped()['recsys_refused_total{code="too_large"}'] == before + 1

    def test_the_interval_between_answers_is_that_of_the_latest(self):
        interval = metrics.AnswerInterval()
        assert interval.seconds() == 0
        for now in (0.0, 500.0, *(500 + 0.5 * number for number in range(1, 19))):
            interval.add(now)
        assert interval.seconds() == pytest.approx(0.5)


class TestLog:
    def test_a_request_has_one_id_in_its_answer_and_in_its_lines(self, ask, logged):
        called, _ = ask()
        request_id = called.headers["x-request-id"]
        lines = {line["message"]: line for line in logged(3) if line.get("request_id") == request_id}
        assert re.fullmatch("[0-9a-f]{16}", request_id)
        responded, answered = lines["responded"], lines["answered"]
        assert (responded["method"], responded["status"]) == ("POST", 200)
        assert responded["route"] == "/gradio_api/call/{api_name}"
        assert (answered["endpoint"], answered["outcome"]) == ("recommend", "ok")
        assert {"wait", "decode", "encode", "search", "answer"} <= answered["stages"].keys()
        assert sum(answered["stages"].values()) == pytest.approx(answered["ms"], abs=1)

    @pytest.mark.parametrize(
        ("given", "kept"), [("a1b2-c3d4_e5", True), ("short", False), ("127.0.0.1-abcdef", False), ("x" * 65, False)]
    )
    def test_the_id_that_a_request_comes_with_is_kept_if_it_is_sane(self, web, given, kept):
        assert (web.get("healthz", headers={"X-Request-ID": given}).headers["x-request-id"] == given) == kept

    def test_no_name_no_address_no_query_and_no_token_is_in_it(self, ask, web, logged):
        ask(b"no picture", x_forwarded_for="198.51.100.23")
        web.post("gradio_api/queue/join?session_hash=mysession", headers={"X-Forwarded-For": "198.51.100.23"})
        web.get("thumbs/none?v=hidden")
        web.request("10.1.2.3", "about")
        logging.getLogger("recsys").warning("The Hub refused %s", "hf_abcDEF123")
        lines = json.dumps(logged(6), ensure_ascii=False)
        assert "responded" in lines and "The Hub refused hf_…" in lines
        for secret in ("secret", "198.51", "127.0.0.1", "mysession", "hidden", "10.1.2.3", "abcDEF"):
            assert secret not in lines

    def test_a_fault_of_ours_is_logged_in_full_with_the_id_of_its_request(self, ask, shop, monkeypatch, logged):
        def broken(images):
            raise RuntimeError("no such tensor")

        monkeypatch.setattr(shop.encoder, "encode", broken)
        called, events = ask()
        assert "no such tensor" not in events
        (line,) = (line for line in logged(3) if line["level"] == "ERROR")
        assert line["request_id"] == called.headers["x-request-id"] and line["message"] == "recommend failed"
        assert line["traceback"].endswith("RuntimeError: no such tensor")

    def test_a_command_writes_it_to_standard_error_without_what_libraries_chat(self):
        program = (
            "import logging\nfrom recsys.runtime.json_log import log_to_stderr\nlog_to_stderr()\n"
            "logging.getLogger('httpx').info('GET https://a/?token=b')\n"
            "logging.getLogger('recsys').info('Serving %s', 'é')"
        )
        ran = subprocess.run([sys.executable, "-c", program], capture_output=True, encoding="utf-8", check=True)
        assert ran.stdout == ""
        line = json.loads(ran.stderr)
        assert (line["level"], line["logger"], line["message"]) == ("INFO", "recsys", "Serving é")
        assert line["time"].endswith("+00:00") and "request_id" not in line

    @pytest.mark.parametrize("stream", ["queue/data?session_hash=unknown", "call/recommend/unknown"])
    def test_a_stream_of_nothing_ends_and_leaves_no_traceback(self, web, logged, stream):
        answer = web.get(f"gradio_api/{stream}")
        assert answer.status_code == 200 and "404" in answer.text
        warned, responded = logged(1)
        assert warned["level"] == "WARNING" and "traceback" not in warned and responded["message"] == "responded"

    def test_files_are_in_it_only_where_they_fail(self, web, logged):
        web.get("thumbs/p7")
        web.get("thumbs/none")
        assert [line["status"] for line in logged(1) if line["message"] == "responded"] == [404]
