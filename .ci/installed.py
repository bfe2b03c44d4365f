"""Checks an environment that has the library or the serving requirements alone: run by `.ci/run` with its Python.

`installed.py library` runs the README program in another folder. `installed.py serve` starts `app.py` and asks it once.
"""

import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def library() -> None:
    """Run the README's program from a folder that has only its picture."""
    readme = (ROOT / "README.md").read_text("utf-8")
    program = re.findall(r"```python\n(.*?)```", readme, re.DOTALL)[0]
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(ROOT / "docs", Path(folder, "docs"), ignore=lambda _, names: set(names) - {"shirt.jpg"})
        subprocess.run([sys.executable, "-c", program], cwd=folder, check=True)
        recsys = Path(sys.executable).with_name("recsys")
        subprocess.run([recsys, "serve", "--help"], cwd=folder, check=True, stdout=subprocess.DEVNULL)


def serve() -> None:
    """Start the app without PyTorch, and ask it for the products like a picture."""
    from gradio_client import Client, handle_file

    assert find_spec("torch") is None and find_spec("timm") is None
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    environment = os.environ | {"GRADIO_SERVER_PORT": str(port), "GRADIO_ANALYTICS_ENABLED": "False"}
    process = subprocess.Popen([sys.executable, "app.py"], cwd=ROOT, env=environment)
    try:
        client = connect(Client, f"http://127.0.0.1:{port}", process)
        answer = client.predict(handle_file(ROOT / "docs" / "shirt.jpg"), k=5, api_name="/recommend")
        assert len(answer["matches"]) == 5
    finally:
        process.terminate()
        process.wait(20)


def connect(client: type, url: str, process: subprocess.Popen[bytes]) -> object:
    """The client of the app, once it answers."""
    end = time.monotonic() + 90
    while True:
        try:
            return client(url, verbose=False)
        except Exception:
            if process.poll() is not None or time.monotonic() > end:
                raise
            time.sleep(0.5)


if __name__ == "__main__":
    {"library": library, "serve": serve}[sys.argv[1]]()
