"""Builds with --engine ray: without Ray, with unreachable clusters, and on two nodes that are killed."""

import importlib.util
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

import build_index
from recsys.build.ray import cluster
from recsys.errors import EngineError
from testkit.fake_shop import KINDS, draw
from testkit.killed_builds import contents
from testkit.loopback import DEADLY, Loopback

ROOT = Path(__file__).parents[2]
PRODUCTS, FEW = 1500, 30
LOST = "was lost at product"
needs_ray = pytest.mark.skipif(
    importlib.util.find_spec("ray") is None, reason="Ray is not installed: pip install -r requirements-scale.txt"
)


def test_without_ray_the_error_names_the_command_that_installs_it(
    pictures, encoder_folder, tmp_path, monkeypatch, capsys
):
    monkeypatch.setattr(cluster.importlib.util, "find_spec", lambda name: None)
    flags = ["--dataset", str(pictures), "--encoder", str(encoder_folder), "--output", str(tmp_path / "out")]
    assert build_index.main([*flags, "--engine", "ray"]) == 1
    assert "error: --engine ray needs Ray, which is not installed. Install it: pip install" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_an_address_without_the_ray_engine_is_refused(capsys):
    with pytest.raises(SystemExit):
        build_index.main(["--address", "127.0.0.1:6379"])
    assert "it does nothing without that" in capsys.readouterr().err


@pytest.mark.parametrize("address", ["head", "ray://head:10001", "head:", "head:port"])
def test_an_address_without_host_or_port_is_named(address):
    with pytest.raises(EngineError, match=f"--address {address} is not host:port"):
        cluster.check_address(address)


def test_an_address_where_nothing_listens_is_reported_at_once():
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    started = time.monotonic()
    with pytest.raises(EngineError, match=f"no Ray cluster at 127.0.0.1:{port}: .*ray start --head --port {port}"):
        cluster.check_address(f"127.0.0.1:{port}")
    assert time.monotonic() - started < 5


@needs_ray
def test_a_port_that_never_answers_times_out(monkeypatch):
    monkeypatch.setattr(cluster, "ANSWER_TIMEOUT_S", 3)
    silent = socket.create_server(("127.0.0.1", 0))
    with silent, pytest.raises(EngineError, match="no Ray cluster answered there in 3 s"):
        cluster.check_address(f"127.0.0.1:{silent.getsockname()[1]}")


def test_a_plain_build_imports_neither_ray_nor_its_engine():
    code = "import sys, app, build_index, recsys.build.pipeline; print([m for m in sys.modules if "
    code += "m.split('.')[0] == 'ray' or m.startswith('recsys.build.ray')])"
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=100)
    assert run.stdout.strip() == "[]", run.stderr


@pytest.fixture(scope="module")
def shop(tmp_path_factory, request):
    """A catalogue with three unreadable pictures and one duplicate, and its index of a build in one process."""
    work = tmp_path_factory.mktemp("work")
    (work / "shop").mkdir()
    for number in range(PRODUCTS):
        draw(KINDS[number % len(KINDS)], f"#{number:06x}", (60, 80)).save(work / "shop" / f"{number:04d}.png")
    (work / "shop" / "broken.jpg").write_bytes(b"\xff\xd8 not really")
    (work / "shop" / "empty.png").write_bytes(b"")
    (work / "shop" / "words.png").write_bytes(b"no picture")
    shutil.copyfile(work / "shop" / "0007.png", work / "shop" / "twice.png")
    run = build(work / "shop", work / "plain")
    request.getfixturevalue("nodes")  # they start meanwhile
    ended(run)
    return work


@pytest.fixture(scope="module")
def few(shop):
    """The first pictures of the catalogue, and their index of a build in one process."""
    folder = shop / "few"
    folder.mkdir()
    for number in range(FEW):
        shutil.copyfile(shop / "shop" / f"{number:04d}.png", folder / f"{number:04d}.png")
    ended(build(folder, shop / "few-plain"))
    return folder


@pytest.fixture(scope="module")
def nodes():
    with tempfile.TemporaryDirectory(prefix="ray", ignore_cleanup_errors=True) as folder:
        loopback = Loopback(Path(folder))
        yield loopback
        loopback.stop()


