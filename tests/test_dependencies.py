"""What we rely on in other people's libraries and they do not promise: whichever moves is named, with where it counts.

docs/upgrading.md says how to move a version. A test here that fails says what to look at; the others say what broke.
"""

from __future__ import annotations

import importlib.util
import inspect
import io
import json
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from testkit.fake_shop import draw, encoded, fake_shop

ROOT = Path(__file__).parents[1]
PIN = re.compile(r"^([\w.-]+)==([\w.+]+)", re.MULTILINE)
PINS = dict(PIN.findall((ROOT / "requirements.txt").read_text("utf-8")))
DEVELOPMENT = dict(PIN.findall((ROOT / "requirements-dev.txt").read_text("utf-8")))


@contextmanager
def relied_on(library: str, where: str) -> Iterator[None]:
    """Names the library in what fails within."""
    try:
        yield
    except Exception as error:
        pinned = PINS.get(library, "not pinned")
        pytest.fail(
            f"{library} {version(library)} (pinned: {pinned}) is not what {where} relies on: {error!r}. See"
            " docs/upgrading.md.",
            pytrace=False,
        )


def test_every_requirement_is_pinned_exactly():
    lines = [line.split("#")[0].strip() for line in (ROOT / "requirements.txt").read_text("utf-8").splitlines()]
    assert [line for line in lines if line and not PIN.fullmatch(line)] == []
    assert {"gradio", "timm", "torch", "annoy", "huggingface_hub", "datasets", "pillow", "numpy"} <= PINS.keys()


@pytest.mark.parametrize("library", PINS)
def test_what_is_installed_is_what_is_required(library):
    assert version(library).split("+")[0] == PINS[library], f"{library}: pip install -r requirements.txt"


@pytest.mark.parametrize("library", DEVELOPMENT)
def test_what_is_installed_for_development_is_too(library):
    try:
        assert version(library) == DEVELOPMENT[library], f"{library}: pip install -r requirements-dev.txt"
    except PackageNotFoundError:
        pytest.skip(f"{library} is not installed here")


class TestAnnoy:
    @pytest.mark.parametrize(("metric", "header", "children"), [("euclidean", 16, 8), ("angular", 12, 4)])
    def test_its_file_is_an_array_of_nodes_the_items_first(self, tmp_path, metric, header, children):
        import annoy

        count, dim, trees = 200, 5, 3
        vectors = np.random.default_rng(0).normal(size=(count, dim)).astype(np.float32)
        index = annoy.AnnoyIndex(dim, metric)
        index.set_seed(1)
        for row, vector in enumerate(vectors):
            index.add_item(row, vector.tolist())
        index.build(trees, n_jobs=1)
        index.save(str(tmp_path / "x.ann"))
        data = (tmp_path / "x.ann").read_bytes()
        with relied_on("annoy", "recsys/index/annoy/file.py, which reads vectors and checks trees in its file"):
            size = header + 4 * dim
            assert len(data) % size == 0
            nodes = [data[start : start + size] for start in range(0, len(data), size)]
            held = [int.from_bytes(node[:4], "little", signed=True) for node in nodes]
            assert held[:count] == [1] * count and held[-trees - 1 :] == [count] * (trees + 1)
            assert all(
                (np.frombuffer(node[header:], "<f4") == vectors[row]).all() for row, node in enumerate(nodes[:count])
            )
            for place in range(count, len(nodes)):
                listed = np.frombuffer(nodes[place][children:], "<i4")
                if held[place] <= dim + 2:
                    assert ((listed[: held[place]] >= 0) & (listed[: held[place]] < count)).all()
                else:
                    assert (listed[:2] < place).all() and sum(held[child] for child in listed[:2]) == held[place]

    def test_it_writes_equal_bytes_for_equal_vectors(self, tmp_path):
        from recsys.index.annoy import build

        vectors = np.eye(16, dtype=np.float32)
        with relied_on("annoy", "recsys/index/annoy/file.py, whose indexes are reproducible"):
            for name in ("a", "b"):
                build(vectors, tmp_path / name, 4)
            assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


@pytest.fixture(scope="module")
def shop():
    return fake_shop()


