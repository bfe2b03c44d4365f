"""What is for more than one machine is no part of the default path: not needed, not installed, not imported."""

import re
import subprocess
import sys
from pathlib import Path

from testkit.fake_shop import draw

ROOT = Path(__file__).parents[2]
EXTRA = ("pymilvus", "milvus_lite", "grpc", "faiss", "ray")
OURS = ("recsys.stores.milvus", "recsys.build.ray")
BUILD = "import sys, build_index; build_index.main(['--dataset', {0!r}, '--encoder', {1!r}, '--output', {2!r}]);"
SERVE = (
    "import sys, app; from PIL import Image; from recsys import web;"
    "from recsys.serving.open import open_recommender;"
    "from recsys.settings import Settings; shop = open_recommender(Settings.from_env({{'INDEX_DIR': {0!r}}}));"
    "print(len(shop.recommend(Image.open({1!r}))));"
)


def pins(name):
    return set(re.findall(r"^([\w.-]+)(?:\[[^\]]*\])?==\S+", (ROOT / name).read_text("utf-8"), re.M))


def imported(code):
    """Which of them a process that runs this code has imported, none of which it can have."""
    blocked = f"import sys; sys.modules.update(dict.fromkeys({EXTRA}));"
    shown = f"print('imported:', [name for name in {EXTRA + OURS} if sys.modules.get(name)])"
    done = subprocess.run([sys.executable, "-c", blocked + code + shown], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.rpartition("imported: ")[2].strip()


def test_each_is_pinned_in_a_file_of_its_own_that_no_other_names():
    scale = pins("requirements-scale.txt")
    assert {"pymilvus", "milvus-lite", "ray"} <= scale
    lines = [line for line in (ROOT / "requirements-scale.txt").read_text("utf-8").splitlines() if line[:1] not in "# "]
    assert all("==" in line for line in lines)
    others = pins("requirements.txt") | pins("requirements-dev.txt")
    assert not others & scale
    for name in ("requirements.txt", "requirements-dev.txt"):
        assert "requirements-scale" not in (ROOT / name).read_text("utf-8")


def test_an_index_is_built_and_served_without_any_of_them(pictures, encoder_folder, tmp_path):
    output, picture = str(tmp_path / "out"), tmp_path / "cap.png"
    draw("Caps", "#b3262e").save(picture)
    assert imported(BUILD.format(str(pictures), str(encoder_folder), output)) == "[]"
    assert imported(SERVE.format(output, str(picture))) == "[]"