def build(dataset, output, *flags, environment=None, stdout=subprocess.PIPE):
    command = [sys.executable, "build_index.py", "--dataset", dataset, "--encoder", ROOT / "index", "--batch-size", "4"]
    return subprocess.Popen(
        [str(part) for part in (*command, "--output", output, *flags)],
        cwd=ROOT,
        env=environment or dict(os.environ),
        stdout=stdout,
        stderr=subprocess.STDOUT,
        text=True,
    )


def on(nodes, shop, name, output=subprocess.PIPE):
    flags = ["--engine", "ray", "--address", nodes.address]
    return build(shop / "shop", shop / name, *flags, environment=nodes.environment, stdout=output)


def shards(shop, name):
    return len(list((shop / f".{name}.vectors").glob("*/*.safetensors")))


def until_kept(run, shop, name, count):
    """Wait until the cache has `count` shards of 32 vectors each."""
    while shards(shop, name) < count:
        assert run.poll() is None, run.communicate()[0]
        time.sleep(0.01)


def ended(run):
    printed = run.communicate(timeout=110)[0]
    assert run.returncode == 0, printed
    return printed


@needs_ray
def test_a_killed_driver_continues_with_the_missing_vectors(nodes, shop):
    run = on(nodes, shop, "driver")
    until_kept(run, shop, "driver", 5)
    run.send_signal(signal.SIGKILL)
    run.communicate()
    kept = 32 * shards(shop, "driver")
    assert kept < PRODUCTS, "it was killed too late"
    printed = ended(on(nodes, shop, "driver"))
    assert f"{PRODUCTS - kept:,} pictures embedded" in printed
    assert contents(shop / "driver") == contents(shop / "plain")


@needs_ray
def test_a_picture_that_ends_its_process_is_left_out_and_named(nodes, shop, few):
    deadly = shutil.copytree(few, shop / "deadly" / "few")
    (deadly / "0015-deadly.png").write_bytes((few / "0007.png").read_bytes() + DEADLY)
    flags = ["--engine", "ray", "--address", nodes.address]
    printed = ended(build(deadly, shop / "few-rays", *flags, environment=nodes.environment))
    assert "one by one, to find a picture that ends its process" in printed
    assert "Left out: 1 products" in printed
    assert "0015-deadly: The process that decoded this picture ended unexpectedly, 2 times" in printed
    names = ("vectors.ann", "items.parquet", "pictures.npy")
    assert all((shop / "few-rays" / name).read_bytes() == (shop / "few-plain" / name).read_bytes() for name in names)


@needs_ray
def test_an_index_built_through_two_losses_of_machines_equals_a_plain_build(nodes, shop):
    with (shop / "log").open("w") as output:
        run = on(nodes, shop, "nodes", output)
    until_kept(run, shop, "nodes", 1)
    nodes.halt(2)
    nodes.kill_node(2)
    while LOST not in (shop / "log").read_text():
        assert run.poll() is None, (shop / "log").read_text()
        time.sleep(0.01)
    until_kept(run, shop, "nodes", shards(shop, "nodes") + 1)
    nodes.halt(1)
    nodes.kill_worker(1)
    killed_at = shards(shop, "nodes")
    assert run.wait(timeout=110) == 0, (shop / "log").read_text()
    printed = (shop / "log").read_text()
    assert 32 * killed_at < PRODUCTS, "it was killed too late"
    assert printed.count(LOST) >= 2
    assert f"{PRODUCTS:,} pictures embedded" in printed
    assert "Left out: 3 products" in printed
    assert contents(shop / "nodes") == contents(shop / "plain")


@needs_ray
def test_an_update_on_a_cluster_reuses_vectors_and_another_token_is_refused(nodes, shop, few):
    flags = ["--engine", "ray", "--address", nodes.address, "--update", shop / "few-plain"]
    run = build(few, shop / "updated", *flags, environment=nodes.environment)
    assert f": 0 new, 0 with another picture, {FEW} unchanged" in (printed := ended(run))
    assert "0 pictures embedded" in printed
    stranger = nodes.environment | {"RAY_AUTH_TOKEN": "0" * 64}
    run = build(few, shop / "strange", *flags[:4], environment=stranger)
    assert "wants another token" in run.communicate(timeout=100)[0]
    assert run.returncode == 1