OPENED = {
    *("info", "openapi.json", "app_id", "heartbeat", "reset", "cancel", "call", "run", "api", "queue", "upload"),
    *("upload_progress", "mcp", "theme.css", "startup-events", "user", "token", "login_check", "file="),
}
SHUT = {
    *("component_server", "custom_component", "deep_link", "dev", "file", "process_recording", "proxy="),
    *("runs", "stream", "undo-vibe-edit", "vibe-code", "vibe-edit", "vibe-starter-queries"),
}


def paths_of(app: Any) -> Iterator[str]:
    """Every path that is served, also those of a router within, whose prefix FastAPI keeps apart."""
    for route in app.routes:
        within = getattr(route, "original_router", None)
        if within is None:
            yield getattr(route, "path", "")
        else:
            yield from (f"/gradio_api/{path.removeprefix('/gradio_api/').lstrip('/')}" for path in paths_of(within))


class TestGradio:
    def test_a_request_goes_through_the_hooks_that_guard_it(self):
        import gradio as gr
        from gradio.queueing import Queue

        with relied_on("gradio", "recsys/web/server/uploads.py (GuardedBlocks)"):
            read = inspect.signature(gr.Blocks.preprocess_data).parameters
            assert list(read) == ["self", "block_fn", "inputs", "state", "explicit_call"]
            assert "event_data" in inspect.signature(gr.Blocks.call_function).parameters
            assert list(inspect.signature(Queue.push).parameters) == ["self", "body", "request", "username"]
            assert all(
                map(inspect.iscoroutinefunction, (gr.Blocks.preprocess_data, gr.Blocks.call_function, Queue.push))
            )
            assert gr.EventData(None, {"chosen": 1})._data == {"chosen": 1}

    def test_a_file_in_a_request_is_known_by_its_path_and_its_meta(self):
        from gradio_client.utils import is_file_obj_with_meta

        marked = {"path": "x", "meta": {"_type": "gradio.FileData"}}
        with relied_on("gradio", "recsys/web/server/uploads.py (without_file_marks) and mcp.py"):
            assert is_file_obj_with_meta(marked) and not is_file_obj_with_meta({"path": "x"})

    def test_an_upload_lies_in_a_folder_that_its_sha256_names(self, server, uploads):
        import httpx
        from gradio.utils import get_upload_folder

        with relied_on("gradio", "recsys/web/server/uploads.py (_upload_path)"):
            sent = httpx.post(f"{server.local_url}gradio_api/upload", files={"files": ("x.png", b"x")})
            path = Path(sent.json()[0])
            assert Path(get_upload_folder()).resolve() == uploads.resolve() == path.parent.parent.resolve()
            assert re.fullmatch("[0-9a-f]{64}", path.parent.name) and str(path) in server.upload_file_set

    def test_agents_name_files_through_the_function_that_is_replaced(self, server):
        with relied_on("gradio", "recsys/web/api/mcp.py (without_files)"):
            from gradio.mcp import GradioMCPServer

            replaced = inspect.signature(GradioMCPServer.convert_strings_to_filedata).parameters
            assert list(replaced) == ["self", "value", "filedata_positions"]
            assert "convert_strings_to_filedata" in vars(server.mcp_server_obj)

    def test_its_routes_are_those_that_were_looked_at(self, server):
        """A new route is blocked until recsys/web/server/route_allowlist.py allows it."""
        paths = list(paths_of(server.app))
        firsts = {path.split("/")[2].split("{")[0] for path in paths if path.startswith("/gradio_api/")}
        with relied_on("gradio", "recsys/web/server/route_allowlist.py (ALLOWED)"):
            assert firsts - {""} == OPENED | SHUT

    def test_a_word_in_the_script_of_a_component_makes_an_event(self):
        import gradio as gr

        with relied_on("gradio", "recsys/web/page/page.py and recsys/web/page/static"), gr.Blocks():
            part = gr.HTML("", html_template="${value}", js_on_load='trigger("pick", {})', apply_default_css=False)
            assert callable(part.pick)

    def test_it_still_reads_the_variable_that_stops_its_statistics(self):
        import gradio.queueing

        with relied_on("gradio", "recsys/web/launch.py (NO_STATISTICS)"):
            assert 'os.getenv("GRADIO_ANALYTICS_CACHE_FREQUENCY"' in inspect.getsource(gradio.queueing)


class TestHub:
    def test_a_download_is_named_by_the_hash_that_the_hub_announced(self, hub):
        from recsys.hub import pull

        name = hub.new_name()
        sha = hub.seed("datasets", name, {"items.parquet": b"large", "index.json": b"{}"})
        with relied_on("huggingface_hub", "recsys/hub/cache.py, which checks the cache by its names"):
            folder = pull(name).folder
            assert (folder.name, folder.parent.name) == (sha, "snapshots")
            blobs = {path.name: path.resolve() for path in folder.iterdir()}
            assert {blob.parent.name for blob in blobs.values()} == {"blobs"}
            assert re.fullmatch("[0-9a-f]{64}", blobs["items.parquet"].name)
            assert re.fullmatch("[0-9a-f]{40}", blobs["index.json"].name)

    def test_its_headers_have_the_names_that_the_stand_in_sends(self):
        from huggingface_hub import constants

        with relied_on("huggingface_hub", "testkit/hub_double.py, whose answers stand for the Hub's"):
            assert constants.HUGGINGFACE_HEADER_X_REPO_COMMIT == "X-Repo-Commit"
            assert constants.HUGGINGFACE_HEADER_X_LINKED_ETAG == "X-Linked-Etag"
            assert constants.HUGGINGFACE_HEADER_X_LINKED_SIZE == "X-Linked-Size"

    def test_a_refused_card_begins_as_it_did(self):
        import huggingface_hub.hf_api

        from recsys.hub.errors import BAD_CARD

        with relied_on("huggingface_hub", "recsys/hub/errors.py (BAD_CARD)"):
            assert BAD_CARD.split(" in ")[0] in inspect.getsource(huggingface_hub.hf_api)


class TestTimm:
    def test_a_network_tells_its_transform_by_the_same_names(self):
        from recsys.encoder import torch_network
        from recsys.format.encoder_spec import TRANSFORM

        with relied_on("timm", "recsys/encoder/torch_network.py (describe) and transform.py"):
            network = torch_network.create("test_resnet", pretrained=False)
            assert set(TRANSFORM) <= torch_network.timm.data.resolve_data_config(network.pretrained_cfg).keys()

    def test_a_folder_is_loaded_from_its_safetensors_whatever_its_config_says(self):
        from recsys.encoder import torch_network

        _hub = torch_network.timm.models._hub
        with relied_on("timm", "recsys/encoder/loading.py: no pickle is read, nothing is fetched"):
            assert _hub._PREFERRED_FILES[0] == "model.safetensors"
            told = {
                "architecture": "test_resnet",
                "pretrained_cfg": {"url": "http://x/", "source": "hf-hub", "file": "/x"},
            }
            cfg, *_ = _hub._parse_model_cfg(told, {"file": "here", "source": "local-dir"})
            assert (cfg["file"], cfg["source"]) == ("here", "local-dir")
            assert inspect.signature(_hub.load_state_dict_from_path).parameters["weights_only"].default is True


class TestOpenVino:
    def test_a_model_keeps_what_is_written_into_it(self, tmp_path):
        from recsys.encoder.openvino_network import FACTS, openvino

        with relied_on("openvino", "recsys/encoder/openvino_network.py, whose files tell what they were made from"):
            parameter = openvino.opset13.parameter([1, 3], openvino.Type.f32)
            model = openvino.Model([openvino.opset13.relu(parameter)], [parameter])
            model.set_rt_info(json.dumps({"a": 'ü "'}), FACTS)
            openvino.save_model(model, tmp_path / "x.xml")
            read = openvino.Core().read_model(tmp_path / "x.xml")
            assert json.loads(read.get_rt_info(FACTS).astype(str)) == {"a": 'ü "'}

    def test_its_telemetry_is_the_module_that_is_kept_out(self):
        import recsys.encoder.openvino_network  # noqa: F401

        with relied_on("openvino", "recsys/encoder/openvino_network.py (_import_openvino)"):
            assert sys.modules["openvino_telemetry"] is None
            tools = Path(importlib.util.find_spec("openvino").origin).parent / "tools"
            assert any("import openvino_telemetry" in file.read_text("utf-8") for file in tools.rglob("*.py"))


class TestPillow:
    def test_a_jpeg_is_decoded_at_a_part_of_its_size_when_asked_before(self):
        with relied_on("pillow", "recsys/images/decode.py (_to_rgb)"):
            image = Image.open(io.BytesIO(encoded(Image.new("RGB", (800, 600)), "JPEG")), formats=("JPEG", "PNG"))
            image.draft(None, (200, 150))
            assert image.tile and image.size == (200, 150)
            image.load()
            assert not image.tile and image.size == (200, 150)

    def test_no_format_is_tried_but_those_that_are_named(self):
        with relied_on("pillow", "recsys/images/decode.py (FORMATS)"), pytest.raises(Image.UnidentifiedImageError):
            Image.open(io.BytesIO(encoded(draw("Caps", "#222222"), "ICO")), formats=("JPEG", "PNG"))

    def test_its_readers_of_every_accepted_format_are_built_in(self):
        from PIL import features

        with relied_on("pillow", "recsys/images/decode.py (FORMATS)"):
            assert all(features.check(name) for name in ("jpg", "zlib", "libtiff", "webp", "avif"))


class TestParquet:
    def test_a_value_that_repeats_is_read_once_in_a_nested_column_too(self, tmp_path):
        import pyarrow as pa
        import pyarrow.parquet as pq

        kind = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
        table = pa.table({"a": ["x" * 9_000] * 50, "b": pa.array([{"bytes": b"y" * 9_000, "path": None}] * 50, kind)})
        pq.write_table(table, tmp_path / "x.parquet")
        with relied_on("pyarrow", "recsys/index/folder.py, which no file that repeats itself fills the memory through"):
            file = pq.ParquetFile(tmp_path / "x.parquet", read_dictionary=["a", "b.bytes"])
            read = file.read(columns=["a", "b.bytes"])
            parts = (read.column("a").combine_chunks(), read.column("b").combine_chunks().field("bytes"))
            assert [len(part.dictionary) for part in parts] == [1, 1]
            group = file.metadata.row_group(0)
            sizes = {group.column(i).path_in_schema: group.column(i).total_uncompressed_size for i in range(3)}
            assert 9_000 < sizes["a"] < 20_000 and 9_000 < sizes["b.bytes"] < 20_000

    def test_datasets_knows_the_pictures_of_an_index(self, built):
        import datasets
        import pyarrow.parquet as pq

        with relied_on(
            "datasets", "recsys/index/folder.py (_schema), for the Hub's viewer and recsys/catalog/hf_datasets.py"
        ):
            features = datasets.Features.from_arrow_schema(pq.read_schema(built / "items.parquet"))
            assert isinstance(features["thumbnail"], datasets.Image)


class TestOthers:
    def test_a_table_of_numbers_holds_no_python(self, tmp_path):
        with (tmp_path / "x.npy").open("wb") as file:
            np.save(file, np.array([{}], dtype=object), allow_pickle=True)
        with relied_on("numpy", "recsys/index/annoy/graph.py"), pytest.raises(ValueError, match="objects"):
            np.lib.format.open_memmap(tmp_path / "x.npy", mode="r")

    def test_a_connection_is_made_by_the_part_that_is_guarded(self):
        import httpcore

        from recsys.images.fetch import _GuardedBackend

        with relied_on("httpx", "recsys/images/fetch.py (_GuardedBackend), through httpcore"):
            asked = list(inspect.signature(httpcore.NetworkBackend.connect_tcp).parameters)
            assert asked[:3] == ["self", "host", "port"]
            given = inspect.signature(httpcore.ConnectionPool.__init__).parameters
            assert {"network_backend", "ssl_context"} <= given.keys() and issubclass(
                _GuardedBackend, httpcore.NetworkBackend
            )

    def test_a_card_keeps_its_markup_as_text(self):
        from markdown_it import MarkdownIt

        with relied_on("markdown-it-py", "recsys/web/server/about.py"):
            shown = MarkdownIt("commonmark", {"html": False}).render("<b> [a](javascript:x) [b](data:text/html,x)")
            assert "<b>" not in shown and "href" not in shown
